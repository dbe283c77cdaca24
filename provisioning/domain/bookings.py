"""Promising accounts for a time, so that two events never count on the same ones.

A booking reaches from its warm-up until its sandboxes are clean again. What is promised is compared with what can be
lent: usable accounts, and those that may still be made.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count

from provisioning.domain.queries.pool import Pool, pool
from provisioning.domain.steps import creating
from provisioning.enums import LIVE_LEASE_STATES, AccountState, LeaseState
from provisioning.models import Booking, Lease

# What making and preparing an account takes on AWS: its published rate, and the minutes until it is proven clean.
CREATIONS_PER_SECOND, PREPARING = 0.1, timedelta(minutes=10)
_LOCK = 7_401_003
_NAMED = 3


class PoolFull(Exception):
    """The pool cannot serve this at that time; nothing was promised."""


@dataclass(frozen=True)
class Conflict:
    """Something else that needs accounts at the same time."""

    label: str
    accounts: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Preview:
    """What a booking would meet. `refusal` is why it cannot be had, empty when it can; `warnings` do not refuse it.

    `free` accounts can be had at that time; `worst_case_usd` is None when nobody knows.
    """

    accounts: int
    free: int
    to_make: int
    ready_after: timedelta
    conflicts: list[Conflict]
    refusal: str
    warnings: list[str]
    worst_case_usd: Decimal | None


def preview(
    *,
    now: datetime,
    accounts: int,
    starts_at: datetime,
    ends_at: datetime,
    budget_usd: Decimal | None,
    hours: float,
    scope: uuid.UUID | None = None,
) -> Preview:
    """Tell what booking `accounts` sandboxes of `budget_usd` for `hours` would meet; nothing is promised by it.

    `ends_at` is the end of the sandboxes, to which their cleaning is added; `scope` leaves out its own booking.
    """
    until = ends_at + cleaning_time()
    counted = pool()
    stopped = creating.obstacle()
    usable = counted.usable - (counted.left if stopped else 0)
    conflicts = _conflicts(now, starts_at, until, scope)
    free = max(0, usable - _peak(conflicts, starts_at))
    to_make = max(0, min(accounts, accounts + _peak(conflicts, starts_at) - (counted.usable - counted.left)))
    ready_after = _making(to_make)
    warnings = []
    if ready_after and now + ready_after > starts_at:
        warnings.append(
            f"{to_make} accounts have to be made first, which takes AWS about {_minutes(ready_after)} minutes: the "
            f"last sandboxes come about {_minutes(now + ready_after - starts_at)} minutes after the warm-up has begun."
        )
    worst = worst_case(accounts=accounts, budget_usd=budget_usd, hours=hours)
    if worst is None:
        warnings.append("The worst-case cost is not known: the pack sets no budget for a sandbox.")
    return Preview(
        accounts=accounts,
        free=free,
        to_make=to_make,
        ready_after=ready_after,
        conflicts=conflicts,
        refusal="" if accounts <= free else _refusal(accounts, free, usable, counted, conflicts),
        warnings=warnings,
        worst_case_usd=worst,
    )


def book(
    *,
    now: datetime,
    scope: uuid.UUID,
    label: str,
    accounts: int,
    starts_at: datetime,
    ends_at: datetime,
    worst_case_usd: Decimal | None = None,
) -> Booking:
    """Promise accounts to a scope, in place of what it was promised before; raises PoolFull.

    Of two that want the last ones at once, exactly one gets them.
    """
    with transaction.atomic():
        lock()
        found = preview(
            now=now,
            accounts=accounts,
            starts_at=starts_at,
            ends_at=ends_at,
            budget_usd=None,
            hours=0,
            scope=scope,
        )
        if found.refusal:
            raise PoolFull(found.refusal)
        promise = {
            "label": label,
            "accounts": accounts,
            "starts_at": starts_at,
            "ends_at": ends_at + cleaning_time(),
            "worst_case_usd": worst_case_usd,
            "released_at": None,
        }
        booking, _ = Booking.objects.update_or_create(
            scope=scope, defaults=promise, create_defaults={**promise, "created_at": now}
        )
    return booking


def release_booking(*, now: datetime, scope: uuid.UUID) -> bool:
    """Take a promise back, and return whether there was one.

    What the scope's leases still hold stays counted until it is clean.
    """
    return bool(Booking.objects.filter(scope=scope, released_at=None).update(released_at=now))


def worst_case(*, accounts: int, budget_usd: Decimal | None, hours: float) -> Decimal | None:
    """Return what sandboxes may cost at most: their budgets, else the installation's price by the hour, else None."""
    if budget_usd is not None:
        return accounts * budget_usd
    if settings.UNBUDGETED_USD_PER_HOUR > 0:
        cost = Decimal(str(settings.UNBUDGETED_USD_PER_HOUR)) * Decimal(str(hours)) * accounts
        return cost.quantize(Decimal("0.01"))
    return None


def cleaning_time() -> timedelta:
    """Return how long after its end a sandbox's account is still being cleaned."""
    return timedelta(minutes=settings.BOOKING_CLEANING_MINUTES)


def lock() -> None:
    """Let only one transaction at a time decide who gets accounts; held until its end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def outstanding(*, now: datetime) -> list[tuple[Booking, int]]:
    """Return each booking whose time, or its lead, has come, with how many of its accounts it does not hold yet.

    In the order in which they are served.
    """
    lead = timedelta(minutes=settings.BOOKING_LEAD_MINUTES)
    current = list(
        Booking.objects.filter(released_at=None, starts_at__lte=now + lead, ends_at__gt=now).order_by(
            "starts_at", "created_at", "pk"
        )
    )
    held = dict(
        Lease.objects.filter(
            scope__in=[booking.scope for booking in current], state__in=LIVE_LEASE_STATES, account__isnull=False
        )
        .order_by()
        .values_list("scope")
        .annotate(Count("pk"))
    )
    return [(booking, max(0, booking.accounts - held.get(booking.scope, 0))) for booking in current]


def _conflicts(now: datetime, starts_at: datetime, until: datetime, scope: uuid.UUID | None) -> list[Conflict]:
    promised = Booking.objects.filter(released_at=None, starts_at__lt=until, ends_at__gt=max(starts_at, now))
    found = [
        Conflict(booking.label, booking.accounts, booking.starts_at, booking.ends_at)
        for booking in promised
        if booking.scope != scope
    ]
    return found + _unbooked(now, starts_at, scope)


def _unbooked(now: datetime, starts_at: datetime, scope: uuid.UUID | None) -> list[Conflict]:
    """Count what is lent without a promise, or after its promise was taken back: it is free once it is clean again."""
    booked = Booking.objects.filter(released_at=None).values("scope")
    lent = Lease.objects.filter(state__in=LIVE_LEASE_STATES).exclude(scope__in=booked)
    held: dict[uuid.UUID, list[datetime]] = {}
    for whose, state, ends_at in lent.values_list("scope", "state", "ends_at"):
        free_at = (now if state == LeaseState.ENDING else max(ends_at, now)) + cleaning_time()
        if free_at > starts_at and whose != scope:
            held.setdefault(whose, []).append(free_at)
    return [Conflict("sandboxes without a booking", len(ends), now, max(ends)) for ends in held.values()]


def _peak(conflicts: Sequence[Conflict], starts_at: datetime) -> int:
    """Return how many accounts the others need at once at most, within the time from `starts_at` that they overlap."""
    moments: Iterable[datetime] = {starts_at, *(each.starts_at for each in conflicts if each.starts_at > starts_at)}
    return max(sum(each.accounts for each in conflicts if each.starts_at <= at < each.ends_at) for at in moments)


def _making(accounts: int) -> timedelta:
    if not accounts or settings.AWS_MODE == "simulator":
        return timedelta(0)
    return PREPARING + timedelta(seconds=accounts / CREATIONS_PER_SECOND)


def _minutes(span: timedelta) -> int:
    return max(1, round(span.total_seconds() / 60))


def _refusal(accounts: int, free: int, usable: int, counted: Pool, conflicts: Sequence[Conflict]) -> str:
    can = f"{f'only {free}' if free else 'none'} of {usable}" if usable else "none"
    said = f"{accounts} accounts are wanted, but {can} can be had at that time"
    reasons = []
    named = [f"{each.label} ({each.accounts})" for each in conflicts]
    if named:
        more = len(named) - _NAMED
        reasons.append(f"promised already: {', '.join(named[:_NAMED])}" + (f" and {more} more" if more > 0 else ""))
    idle = counted.by_state.get(AccountState.QUARANTINED, 0)
    if idle:
        reasons.append(f"{idle} in quarantine")
    if counted.by_state.get(AccountState.REGISTERED):
        reasons.append(f"{counted.by_state[AccountState.REGISTERED]} registered and not confirmed")
    if usable < counted.usable:
        reasons.append("AWS refuses to create more")
    why = f" ({'; '.join(reasons)})" if reasons else ""
    return f"{said}{why}. Choose another time or fewer teams, or ask the operators for more accounts."
