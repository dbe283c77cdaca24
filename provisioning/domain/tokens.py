"""Personal tokens for the credentials endpoint: shown once, kept as a hash, revocable."""

import hashlib
import secrets
import uuid
from datetime import datetime

from django.db.models import QuerySet

from accounts.domain import audit
from provisioning import throttle
from provisioning.domain.access import (
    Credentials,
    NoAccess,
    credentials_for_person,
    forget_sessions,
    require_not_over,
    require_not_stopped,
)
from provisioning.models import AccessToken, Lease

ENDPOINT = "access:credentials"


class UnknownToken(NoAccess):
    """No such token was issued, or it was revoked."""

    code = "UnknownToken"


class AskedTooOften(NoAccess):
    """The person's tools ask for credentials faster than any work needs."""

    code = "AskedTooOften"


def issue_token(*, now: datetime, lease: Lease, person: uuid.UUID) -> str:
    """Return a new personal token for a lease's credentials; only its hash is kept, so it is shown once."""
    require_not_over(now=now, lease=lease)
    require_not_stopped(lease=lease, person=person)
    token = secrets.token_urlsafe(32)
    AccessToken.objects.create(lease=lease, person=person, token_hash=_hash(token), created_at=now)
    audit.record(now=now, action="access.token", subject=f"lease:{lease.pk}", actor=person, scope=lease.scope)
    return token


def revoke_tokens(*, now: datetime, lease: Lease, person: uuid.UUID | None = None) -> int:
    """Revoke a person's tokens for a lease, or everybody's; return how many were alive."""
    alive: QuerySet[AccessToken] = AccessToken.objects.filter(lease=lease, revoked_at__isnull=True)
    if person is not None:
        alive = alive.filter(person=person)
    revoked = alive.update(revoked_at=now)
    forget_sessions(lease=lease, person=person)
    if revoked:
        audit.record(
            now=now,
            action="access.revoke",
            subject=f"lease:{lease.pk}",
            scope=lease.scope,
            person=str(person) if person else "everybody",
        )
    return revoked


def credentials_for_token(*, now: datetime, token: str) -> Credentials:
    """Return credentials for the holder of a token.

    Raises UnknownToken, AskedTooOften, or what `credentials_for_person` raises.
    """
    known = (
        AccessToken.objects.select_related("lease", "lease__account", "lease__blueprint")
        .filter(token_hash=_hash(token))
        .first()
    )
    if known is not None:
        require_not_stopped(lease=known.lease, person=known.person)
    if known is None or known.revoked_at is not None:
        raise UnknownToken("This access token is not valid (any more). Copy a new block from the access page.")
    try:
        throttle.take_personal(ENDPOINT, known.person)
    except throttle.Paced as paced:
        wait = max(1, round(paced.wait.total_seconds()))
        raise AskedTooOften(f"Your tools ask for credentials too often. Try again in {wait} s.") from paced
    return credentials_for_person(now=now, lease=known.lease, person=known.person)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
