"""Noticing what was changed outside: accounts that were moved, closed or renamed, and roles that are not ours any more.

A scan that finds a change is a strike, a clean one forgives, and one that AWS did not answer is neither. Two strikes in
a row quarantine the account; one that is lent stays with its holder, and the operators are told.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction

from accounts.domain import audit
from provisioning import throttle
from provisioning.aws import organization, ownership, roles, sessions, time_limit
from provisioning.aws.errors import Denied, Missing
from provisioning.aws.sessions import bootstrap_session, platform_session
from provisioning.domain import account_moves, claims, cleaning, failures, guards, leases, moves
from provisioning.domain.steps import vending
from provisioning.domain.steps.reserving import MOST_STRIKES
from provisioning.enums import LIVE_LEASE_STATES, OPEN_LEASE_STATES, AccountSource, AccountState, LeaseState
from provisioning.models import Account, Lease
from provisioning.signals import person_needed

log = structlog.get_logger(__name__)

SCANNED = (AccountState.AVAILABLE, AccountState.COOLING, AccountState.LEASED)
# Scans share a worker with everything else; so few at a time delay nothing.
AT_ONCE = 3
MOST_CHANGES = 4
# A change is looked at again sooner, so that an account in doubt does not stay so for long.
SOONER = 4
# From here on, changes in most accounts at once are our own trouble (the hub's rights) rather than theirs.
MANY = 4
REFUSED = ("AccessDenied", "AccessDeniedException")


@dataclass(frozen=True)
class Due:
    """An account whose scan is due; `mark` is the claim that the message to a worker carries."""

    key: int
    mark: datetime


@dataclass
class Seen:
    """What a scan saw: changes that count as a strike, and what was set right again."""

    changes: list[str] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    is_elsewhere: bool = False
    has_foreign_limits: bool = False


def scan_due(*, now: datetime) -> list[Due]:
    """Mark the accounts whose scan has been due longest, a few at a time; accounts that are being cleaned wait."""
    if settings.DRIFT_SCAN_SECONDS <= 0:
        return []
    in_scope = Account.objects.filter(state__in=SCANNED)
    for key in in_scope.filter(drift_due_at=None).values_list("pk", flat=True):
        # Spread from the start, so that a pool that was filled in one go is not scanned in one go.
        in_scope.filter(pk=key, drift_due_at=None).update(drift_due_at=now + random.random() * _interval())
    ending = Lease.objects.filter(state=LeaseState.ENDING, account__isnull=False).values("account")
    mark = now + claims.DISPATCH_HOLD
    with transaction.atomic():
        due = list(
            in_scope.select_for_update(skip_locked=True)
            .filter(drift_due_at__lte=now)
            .exclude(pk__in=ending)
            .order_by("drift_due_at")
            .values_list("pk", flat=True)[:AT_ONCE]
        )
        Account.objects.filter(pk__in=due).update(drift_due_at=mark)
    return [Due(key, mark) for key in due]


def do(*, due: Due, clock: Callable[[], datetime]) -> Seen | None:
    """Make the scan that a message asks for; None when somebody else has it, or AWS does not tell."""
    held = clock() + claims.WORK_HOLD
    if not Account.objects.filter(pk=due.key, drift_due_at=due.mark).update(drift_due_at=held):
        return None
    account = Account.objects.get(pk=due.key)
    lease = Lease.objects.filter(account=account, state__in=LIVE_LEASE_STATES).select_related("blueprint").first()
    try:
        with time_limit.calls_begin_within(claims.CALLS_FOR.total_seconds()):
            seen = look(account=account, lease=lease)
    except Exception as error:
        unknown = not isinstance(error, throttle.Paced)
        if unknown:
            log.warning(
                "no scan", account=str(account), error=failures.in_words(error), exc_info=failures.unexpected(error)
            )
        Account.objects.filter(pk=due.key, drift_due_at=held).update(drift_due_at=_next(clock(), sooner=True))
        return None
    _write(clock(), account, held, seen)
    return seen


def look(*, account: Account, lease: Lease | None) -> Seen:
    """Compare an account with what it should be; raises an AwsError when that is not known."""
    seen = Seen()
    account_id = str(account.account_id)
    throttle.take("organizations:Describe")
    try:
        guards.require_candidate(account_id)
    except guards.NeverTouch as refusal:
        seen.changes.append(refusal.message)
    if account.source == AccountSource.MANAGED and not _look_in_organization(account, seen):
        return seen
    throttle.take("sts:AssumeRole")
    _look_at_role(account, seen)
    if not seen.changes and lease is not None and lease.state in OPEN_LEASE_STATES and not lease.step:
        seen.has_foreign_limits = not vending.has_limits(lease)
    return seen


def _look_in_organization(account: Account, seen: Seen) -> bool:
    """Say whether it is worth looking further: who is gone from the organization lets nobody in."""
    account_id = str(account.account_id)
    try:
        member, parent = organization.member(account_id), organization.parent_of(account_id)
    except Missing:
        seen.changes.append("it is no longer in the organization")
        return False
    if member.status != "ACTIVE":
        seen.changes.append(f"it is {member.status.lower().replace('_', ' ')} in the organization")
        return False
    if parent != organization.sandbox_unit():
        seen.changes.append(f"it was moved out of {settings.AWS_SANDBOX_OU_NAME}")
    if account.email and member.email.lower() != account.email.lower():
        seen.changes.append(f"its e-mail address is now {member.email}")
    if member.name != account.name:
        seen.changes.append(f"its name is now {member.name}")
    return True


def _look_at_role(account: Account, seen: Seen) -> None:
    account_id = str(account.account_id)
    try:
        if account.source == AccountSource.MANAGED and not seen.changes:
            seen.settled += _settle(account_id)
        if not seen.settled:  # IAM needs a moment to tell itself what was set just now.
            sessions.forget(account_id)
            session = platform_session(account_id)
            if account.source == AccountSource.PREPARED and not ownership.declared_by(session):
                seen.changes.append("it is no longer declared a sandbox")
    except Denied as denied:
        if denied.code == sessions.WRONG_ACCOUNT:
            seen.is_elsewhere = True
        elif denied.code not in REFUSED:
            raise  # An expired key of the hub says nothing about the account.
        seen.changes.append(f"the platform is not let in: {denied}")


def _settle(account_id: str) -> list[str]:
    changed = []
    session = bootstrap_session(account_id)
    for _ in range(MOST_CHANGES):
        change = roles.settle_platform_role(session, hub_account_id=organization.hub_account_id())
        if change is None:
            break
        changed.append(change)
    return changed


def _write(now: datetime, account: Account, held: datetime, seen: Seen) -> None:
    with transaction.atomic():
        lease = (
            Lease.objects.select_for_update(of=("self",))
            .select_related("account", "blueprint")
            .filter(account=account, state__in=LIVE_LEASE_STATES)
            .first()
        )
        locked = Account.objects.select_for_update().filter(pk=account.pk, drift_due_at=held).first()
        if locked is None:
            return
        if locked.state not in SCANNED:
            # Somebody has moved it while it was looked at: what was seen may be of before.
            Account.objects.filter(pk=locked.pk).update(drift_due_at=None)
            return
        strikes = locked.strikes + 1 if seen.changes else 0
        words = "; ".join([*seen.changes, *(f"set right: {each}" for each in seen.settled)])
        Account.objects.filter(pk=locked.pk).update(
            strikes=strikes, drift_seen=words, drift_due_at=_next(now, sooner=bool(seen.changes))
        )
        locked.refresh_from_db()
        if words:
            subject = f"account:{locked.account_id}"
            audit.record(now=now, action="account.drift", subject=subject, reason=words, strikes=strikes)
            log.warning("an account was changed outside", account=str(locked), seen=words, strikes=strikes)
        if seen.has_foreign_limits and lease is not None:
            _set_limits(now, locked, lease)
        if seen.is_elsewhere and lease is not None and lease.state not in leases.OVER:
            leases.begin_end(now=now, lease=lease, actor=None, reason=f"its account is not the right one: {words}")
        elif strikes >= MOST_STRIKES:
            _act(now, locked, lease, words)


def _act(now: datetime, account: Account, lease: Lease | None, words: str) -> None:
    if _is_everywhere():
        _tell(now, f"drift:everywhere:{now:%Y-%m-%d}", account, "Most accounts look changed", (
            f"Two scans in a row found most accounts changed, the last: {words}. That is more likely a right that the "
            "platform has lost than a change in every account, so none is quarantined, and none is lent."
        ))  # fmt: skip
    elif lease is None:
        reason = f"changed outside, as {account.strikes} scans in a row found: {words}"
        account_moves.from_outside(now=now, account=account, **cleaning.quarantine(reason))
    else:
        _tell(now, f"drift:{account.pk}:{lease.pk}", account, "A lent account was changed outside", (
            f"{account.strikes} scans in a row found: {words}. Its sandbox goes on; afterwards the account is cleaned "
            "where that is possible, and lent to nobody before a scan finds it in order."
        ))  # fmt: skip


def _set_limits(now: datetime, account: Account, lease: Lease) -> None:
    if lease.state not in OPEN_LEASE_STATES or lease.step:
        return
    reason = "its limits were changed outside and are set again"
    moves.from_outside(now=now, lease=lease, actor=None, reason=reason, step="limits", due_at=now)
    _tell(now, f"limits:{lease.pk}:{now:%Y-%m-%d}", account, "A sandbox's limits were changed outside", (
        "The role or the permissions boundary of its participants was not as the platform had set it. It is set again; "
        "find out who could change it."
    ))  # fmt: skip


def _tell(now: datetime, key: str, account: Account, title: str, text: str) -> None:
    person_needed.send(Account, now=now, key=key, subject=f"account:{account.account_id}", title=title, text=text)


def _is_everywhere() -> bool:
    scanned = Account.objects.filter(state__in=SCANNED)
    struck = scanned.filter(strikes__gte=MOST_STRIKES).count()
    return struck >= MANY and struck * 2 > scanned.count()


def _interval() -> timedelta:
    return timedelta(seconds=settings.DRIFT_SCAN_SECONDS)


def _next(now: datetime, *, sooner: bool) -> datetime:
    return now + _interval() * random.uniform(0.9, 1.1) / (SOONER if sooner else 1)
