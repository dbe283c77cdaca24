"""Messages to the operators: the row is the queue."""

from django.db import models

from provisioning.models.claim import Claimable


class Notice(Claimable):
    """Something that needs a person; `key` keeps one trouble from being told twice."""

    key = models.CharField(max_length=160, unique=True)
    subject = models.CharField(max_length=120, help_text="What it is about: account:ID, lease:ID, event:ID.")
    title = models.CharField(max_length=200)
    text = models.TextField()
    created_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)
    posted_at = models.DateTimeField(null=True, help_text="When the webhook took it.")
    error = models.TextField(blank=True, help_text="Why it was not delivered yet.")

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.title
