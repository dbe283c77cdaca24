"""What organizers tell everybody, one team or one person, and who has put it away."""

from django.db import models
from django.db.models import Q

from quests.enums import AnnouncementLevel
from quests.models.enrollment import Enrollment
from quests.models.event import Event


class Announcement(models.Model):
    """Words on every page of the event; for all in it unless it names a team or a person."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="announcements")
    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, null=True, related_name="announcements")
    person = models.UUIDField(null=True)
    level = models.CharField(max_length=10, choices=AnnouncementLevel)
    text = models.TextField(max_length=500)
    by = models.UUIDField()
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["event", "-at"], name="announcement_latest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(enrollment__isnull=True) | Q(person__isnull=True), name="announcement_has_one_audience"
            )
        ]

    def __str__(self) -> str:
        return self.text[:60]


class AnnouncementReading(models.Model):
    """That a person has read an announcement and put it away."""

    announcement = models.ForeignKey(Announcement, on_delete=models.CASCADE, related_name="readings")
    person = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["announcement", "person"], name="announcement_read_once")]

    def __str__(self) -> str:
        return f"{self.announcement} read"
