"""Who may act in a sandbox, as whom, and for how long: short sessions, nothing long-lived."""

import threading
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from accounts.domain import audit
from provisioning import throttle
from provisioning.aws import roles
from provisioning.aws.errors import AwsError
from provisioning.aws.sessions import Session, participant_session, platform_session
from provisioning.enums import OPEN_LEASE_STATES, LeaseState
from provisioning.models import AccessStop, Lease

CACHED_SESSIONS = 2000
_BEFORE_ACCESS = (LeaseState.REQUESTED, LeaseState.RESERVED, LeaseState.PROVISIONING)


class NoAccess(Exception):
    """No credentials for this lease now, for the reason given."""

    code = "NoAccess"


class AccessNotYet(NoAccess):
    """Access has not started."""

    code = "AccessNotYet"


class AccessPaused(NoAccess):
    """The sandbox is frozen; access comes back when it is not any more."""

    code = "AccessPaused"


class AccessEnded(NoAccess):
    """Access is over."""

    code = "AccessEnded"


class AccessStopped(NoAccess):
    """Somebody stopped this person's access; the team's goes on."""

    code = "AccessStopped"


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


def credentials_for_person(
    *, now: datetime, lease: Lease, person: uuid.UUID, minimum_left: timedelta | None = None
) -> Credentials:
    """Return a person's credentials in a lease, with at least `minimum_left` (ACCESS_MINIMUM_LEFT_SECONDS) to go.

    Raises AccessNotYet, AccessPaused, AccessEnded, AccessStopped or AccessUnavailable, each with a sentence for the
    person.
    """
    session = session_for_person(now=now, lease=lease, person=person, minimum_left=minimum_left)
    keys = session.credentials
    if keys.token is None or keys.expires_at is None:
        raise AccessUnavailable("AWS issued credentials that do not end; they are not handed out.")
    return Credentials(keys.access_key_id, keys.secret_access_key, keys.token, keys.expires_at, session.account_id)


def session_for_person(
    *, now: datetime, lease: Lease, person: uuid.UUID, minimum_left: timedelta | None = None
) -> Session:
    """Return a person's session of the participant role, from the cache or newly assumed and journaled."""
    since = require_open(now=now, lease=lease, person=person)
    # A freeze has ended what was issued before it, so none of that is handed out after the unfreeze.
    key = (lease.pk, person, lease.attempt, lease.sessions_from)
    least = timedelta(seconds=settings.ACCESS_MINIMUM_LEFT_SECONDS) if minimum_left is None else minimum_left
    kept = _sessions.get(key)
    if kept is not None and kept.issued_at >= since and _left(kept.session, now) >= least:
        return kept.session
    made = _assume(now, lease, person)
    # Between our look and AWS's answer the lease may have ended; what was issued then is not handed out.
    lease = Lease.objects.select_related("account", "blueprint").get(pk=lease.pk)
    require_open(now=now, lease=lease, person=person)
    _sessions.put(key, _Kept(made, now))
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


def forget_sessions(*, lease: Lease, person: uuid.UUID | None = None) -> None:
    """Hand out none of a person's sessions again, or nobody's, from this process."""
    _sessions.forget(lease.pk, person)


def require_open(*, now: datetime, lease: Lease, person: uuid.UUID) -> datetime:
    """Return since when the person may act in the lease: sessions from before that are dead.

    Raises AccessNotYet, AccessPaused, AccessEnded or AccessStopped, and AccessUnavailable while AWS is being told
    that somebody is allowed in again.
    """
    require_not_over(now=now, lease=lease)
    allowed_since = require_not_stopped(lease=lease, person=person)
    if now < lease.access_starts_at:
        raise AccessNotYet(f"Access starts at {lease.access_starts_at:%Y-%m-%d %H:%M} UTC.")
    if lease.state in _BEFORE_ACCESS:
        raise AccessNotYet("The sandbox is still being prepared. This page will say when it is ready.")
    if lease.state == LeaseState.FROZEN:
        raise AccessPaused("The sandbox is frozen: access is paused for the whole team, and nothing in it was deleted.")
    if lease.state not in OPEN_LEASE_STATES or lease.account is None:
        raise AccessEnded("Access to this sandbox has ended.")
    if allowed_since is not None and (now < allowed_since or lease.step):
        raise AccessUnavailable("Your access was allowed again a moment ago. Try again in a few seconds.")
    return max(lease.state_since, allowed_since or lease.state_since)


def require_not_stopped(*, lease: Lease, person: uuid.UUID) -> datetime | None:
    """Raise AccessStopped for a person whose access is stopped; return since when one who was is allowed again."""
    stop = AccessStop.objects.filter(lease=lease, person=person).order_by("-at", "-id").first()
    if stop is None:
        return None
    if stop.lifted_at is None:
        why = stop.reason.rstrip(". ")
        raise AccessStopped(f"Your access to this sandbox was stopped ({why}). The organizers can allow it again.")
    return stop.allowed_since


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


@dataclass(frozen=True)
class _Kept:
    session: Session
    issued_at: datetime


_Key = tuple[uuid.UUID, uuid.UUID, int, datetime | None]


class _Sessions:
    """The sessions this process may hand out again, in memory only, the oldest dropped first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()

    def get(self, key: _Key) -> _Kept | None:
        with self._lock:
            return self._kept.get(key)

    def put(self, key: _Key, kept: _Kept) -> None:
        with self._lock:
            self._kept[key] = kept
            self._kept.move_to_end(key)
            while len(self._kept) > CACHED_SESSIONS:
                self._kept.popitem(last=False)

    def forget(self, lease: uuid.UUID, person: uuid.UUID | None) -> None:
        with self._lock:
            for key in [key for key in self._kept if key[0] == lease and person in (None, key[1])]:
                del self._kept[key]


_sessions = _Sessions()
