"""Personal tokens for the credentials endpoint, and people whose access was stopped."""

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from provisioning.models.lease import Lease


class AccessToken(models.Model):
    """A person's revocable key to one lease's credentials; only its hash is stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lease = models.ForeignKey(Lease, on_delete=models.PROTECT, related_name="access_tokens")
    person = models.UUIDField(help_text="The opaque id that AWS sees as SourceIdentity.")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["lease", "person"])]

    def __str__(self) -> str:
        return f"token of {self.person} for {self.lease_id}"


class AccessStop(models.Model):
    """One person's access to one lease, stopped by somebody while the others' goes on."""

    lease = models.ForeignKey(Lease, on_delete=models.PROTECT, related_name="access_stops")
    person = models.UUIDField()
    at = models.DateTimeField()
    actor = models.UUIDField(null=True, help_text="Who stopped it; null is the platform.")
    reason = models.TextField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lease", "person"], condition=Q(lifted_at__isnull=True), name="access_stopped_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} stopped in {self.lease_id}"

    @property
    def allowed_since(self) -> datetime | None:
        """From when on issued sessions are good again; None while the stop stands. AWS counts in whole seconds."""
        return None if self.lifted_at is None else self.lifted_at.replace(microsecond=0) + timedelta(seconds=1)
