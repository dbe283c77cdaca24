"""A team's wish to start a quest's environment again."""

from django.db import models
from django.db.models import Q

from quests.enums import ResetDecision
from quests.models.enrollment import Enrollment
from quests.models.pack import Quest


class ResetRequest(models.Model):
    """A team asks, a coach or an organizer decides; one waits at a time for each quest of a team."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="resets")
    quest = models.ForeignKey(Quest, on_delete=models.PROTECT, related_name="+")
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=ResetDecision, blank=True, help_text="Empty: it waits.")
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["asked_at"]
        constraints = [
            models.UniqueConstraint(fields=["enrollment", "quest"], condition=Q(decision=""), name="reset_waits_once"),
            models.CheckConstraint(
                condition=Q(decision="", decided_by=None, decided_at=None)
                | (~Q(decision="") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="reset_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enrollment} asks to start {self.quest} again"
