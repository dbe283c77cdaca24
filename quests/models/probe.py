"""What was checked: the runner's rows and the verdicts."""

from django.db import models
from django.db.models import Q

from quests.enums import Outcome, Trigger
from quests.models.enrollment import Enrollment
from quests.models.event import Event
from quests.models.pack import Task


class TaskProgress(models.Model):
    """One team's state in one task; also the row that the runner claims when a check is due."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="progress")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="+")
    passed_at = models.DateTimeField(null=True)
    accepted = models.BooleanField(default=False, help_text="Passed by an organizer's hand.")
    due_at = models.DateTimeField(null=True, help_text="Null: not to be checked.")
    requested_at = models.DateTimeField(null=True, help_text="When somebody last pressed Check now.")
    claimed_until = models.DateTimeField(null=True)
    version = models.PositiveBigIntegerField(default=0)
    turning_since = models.DateTimeField(null=True, help_text="Since when the verdicts say the other thing.")
    turning_seen_at = models.DateTimeField(null=True, help_text="The last verdict of them.")
    turning_runs = models.PositiveIntegerField(default=0, help_text="How many verdicts of them.")
    last_pass_at = models.DateTimeField(null=True, help_text="The last verdict that passed.")
    times_taken_back = models.PositiveIntegerField(default=0)
    last_outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    last_summary = models.TextField(blank=True)
    last_run = models.ForeignKey("ProbeRun", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enrollment", "task"], name="progress_once_per_task"),
            models.CheckConstraint(
                condition=Q(turning_since=None, turning_seen_at=None, turning_runs=0)
                | Q(turning_since__isnull=False, turning_seen_at__isnull=False, turning_runs__gte=1),
                name="progress_turns_as_a_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="progress_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["claimed_until"], name="progress_claimed", condition=Q(claimed_until__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.task} of {self.enrollment}"


class ProbeRun(models.Model):
    """One verdict, a fact: what was asked, what was expected, what came back."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="probe_runs")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="+")
    probe = models.CharField(max_length=80)
    at = models.DateTimeField()
    trigger = models.CharField(max_length=20, choices=Trigger)
    outcome = models.CharField(max_length=10, choices=Outcome)
    summary = models.TextField()
    asked = models.TextField(blank=True)
    expected = models.TextField(blank=True)
    seen = models.TextField(blank=True)
    advice = models.TextField(blank=True)
    milliseconds = models.PositiveIntegerField()
    late_ms = models.PositiveIntegerField(default=0, help_text="From its due time to a worker taking it.")

    class Meta:
        indexes = [
            models.Index(fields=["enrollment", "task", "-at"], name="probe_run_latest"),
            # The control room asks for the last minutes, and for the last errors of one event among all.
            models.Index(fields=["at"], name="probe_run_at"),
            models.Index(fields=["enrollment", "-at"], name="probe_run_errors", condition=Q(outcome=Outcome.ERROR)),
        ]

    def __str__(self) -> str:
        return f"{self.probe}: {self.outcome}"


class CheckSuspension(models.Model):
    """A task whose check an organizer stopped for all teams, with the reason."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="suspensions")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    by = models.UUIDField()
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "task"], condition=Q(lifted_at__isnull=True), name="suspension_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.task} suspended in {self.event}"


class TaskHold(models.Model):
    """A task whose scoring holds itself, because many teams failed together; until an organizer decides."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="holds")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    evidence = models.JSONField(help_text="See quests.domain.holds.Evidence.")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "task"], condition=Q(ended_at=None), name="hold_one_at_a_time"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="hold_ended_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} held in {self.event}"
