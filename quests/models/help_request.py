"""Teams asking their coaches, and what was said."""

import uuid

from django.db import models
from django.db.models import Q

from quests.models.enrollment import Enrollment


class HelpRequest(models.Model):
    """A team's open question on one subject: whoever of the team asks again writes into the same thread."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="help_requests")
    quest = models.SlugField(blank=True, help_text="The quest's slug, the same in every release; empty: in general.")
    about_score = models.BooleanField(default=False, help_text="Its answers stand in the journal.")
    opened_by = models.UUIDField()
    opened_at = models.DateTimeField()
    coach = models.UUIDField(null=True, help_text="Who has taken it.")
    taken_at = models.DateTimeField(null=True)
    closed_by = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrollment", "quest", "about_score"],
                condition=Q(closed_at__isnull=True),
                name="help_one_open_per_subject",
            ),
            models.CheckConstraint(
                condition=Q(coach=None, taken_at=None) | Q(coach__isnull=False, taken_at__isnull=False),
                name="help_taken_by_somebody_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(closed_by=None, closed_at=None) | Q(closed_by__isnull=False, closed_at__isnull=False),
                name="help_closed_by_somebody_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"question of {self.enrollment}"


class HelpMessage(models.Model):
    """One thing said in a thread; the whole team and all coaches read it."""

    request = models.ForeignKey(HelpRequest, on_delete=models.CASCADE, related_name="messages")
    by = models.UUIDField()
    from_coach = models.BooleanField()
    text = models.TextField(max_length=2000)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.text[:60]
