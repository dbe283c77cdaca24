"""The pool as staff see it: one query layer for pages, commands and the API."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from provisioning.domain.patience import overdue, overdue_because
from provisioning.domain.queries.finding import starting_with
from provisioning.domain.queries.health import Health, attention, health
from provisioning.domain.words import next_try, span
from provisioning.enums import LIVE_LEASE_STATES
from provisioning.models import Account, CleanCertificate, Lease


@dataclass(frozen=True)
class AccountFilter:
    """What to show; empty fields do not narrow. `q` looks in ids (of leases too), names and addresses."""

    state: str = ""
    source: str = ""
    reason: str = ""
    q: str = ""
    overdue: bool = False


@dataclass(frozen=True)
class AccountRow:
    """One account with what stands beside it; money is an estimate of its present lease."""

    account: Account
    health: Health
    age: timedelta
    next_retry: str
    overdue_because: str
    lease: uuid.UUID | None
    certified_at: datetime | None
    certified_clean: bool | None
    cost_usd: Decimal | None
    cost_at: datetime | None
    cost_age: timedelta | None

    @property
    def reference(self) -> str:
        """How addresses and commands name it: AWS's id, or our number while there is none."""
        return self.account.account_id or str(self.account.pk)

    @property
    def age_words(self) -> str:
        """How long it has been in its state."""
        return span(self.age)

    @property
    def cost_age_words(self) -> str:
        """How old the estimate is."""
        return span(self.cost_age) if self.cost_age is not None else ""

    @property
    def error(self) -> str:
        """Why it is where it is, or why it is late, in words."""
        return " · ".join(part for part in (self.account.reason, self.overdue_because) if part)

    def document(self) -> dict[str, Any]:
        """Return what scripts get."""
        account = self.account
        return {
            "id": self.reference,
            "account_id": account.account_id,
            "name": account.name,
            "email": account.email,
            "source": account.source,
            "state": account.state,
            "state_since": account.state_since.isoformat(),
            "age_seconds": int(self.age.total_seconds()),
            "step": account.step,
            "health": self.health.value,
            "reason": account.reason,
            "overdue": self.overdue_because,
            "attempts": account.attempts,
            "due_at": account.due_at.isoformat() if account.due_at else None,
            "next_retry": self.next_retry,
            "lease": str(self.lease) if self.lease else None,
            "leases_served": account.leases_served,
            "strikes": account.strikes,
            "drift": account.drift_seen,
            "leftovers": account.leftovers,
            "certified_at": self.certified_at.isoformat() if self.certified_at else None,
            "certified_clean": self.certified_clean,
            "cost_estimate_usd": float(self.cost_usd) if self.cost_usd is not None else None,
            "cost_estimated_at": self.cost_at.isoformat() if self.cost_at else None,
            "created_at": account.created_at.isoformat(),
        }


def matching(now: datetime, wanted: AccountFilter) -> QuerySet[Account]:
    """Return the accounts that a filter lets through, without an order."""
    found = Account.objects.all()
    if wanted.state:
        found = found.filter(state=wanted.state)
    if wanted.source:
        found = found.filter(source=wanted.source)
    if wanted.reason:
        found = found.filter(reason__icontains=wanted.reason)
    if wanted.overdue:
        found = found.filter(overdue(now, Account))
    text = wanted.q.strip()
    if text:
        lent = starting_with(Lease.objects.filter(account=OuterRef("pk")), text.lower())
        digits = text.replace(" ", "")
        found = found.filter(
            Q(account_id__contains=digits) | Q(name__icontains=text) | Q(email__icontains=text) | Exists(lent)
        )
    return found


def by_attention(now: datetime, found: QuerySet[Account]) -> QuerySet[Account]:
    """Sort by what needs a person first, then by how long it has been so."""
    return found.annotate(attention=attention(now, Account)).order_by("attention", "state_since", "pk")


def rows(now: datetime, found: QuerySet[Account]) -> list[AccountRow]:
    """Read accounts with their last certificate and present lease, in the order given, in one query."""
    last = CleanCertificate.objects.filter(account=OuterRef("pk")).order_by("-at", "-pk")
    live = Lease.objects.filter(account=OuterRef("pk"), state__in=LIVE_LEASE_STATES)
    annotated = found.annotate(
        certified_at=Subquery(last.values("at")[:1]),
        certified_clean=Subquery(last.values("is_clean")[:1]),
        live_lease=Subquery(live.values("pk")[:1]),
        live_cost=Subquery(live.values("cost_usd")[:1]),
        live_cost_at=Subquery(live.values("cost_at")[:1]),
    )
    return [_row(now, account) for account in annotated]


def row_of(now: datetime, account: Account) -> AccountRow:
    """Read one account's row."""
    return rows(now, Account.objects.filter(pk=account.pk))[0]


def _row(now: datetime, account: Any) -> AccountRow:
    return AccountRow(
        account=account,
        health=health(now, account),
        age=now - account.state_since,
        next_retry=next_try(now, account),
        overdue_because=overdue_because(now, account),
        lease=account.live_lease,
        certified_at=account.certified_at,
        certified_clean=account.certified_clean,
        cost_usd=account.live_cost,
        cost_at=account.live_cost_at,
        cost_age=now - account.live_cost_at if account.live_cost_at else None,
    )
