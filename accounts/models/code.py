"""Codes that sign a person in without e-mail; only their keyed digests are stored."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.enums import CodeKind


class SignInCode(models.Model):
    """A code that is good in one scope (an event, for example), together with that scope's own code."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_in_codes")
    kind = models.CharField(max_length=10, choices=CodeKind)
    scope = models.UUIDField()
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "digest"], name="sign_in_code_once_per_scope"),
            models.UniqueConstraint(
                fields=["user", "scope"], condition=Q(kind=CodeKind.RETURN), name="sign_in_code_one_return_code"
            ),
            models.CheckConstraint(
                condition=Q(kind=CodeKind.RETURN) | Q(expires_at__isnull=False), name="sign_in_code_one_time_expires"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} code of {self.user}"
