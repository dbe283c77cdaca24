"""Messages to the operators: the row is the queue."""

from django.db import models
from django.db.models import Q

from provisioning.models.claim import Claimable


class Notice(Claimable):
    """Something that needs a person; while it is not over, its `key` keeps one trouble from being told twice."""

    key = models.CharField(max_length=160)
    subject = models.CharField(max_length=120, help_text="What it is about: account:ID, lease:ID, event:ID.")
    title = models.CharField(max_length=200)
    text = models.TextField()
    created_at = models.DateTimeField()
    is_watched = models.BooleanField(default=False, help_text="The platform notices by itself when it is over.")
    mailed_at = models.DateTimeField(null=True)
    posted_at = models.DateTimeField(null=True, help_text="When the webhook took it.")
    error = models.TextField(blank=True, help_text="Why it was not delivered yet.")
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.UUIDField(null=True, help_text="The person who took it on.")
    over_at = models.DateTimeField(null=True, help_text="When the trouble was over; it is told again if it returns.")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(over_at__isnull=True), name="notice_once_while_the_trouble_lasts"
            ),
        ]

    def __str__(self) -> str:
        return self.title
