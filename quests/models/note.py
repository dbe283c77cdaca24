"""What coaches note about teams."""

from django.db import models

from quests.models.enrollment import Enrollment


class TeamNote(models.Model):
    """One note about a team, for coaches and organizers only; deleted when the event's retention is over."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField(max_length=1000)
    by = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.text[:60]
