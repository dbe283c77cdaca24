"""Letters to people of an event: each is sent once."""

from django.conf import settings
from django.db import models

from quests.enums import LetterKind
from quests.models.event import Event


class Letter(models.Model):
    """Something to be mailed to a person: the row is the queue, and the record that it was sent."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="letters")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=LetterKind)
    number = models.PositiveIntegerField(default=0, help_text="Of letters of one kind: the clock's version.")
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, db_index=True, help_text="None once it is sent, or given up.")
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["event", "created_at", "id"]
        constraints = [models.UniqueConstraint(fields=["event", "user", "kind", "number"], name="letter_once")]

    def __str__(self) -> str:
        return f"{self.kind} to {self.user}"
