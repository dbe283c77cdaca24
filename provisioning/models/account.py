"""An AWS account of the pool and the proofs that it was clean."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from provisioning.enums import AccountState
from provisioning.models.claim import Claimable


class Account(Claimable):
    """One AWS account: the row, with its unique e-mail, exists before AWS is asked to create it."""

    account_id = models.CharField(
        max_length=12, null=True, unique=True, validators=[RegexValidator(r"^\d{12}$")], help_text="AWS's own id."
    )
    email = models.EmailField(unique=True)
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
    leftovers = models.JSONField(default=list, help_text="Identifiers found when it should have been empty.")
    listing = models.JSONField(null=True, help_text="When the first of the two verifying listings was empty.")
    rounds = models.PositiveSmallIntegerField(default=0, help_text="Cleaning rounds since the last lease.")
    passes = models.PositiveIntegerField(default=0, help_text="Deletion passes of the present round.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(account_id__isnull=False)
                | Q(state__in=[AccountState.CREATING, AccountState.QUARANTINED, AccountState.RETIRED]),
                name="account_known_to_aws_once_created",
            )
        ]

    def __str__(self) -> str:
        return self.account_id or self.email


class CleanCertificate(models.Model):
    """What was checked, when, and what was found, each time an account was verified."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="certificates")
    at = models.DateTimeField()
    is_clean = models.BooleanField()
    rounds = models.PositiveSmallIntegerField()
    regions = models.JSONField()
    resource_types = models.JSONField()
    leftovers = models.JSONField(default=list)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.account} {'clean' if self.is_clean else 'not clean'} at {self.at:%Y-%m-%d %H:%M}"
