"""Accounts of the pool that are promised to something at a time."""

import uuid

from django.db import models
from django.db.models import F, Q


class Booking(models.Model):
    """How many accounts a scope (an event) needs, from its warm-up until its sandboxes are clean again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scope = models.UUIDField(unique=True)
    label = models.CharField(max_length=120, help_text="What operators call it.")
    accounts = models.PositiveIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    worst_case_usd = models.DecimalField(max_digits=12, decimal_places=2, null=True, help_text="Null: not known.")
    created_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["starts_at", "created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="booking_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(accounts__gte=1), name="booking_wants_an_account"),
        ]

    def __str__(self) -> str:
        return f"{self.accounts} accounts for {self.label}"
