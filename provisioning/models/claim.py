"""The row is the queue: what every row that workers claim has in common."""

from django.db import models


class Claimable(models.Model):
    """A row that is due at a time, claimed by compare-and-swap on `version` (see domain/claims.py)."""

    due_at = models.DateTimeField(null=True, db_index=True, help_text="Null: nothing to do.")
    claimed_until = models.DateTimeField(null=True)
    version = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0, help_text="Failed tries of the current step.")

    class Meta:
        abstract = True
