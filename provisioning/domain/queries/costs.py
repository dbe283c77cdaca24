"""Reads of estimated costs: what one sandbox, or all of an event's, has cost so far."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Min, Sum

from provisioning.models import CostEstimate, Lease


@dataclass(frozen=True)
class TypeCost:
    """What all things of one type have cost together, those that are gone included; `notes` say what was assumed."""

    type: str
    count: int
    usd: Decimal
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeaseCost:
    """An estimate and never a bill: how much, when and how long ago it was made, and what is not in it.

    `share` is the part of the budget that it has used (1 is all of it); None without a budget.
    """

    total_usd: Decimal
    at: datetime
    age: timedelta
    budget_usd: Decimal | None
    share: Decimal | None
    omitted: tuple[str, ...]
    by_type: tuple[TypeCost, ...]
    is_final: bool


@dataclass(frozen=True)
class ScopeCost:
    """The estimates of all leases of a scope (an event) together; `oldest` is the least recent of them.

    `budget_usd` is None where a lease has none. `without` counts leases that have no estimate yet.
    """

    total_usd: Decimal
    oldest: datetime
    budget_usd: Decimal | None
    leases: int
    without: int


def estimate_of(*, now: datetime, lease: Lease) -> LeaseCost | None:
    """Return the last estimate of a lease with its parts, the dearest type first; None before the first one."""
    made = CostEstimate.objects.filter(lease=lease).order_by("-at", "-id").first()
    if made is None:
        return None
    return LeaseCost(
        total_usd=made.total_usd,
        at=made.at,
        age=now - made.at,
        budget_usd=lease.budget_usd,
        share=made.total_usd / lease.budget_usd if lease.budget_usd else None,
        omitted=tuple(made.omitted),
        by_type=_by_type(made),
        is_final=made.is_final,
    )


def cost_of_scope(*, scope: uuid.UUID) -> ScopeCost | None:
    """Return what all leases of a scope have cost so far; None while none has an estimate."""
    found = Lease.objects.filter(scope=scope).aggregate(
        total=Sum("cost_usd"),
        oldest=Min("cost_at"),
        budget=Sum("budget_usd"),
        budgets=Count("budget_usd"),
        estimated=Count("cost_usd"),
        leases=Count("pk"),
    )
    if not found["estimated"]:
        return None
    return ScopeCost(
        total_usd=found["total"],
        oldest=found["oldest"],
        budget_usd=found["budget"] if found["budgets"] == found["leases"] else None,
        leases=found["leases"],
        without=found["leases"] - found["estimated"],
    )


def _by_type(made: CostEstimate) -> tuple[TypeCost, ...]:
    counts: dict[str, int] = {}
    sums: dict[str, Decimal] = {}
    notes: dict[str, set[str]] = {}
    for line in made.lines:
        name = line["type"]
        counts[name] = counts.get(name, 0) + line.get("gone", 1)
        sums[name] = sums.get(name, Decimal(0)) + Decimal(line["usd"])
        notes.setdefault(name, set()).update([line["note"]] if line.get("note") else [])
    dearest = sorted(sums, key=lambda name: (-sums[name], name))
    return tuple(TypeCost(name, counts[name], sums[name], tuple(sorted(notes[name]))) for name in dearest)
