"""The installation at a glance: what needs a person, how full the pool is, what is promised, what it costs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Min, Sum

from provisioning.domain.queries.capacity import bookings, shortages
from provisioning.domain.queries.leases import states
from provisioning.domain.queries.people import names
from provisioning.domain.queries.pool import Pool, pool
from provisioning.domain.words import span
from provisioning.enums import LIVE_LEASE_STATES, AccountState, LeaseState
from provisioning.models import Booking, Lease, Notice

TIMELINE = timedelta(days=14)


@dataclass(frozen=True)
class Bar:
    """A booking on the timeline; `left` and `width` are per cent of its length."""

    booking: Booking
    left: float
    width: float
    is_short: bool


@dataclass(frozen=True)
class Told:
    """An open notice, with who took it on."""

    notice: Notice
    acknowledged_by: str
    age: str


@dataclass(frozen=True)
class Overview:
    """Everything of the first staff page; `cost_usd` sums the estimates of live leases, `cost_age` is of the oldest."""

    accounts: dict[str, int]
    leases: dict[str, int]
    pool: Pool
    available: int
    notices: list[Told]
    bars: list[Bar]
    days: int
    cost_usd: Decimal | None
    cost_age: str
    estimated: int
    live: int

    def document(self) -> dict[str, Any]:
        """Return what scripts get."""
        return {
            "accounts": self.accounts,
            "leases": self.leases,
            "limit": self.pool.limit,
            "usable": self.pool.usable,
            "available": self.available,
            "cost_estimate_usd": float(self.cost_usd) if self.cost_usd is not None else None,
        }


def open_notices(*, now: datetime) -> list[Told]:
    """Return what needs a person, what nobody has taken on first, then the newest."""
    found = sorted(
        Notice.objects.filter(over_at=None),
        key=lambda each: (each.acknowledged_at is not None, -each.created_at.timestamp()),
    )
    known = names(notice.acknowledged_by for notice in found)
    return [
        Told(
            notice,
            known.get(notice.acknowledged_by, "") if notice.acknowledged_by else "",
            span(now - notice.created_at),
        )
        for notice in found
    ]


def overview(*, now: datetime) -> Overview:
    """Read it all in a constant number of queries."""
    counted = pool()
    leases = states()
    costs = Lease.objects.filter(state__in=LIVE_LEASE_STATES).aggregate(
        total=Sum("cost_usd"), oldest=Min("cost_at"), estimated=Count("cost_usd"), live=Count("pk")
    )
    return Overview(
        accounts={state.value: counted.by_state.get(state, 0) for state in AccountState if counted.by_state.get(state)},
        leases={state.value: leases[state] for state in LeaseState if leases.get(state)},
        pool=counted,
        available=counted.by_state.get(AccountState.AVAILABLE, 0),
        notices=open_notices(now=now),
        bars=_bars(now),
        days=TIMELINE.days,
        cost_usd=costs["total"],
        cost_age=span(now - costs["oldest"]) if costs["oldest"] else "",
        estimated=costs["estimated"],
        live=costs["live"],
    )


def _bars(now: datetime) -> list[Bar]:
    until = now + TIMELINE
    short = {each.booking.pk for each in shortages(now=now, until=until)}
    return [
        Bar(
            booking,
            left := round(_share(max(booking.starts_at, now) - now), 2),
            max(1.0, round(_share(min(booking.ends_at, until) - now) - left, 2)),
            booking.pk in short,
        )
        for booking in bookings(now=now, until=until)
    ]


def _share(length: timedelta) -> float:
    return 100 * (length / TIMELINE)
