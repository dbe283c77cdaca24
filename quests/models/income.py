"""Income over time: which intervals were judged, and what that makes of each team's uptime."""

from django.db import models
from django.db.models import F, Q

from quests.models.enrollment import Enrollment
from quests.models.event import Event

PATH = "Its path, quest/task: an event may adopt another release of its pack."


class IncomeInterval(models.Model):
    """One interval of one task, judged once for all teams: a fact.

    Teams that are in neither list had no verdict, or an error; nobody is, where the task did not count.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="income_intervals")
    task = models.CharField(max_length=101, help_text=PATH)
    ends_at = models.DateTimeField()
    passed = models.JSONField(help_text="The enrollments that were paid.")
    failed = models.JSONField(help_text="The enrollments that were not.")
    taken_back_at = models.DateTimeField(null=True, help_text="When a pause as of an earlier time undid it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "task", "ends_at"], name="income_interval_once"),
        ]

    def __str__(self) -> str:
        return f"{self.task} until {self.ends_at}"


class Uptime(models.Model):
    """How many judged intervals of a task a team has passed: a projection of the intervals."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="uptimes")
    task = models.CharField(max_length=101, help_text=PATH)
    passed = models.PositiveIntegerField()
    judged = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enrollment", "task"], name="uptime_once_per_task"),
            models.CheckConstraint(condition=Q(passed__lte=F("judged"), judged__gte=1), name="uptime_of_judged"),
        ]

    def __str__(self) -> str:
        return f"{self.task} of {self.enrollment}: {self.percent} %"

    @property
    def percent(self) -> int:
        """Return the share of judged intervals that passed; 100 means all of them, never nearly all."""
        return self.passed * 100 // self.judged
