"""The ledger, and the standings that are computed from it."""

from django.db import models
from django.db.models import Q

from quests.enums import EntryKind, VoidMode
from quests.models.enrollment import Enrollment
from quests.models.event import Event
from quests.models.pack import Hint, Task


class ScoreEntry(models.Model):
    """One gain or loss, append-only (PostgreSQL refuses UPDATE and DELETE); `key` makes it happen once.

    A team's standing is the sum of its entries' `points`, `hint_points` and `tasks_done`.
    """

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="score_entries")
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="score_entries")
    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=20, choices=EntryKind)
    points = models.IntegerField()
    hint_points = models.IntegerField(default=0, help_text="Spent on hints; negative when given back.")
    tasks_done = models.SmallIntegerField(default=0, help_text="How the number of finished tasks changes.")
    task = models.CharField(
        max_length=101, blank=True, help_text="Its path, quest/task: an event may adopt another release of its pack."
    )
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversal")
    sentence = models.CharField(max_length=300, help_text="Explains the entry to the team.")
    source = models.CharField(max_length=120, help_text="The probe run, hint or person behind it.")
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "score entries"
        indexes = [
            models.Index(fields=["enrollment", "-at"], name="score_entry_feed"),
            models.Index(fields=["event", "at"], name="score_entry_trend"),
        ]

    def __str__(self) -> str:
        return f"{self.points:+d} {self.sentence}"


class Line(models.Model):
    """What a team's entries add up to."""

    points = models.IntegerField(default=0)
    hint_points = models.IntegerField(default=0, help_text="Spent on hints, positive.")
    tasks_done = models.IntegerField(default=0)
    last_gain_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Standing(Line):
    """A team's line on the board: a projection of the ledger that `scores rebuild` can make anew."""

    enrollment = models.OneToOneField(Enrollment, on_delete=models.CASCADE, related_name="standing")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="standings")

    class Meta:
        indexes = [models.Index(fields=["event", "-points"], name="standing_board")]

    def __str__(self) -> str:
        return f"{self.enrollment}: {self.points}"


class FrozenStanding(Line):
    """A team's line at the moment at which the board was frozen: what teams and coaches see meanwhile."""

    enrollment = models.OneToOneField(Enrollment, on_delete=models.CASCADE, related_name="frozen_standing")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="frozen_standings")

    def __str__(self) -> str:
        return f"{self.enrollment}: {self.points} when the board was frozen"


class TaskVoid(models.Model):
    """A task that an organizer took out of the event's score, or gave to everybody; lifted when it counts again."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="voids")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="+")
    mode = models.CharField(max_length=20, choices=VoidMode)
    reason = models.CharField(max_length=300)
    by = models.UUIDField()
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "task"], condition=Q(lifted_at__isnull=True), name="void_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.task} void in {self.event}"


class HintReveal(models.Model):
    """A hint that a team has opened: once, however many members click."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="reveals")
    hint = models.ForeignKey(Hint, on_delete=models.PROTECT, related_name="+")
    by = models.UUIDField()
    at = models.DateTimeField()
    released = models.BooleanField(default=False, help_text="Given by a coach, for nothing.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enrollment", "hint"], name="hint_revealed_once_per_team")]

    def __str__(self) -> str:
        return f"{self.hint} for {self.enrollment}"
