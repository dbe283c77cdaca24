"""Who may act in a sandbox, as whom, and for how long: personal tokens and short sessions, nothing long-lived."""

import hashlib
import secrets
import threading
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from accounts.domain import audit
from provisioning import throttle
from provisioning.aws import roles
from provisioning.aws.errors import AwsError
from provisioning.aws.sessions import Session, participant_session, platform_session
from provisioning.enums import OPEN_LEASE_STATES, LeaseState
from provisioning.models import AccessToken, Lease

CACHED_SESSIONS = 2000
_BEFORE_ACCESS = (LeaseState.REQUESTED, LeaseState.RESERVED, LeaseState.PROVISIONING)


class NoAccess(Exception):
    """No credentials for this lease now, for the reason given."""

    code = "NoAccess"


class AccessNotYet(NoAccess):
    """Access has not started."""

    code = "AccessNotYet"


class AccessEnded(NoAccess):
    """Access is over, or was taken away."""

    code = "AccessEnded"


class UnknownToken(NoAccess):
    """No such token was issued, or it was revoked."""

    code = "UnknownToken"


class AccessUnavailable(NoAccess):
    """AWS does not issue a session now; trying again may help."""

    code = "AccessUnavailable"


@dataclass(frozen=True)
class Credentials:
    """Keys of one session of the participant role; `expires_at` is when AWS stops honouring them."""

    access_key_id: str
    secret_access_key: str
    token: str
    expires_at: datetime
    account_id: str

    def __repr__(self) -> str:
        return f"Credentials({self.access_key_id} in {self.account_id} until {self.expires_at:%Y-%m-%dT%H:%M:%SZ})"


def issue_token(*, now: datetime, lease: Lease, person: uuid.UUID) -> str:
    """Return a new personal token for a lease's credentials; only its hash is kept, so it is shown once."""
    require_not_over(now=now, lease=lease)
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
    _sessions.forget(lease.pk, person)
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
    """Return credentials for the holder of a token; raises UnknownToken or what `credentials_for_person` raises."""
    known = (
        AccessToken.objects.select_related("lease", "lease__account", "lease__blueprint")
        .filter(token_hash=_hash(token))
        .first()
    )
    if known is None or known.revoked_at is not None:
        raise UnknownToken("This access token is not valid (any more). Copy a new block from the environment page.")
    return credentials_for_person(now=now, lease=known.lease, person=known.person)


def credentials_for_person(*, now: datetime, lease: Lease, person: uuid.UUID) -> Credentials:
    """Return a person's credentials in a lease, with at least ACCESS_MINIMUM_LEFT_SECONDS left.

    Raises AccessNotYet, AccessEnded or AccessUnavailable, each with a sentence for the person.
    """
    session = session_for_person(now=now, lease=lease, person=person)
    keys = session.credentials
    if keys.token is None or keys.expires_at is None:
        raise AccessUnavailable("AWS issued credentials that do not end; they are not handed out.")
    return Credentials(keys.access_key_id, keys.secret_access_key, keys.token, keys.expires_at, session.account_id)


def session_for_person(*, now: datetime, lease: Lease, person: uuid.UUID) -> Session:
    """Return a person's session of the participant role, from the cache or newly assumed and journaled."""
    require_open(now=now, lease=lease)
    # A freeze has ended what was issued before it, so none of that is handed out after the unfreeze.
    key = (lease.pk, person, lease.attempt, lease.sessions_from)
    kept = _sessions.get(key)
    if kept is not None and _left(kept, now) >= timedelta(seconds=settings.ACCESS_MINIMUM_LEFT_SECONDS):
        return kept
    made = _assume(now, lease, person)
    # Between our look and AWS's answer the lease may have ended; what was issued then is not handed out.
    require_open(now=now, lease=Lease.objects.select_related("account", "blueprint").get(pk=lease.pk))
    _sessions.put(key, made)
    audit.record(
        now=now,
        action="access.credentials",
        subject=f"lease:{lease.pk}",
        actor=person,
        scope=lease.scope,
        account=made.account_id,
        access_key_id=made.credentials.access_key_id,
        expires_at=made.credentials.expires_at.isoformat() if made.credentials.expires_at else "",
    )
    return made


def require_open(*, now: datetime, lease: Lease) -> None:
    """Raise AccessNotYet or AccessEnded unless participants may act in the lease now."""
    require_not_over(now=now, lease=lease)
    if now < lease.access_starts_at:
        raise AccessNotYet(f"Access starts at {lease.access_starts_at:%Y-%m-%d %H:%M} UTC.")
    if lease.state in _BEFORE_ACCESS:
        raise AccessNotYet("The sandbox is still being prepared. This page will say when it is ready.")
    if lease.state not in OPEN_LEASE_STATES or lease.account is None:
        raise AccessEnded("The sandbox is frozen; access is paused.")


def require_not_over(*, now: datetime, lease: Lease) -> None:
    """Raise AccessEnded when nobody will get into the lease any more."""
    if lease.state in (LeaseState.ENDING, LeaseState.ENDED, LeaseState.FAILED):
        raise AccessEnded("Access to this sandbox has ended.")
    if now >= lease.ends_at:
        raise AccessEnded(f"Access to this sandbox ended at {lease.ends_at:%Y-%m-%d %H:%M} UTC.")


def _assume(now: datetime, lease: Lease, person: uuid.UUID) -> Session:
    account_id = str(lease.account.account_id) if lease.account else ""
    try:
        _refuse_dead_on_arrival(now, account_id)
        throttle.take("sts:AssumeRole")
        return participant_session(
            account_id,
            person=str(person),
            tags={"event": str(lease.scope), "lease": str(lease.pk)},
            seconds=settings.ACCESS_SESSION_SECONDS,
        )
    except (AwsError, throttle.Paced) as error:
        raise AccessUnavailable("AWS does not issue credentials right now. Try again in a few seconds.") from error


def _refuse_dead_on_arrival(now: datetime, account_id: str) -> None:
    revoked = roles.revoked_before(platform_session(account_id))
    if revoked is not None and now < revoked:
        raise AccessUnavailable("Access to this account was renewed a moment ago. Try again in a few seconds.")


def _left(session: Session, now: datetime) -> timedelta:
    expires_at = session.credentials.expires_at
    return timedelta(0) if expires_at is None else expires_at - now


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


_Key = tuple[uuid.UUID, uuid.UUID, int, datetime | None]


class _Sessions:
    """The sessions this process may hand out again, in memory only, the oldest dropped first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Key, Session] = OrderedDict()

    def get(self, key: _Key) -> Session | None:
        with self._lock:
            return self._kept.get(key)

    def put(self, key: _Key, session: Session) -> None:
        with self._lock:
            self._kept[key] = session
            self._kept.move_to_end(key)
            while len(self._kept) > CACHED_SESSIONS:
                self._kept.popitem(last=False)

    def forget(self, lease: uuid.UUID, person: uuid.UUID | None) -> None:
        with self._lock:
            for key in [key for key in self._kept if key[0] == lease and person in (None, key[1])]:
                del self._kept[key]


_sessions = _Sessions()
