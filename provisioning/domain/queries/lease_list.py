"""The leases as staff see them: one query layer for pages, commands and the API."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from provisioning.domain.patience import overdue, overdue_because
from provisioning.domain.queries.finding import starting_with
from provisioning.domain.queries.health import Health, attention, health
from provisioning.domain.words import next_try, span
from provisioning.models import Booking, Lease


@dataclass(frozen=True)
class LeaseFilter:
    """What to show; empty fields do not narrow. `scope` is an event's id or part of its booking's label."""

    state: str = ""
    reason: str = ""
    scope: str = ""
    q: str = ""
    overdue: bool = False


@dataclass(frozen=True)
class LeaseRow:
    """One lease with what stands beside it; its cost is an estimate."""

    lease: Lease
    health: Health
    age: timedelta
    next_retry: str
    overdue_because: str
    scope_label: str
    cost_age: timedelta | None

    @property
    def reference(self) -> str:
        """How addresses and commands name it."""
        return str(self.lease.pk)

    @property
    def short(self) -> str:
        """The start of its id, which tables show."""
        return self.reference[:8]

    @property
    def age_words(self) -> str:
        """How long it has been in its state."""
        return span(self.age)

    @property
    def cost_age_words(self) -> str:
        """How old the estimate is."""
        return span(self.cost_age) if self.cost_age is not None else ""

    @property
    def account_reference(self) -> str:
        """How its account is named; empty while it has none."""
        account = self.lease.account
        return (account.account_id or str(account.pk)) if account else ""

    @property
    def error(self) -> str:
        """What the last failed try said, or why it is where it is, or why it is late, in words."""
        said = self.lease.error or self.lease.reason
        return " · ".join(part for part in (said, self.overdue_because) if part)

    def document(self) -> dict[str, Any]:
        """Return what scripts get."""
        lease = self.lease
        return {
            "id": self.reference,
            "state": lease.state,
            "state_since": lease.state_since.isoformat(),
            "age_seconds": int(self.age.total_seconds()),
            "step": lease.step,
            "progress": lease.progress,
            "health": self.health.value,
            "reason": lease.reason,
            "error": lease.error,
            "overdue": self.overdue_because,
            "attempts": lease.attempts,
            "attempt": lease.attempt,
            "swaps": lease.swaps,
            "due_at": lease.due_at.isoformat() if lease.due_at else None,
            "next_retry": self.next_retry,
            "account": self.account_reference or None,
            "holder": str(lease.holder),
            "scope": str(lease.scope),
            "scope_label": self.scope_label,
            "access_starts_at": lease.access_starts_at.isoformat(),
            "ends_at": lease.ends_at.isoformat(),
            "stops_compute": lease.stops_compute,
            "budget_usd": float(lease.budget_usd) if lease.budget_usd is not None else None,
            "cost_estimate_usd": float(lease.cost_usd) if lease.cost_usd is not None else None,
            "cost_estimated_at": lease.cost_at.isoformat() if lease.cost_at else None,
            "cost_level": lease.cost_level,
            "created_at": lease.created_at.isoformat(),
        }


def matching(now: datetime, wanted: LeaseFilter) -> QuerySet[Lease]:
    """Return the leases that a filter lets through, without an order."""
    found = Lease.objects.all()
    if wanted.state:
        found = found.filter(state=wanted.state)
    if wanted.reason:
        found = found.filter(Q(reason__icontains=wanted.reason) | Q(error__icontains=wanted.reason))
    if wanted.overdue:
        found = found.filter(overdue(now, Lease))
    if wanted.scope.strip():
        found = found.filter(_of_scope(wanted.scope.strip()))
    text = wanted.q.strip().lower()
    if text:
        ids = starting_with(Lease.objects.all(), text).values("pk")
        found = found.filter(
            Q(pk__in=ids)
            | Q(account__account_id__contains=text.replace(" ", ""))
            | Q(account__name__icontains=text)
            | Q(holder=_uuid(text))
        )
    return found


def by_attention(now: datetime, found: QuerySet[Lease]) -> QuerySet[Lease]:
    """Sort by what needs a person first, then by how long it has been so."""
    return found.annotate(attention=attention(now, Lease)).order_by("attention", "state_since", "pk")


def rows(now: datetime, found: QuerySet[Lease]) -> list[LeaseRow]:
    """Read leases with their accounts and their events' labels, in the order given, in one query."""
    label = Booking.objects.filter(scope=OuterRef("scope")).values("label")[:1]
    return [_row(now, lease) for lease in found.select_related("account").annotate(scope_label=Subquery(label))]


def row_of(now: datetime, lease: Lease) -> LeaseRow:
    """Read one lease's row."""
    return rows(now, Lease.objects.filter(pk=lease.pk))[0]


def _row(now: datetime, lease: Any) -> LeaseRow:
    return LeaseRow(
        lease=lease,
        health=health(now, lease),
        age=now - lease.state_since,
        next_retry=next_try(now, lease),
        overdue_because=overdue_because(now, lease),
        scope_label=lease.scope_label or "",
        cost_age=now - lease.cost_at if lease.cost_at else None,
    )


def _of_scope(text: str) -> Q:
    scope = _uuid(text)
    if scope is not None:
        return Q(scope=scope)
    return Q(scope__in=Booking.objects.filter(label__icontains=text).values("scope"))


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
