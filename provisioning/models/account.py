"""An AWS account of the pool, every move of it, and the proofs that it was clean."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from provisioning.enums import AccountSource, AccountState
from provisioning.models.claim import Claimable


class Account(Claimable):
    """One AWS account; the row of one that we create exists, with its unique e-mail, before AWS is asked."""

    account_id = models.CharField(
        max_length=12, null=True, unique=True, validators=[RegexValidator(r"^\d{12}$")], help_text="AWS's own id."
    )
    source = models.CharField(max_length=20, choices=AccountSource, default=AccountSource.MANAGED)
    email = models.EmailField(null=True, unique=True, help_text="Of an account that we created.")
    name = models.CharField(max_length=50)
    state = models.CharField(max_length=20, choices=AccountState, default=AccountState.CREATING)
    state_since = models.DateTimeField()
    reason = models.TextField(blank=True, help_text="Why it is in this state, in words.")
    step = models.CharField(max_length=40, blank=True)
    create_request_id = models.CharField(max_length=60, blank=True)
    generation = models.CharField(
        max_length=40, blank=True, help_text="The simulator's generation that holds it; empty on AWS."
    )
    baseline = models.JSONField(default=list, help_text="Identifiers that a fresh account has by itself.")
    baseline_regions = models.JSONField(default=list, help_text="Regions that the baseline covers.")
    baseline_types = models.JSONField(
        default=list, help_text="Types that were looked for when the baseline was recorded; empty: all that exist."
    )
    standing = models.JSONField(default=list, help_text="Types of which something still stood at the last look.")
    leftovers = models.JSONField(default=list, help_text="Identifiers found when it should have been empty.")
    listing = models.JSONField(null=True, help_text="When the first of the two verifying listings was empty.")
    rounds = models.PositiveSmallIntegerField(default=0, help_text="Cleaning rounds since the last lease.")
    passes = models.PositiveIntegerField(default=0, help_text="Deletion passes of the present round.")
    leases_served = models.PositiveIntegerField(default=0, help_text="Its generation: how often it was lent.")
    strikes = models.PositiveSmallIntegerField(default=0, help_text="Drift scans in a row that found it changed.")
    drift_due_at = models.DateTimeField(null=True, help_text="When it is compared with the organization next.")
    drift_seen = models.TextField(blank=True, help_text="What the last drift scan found, in words.")
    inventory = models.JSONField(null=True, help_text="What stood in a registered account when it was looked through.")
    confirmed_at = models.DateTimeField(null=True, help_text="When somebody typed the id of a registered account.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(account_id__isnull=False)
                | Q(state__in=[AccountState.CREATING, AccountState.QUARANTINED, AccountState.RETIRED]),
                name="account_known_to_aws_once_created",
            ),
            models.CheckConstraint(
                condition=Q(source=AccountSource.MANAGED, email__isnull=False)
                | Q(source=AccountSource.PREPARED, account_id__isnull=False),
                name="account_has_email_or_came_with_its_id",
            ),
            models.CheckConstraint(
                condition=Q(source=AccountSource.MANAGED)
                | Q(confirmed_at__isnull=False)
                | Q(state__in=[AccountState.REGISTERED, AccountState.QUARANTINED, AccountState.RETIRED]),
                name="account_confirmed_before_it_is_touched",
            ),
        ]

    def __str__(self) -> str:
        return self.account_id or self.email or self.name


class AccountMove(models.Model):
    """One fact of an account's life in the pool, append-only."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="moves")
    at = models.DateTimeField()
    from_state = models.CharField(max_length=20, choices=AccountState, blank=True)
    to_state = models.CharField(max_length=20, choices=AccountState)
    step = models.CharField(max_length=40, blank=True)
    lease = models.UUIDField(null=True, help_text="The lease that moved it, if one did.")
    actor = models.UUIDField(null=True, help_text="The person who caused it; null is the platform.")
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.from_state or 'new'} → {self.to_state} {self.step}"


class CleanCertificate(models.Model):
    """What was checked, when, and what was found, each time an account was verified."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="certificates")
    at = models.DateTimeField()
    is_clean = models.BooleanField()
    rounds = models.PositiveSmallIntegerField()
    regions = models.JSONField()
    resource_types = models.JSONField()
    listings = models.JSONField(default=list, help_text="When everything was listed, the first time and the last.")
    tombstones = models.JSONField(default=list, help_text="What AWS still names although it is gone.")
    leftovers = models.JSONField(default=list)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.account} {'clean' if self.is_clean else 'not clean'} at {self.at:%Y-%m-%d %H:%M}"
