"""A sandbox's hold on an account."""

import uuid

from django.db import models
from django.db.models import Q

from provisioning.enums import LIVE_LEASE_STATES, CostLevel, LeaseState
from provisioning.models.account import Account
from provisioning.models.blueprint import Blueprint
from provisioning.models.claim import Claimable


class Lease(Claimable):
    """The lease owns the progress; whom it serves is an opaque id that provisioning never looks behind."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    holder = models.UUIDField()
    scope = models.UUIDField(help_text="What the holder belongs to (an event), for tags and the journal.")
    blueprint = models.ForeignKey(Blueprint, on_delete=models.PROTECT, related_name="leases")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="leases")
    state = models.CharField(max_length=20, choices=LeaseState, default=LeaseState.REQUESTED)
    state_since = models.DateTimeField()
    step = models.CharField(max_length=40, blank=True, help_text="What is being done right now.")
    progress = models.PositiveIntegerField(default=0, help_text="How many calls of the step are done.")
    attempt = models.PositiveIntegerField(default=1, help_text="Raised with each account tried: names derive from it.")
    swaps = models.PositiveSmallIntegerField(default=0, help_text="Accounts given up while vending.")
    reason = models.TextField(blank=True, help_text="Why it is in this state, in words.")
    error = models.TextField(blank=True, help_text="What the last failed try said.")
    deadline_at = models.DateTimeField(null=True, help_text="When the present step has taken too long.")
    outputs = models.JSONField(default=dict, help_text="Of the starter stack.")
    extra_stacks = models.JSONField(
        default=dict, help_text="By name: state, generation, outputs, failures, what the last one said, when due."
    )
    inventory = models.JSONField(null=True, help_text="What stood in the account when it ended, before deletion.")
    access_starts_at = models.DateTimeField(help_text="No participant gets access before this.")
    ends_at = models.DateTimeField(help_text="The absolute end, enforced inside AWS itself.")
    stops_compute = models.BooleanField(default=False, help_text="Whether its freeze stops what computes in it.")
    stays_frozen = models.BooleanField(
        default=False, help_text="It was frozen when it had to start over: it comes back frozen."
    )
    frozen_things = models.JSONField(default=list, help_text="What we stopped in it, and how it was before.")
    sessions_from = models.DateTimeField(null=True, help_text="Sessions issued earlier were ended by a freeze.")
    budget_usd = models.DecimalField(max_digits=10, decimal_places=2, null=True, help_text="Null: no limit.")
    cost_usd = models.DecimalField(max_digits=12, decimal_places=4, null=True, help_text="The last estimate.")
    cost_at = models.DateTimeField(null=True, help_text="When that was estimated.")
    cost_due_at = models.DateTimeField(null=True, db_index=True, help_text="When it is estimated next.")
    cost_claimed_until = models.DateTimeField(
        null=True, help_text="Somebody estimates it; also the mark of that claim."
    )
    cost_level = models.CharField(max_length=20, choices=CostLevel, default=CostLevel.WITHIN)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(state__in=LIVE_LEASE_STATES, account__isnull=False),
                name="lease_one_live_per_account",
            ),
            models.UniqueConstraint(
                fields=["holder"], condition=Q(state__in=LIVE_LEASE_STATES), name="lease_one_live_per_holder"
            ),
        ]

    def __str__(self) -> str:
        return f"lease {self.id} ({self.state})"


class LeaseMove(models.Model):
    """One fact of a lease's life, append-only: a state change, a step, or an error."""

    lease = models.ForeignKey(Lease, on_delete=models.PROTECT, related_name="moves")
    at = models.DateTimeField()
    from_state = models.CharField(max_length=20, choices=LeaseState, blank=True)
    to_state = models.CharField(max_length=20, choices=LeaseState)
    step = models.CharField(max_length=40, blank=True)
    account_id = models.CharField(max_length=12, blank=True)
    actor = models.UUIDField(null=True, help_text="The person who caused it; null is the platform.")
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.from_state or 'new'} → {self.to_state} {self.step}"
