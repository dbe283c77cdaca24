"""What happens when a lease's estimated cost reaches its budget: people are told, it is frozen, or it ends."""

import uuid
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from accounts.domain import audit
from provisioning.domain import leases, moves
from provisioning.domain.leases import UnableToLease
from provisioning.enums import CostLevel, LeaseState
from provisioning.models import Lease

_LEVELS = list(CostLevel)


def set_budget(
    *, now: datetime, lease: Lease, budget_usd: Decimal | None, actor: uuid.UUID | None, reason: str
) -> Lease:
    """Give a lease another budget (None: no limit); thresholds that it is below again are armed again.

    A lease that was frozen for its budget stays frozen until somebody unfreezes it.
    """
    if budget_usd is not None and budget_usd <= 0:
        raise UnableToLease("A budget is more than 0 USD; without one there is no limit.")
    with transaction.atomic():
        lease = Lease.objects.select_for_update(of=("self",)).select_related("account", "blueprint").get(pk=lease.pk)
        if lease.state in leases.OVER:
            raise UnableToLease(f"The lease is {LeaseState(lease.state).label.lower()}; its budget has no effect.")
        reached = _level(lease.cost_usd or Decimal(0), budget_usd)
        lease.budget_usd = budget_usd
        lease.cost_level = min(CostLevel(lease.cost_level), reached, key=_LEVELS.index)
        if lease.cost_due_at is not None:
            lease.cost_due_at = now
        # The version stays: a worker's step goes on undisturbed.
        lease.save(update_fields=["budget_usd", "cost_level", "cost_due_at"])
        said = "no budget any more" if budget_usd is None else f"a budget of {in_dollars(budget_usd)}"
        moves.remark(now=now, lease=lease, actor=actor, reason=f"{said}: {reason}")
        audit.record(
            now=now,
            action="lease.budget",
            subject=f"lease:{lease.pk}",
            actor=actor,
            scope=lease.scope,
            budget_usd=None if budget_usd is None else str(budget_usd),
            reason=reason,
        )
    return lease


def act(*, now: datetime, lease: Lease, total: Decimal) -> None:
    """Act once on the highest threshold that a locked lease's cost has newly reached; lower ones go with it.

    Operators are told by the notices, which follow the lease's `cost_level`.
    """
    level = _level(total, lease.budget_usd)
    if lease.budget_usd is None or _LEVELS.index(level) <= _LEVELS.index(CostLevel(lease.cost_level)):
        return
    Lease.objects.filter(pk=lease.pk).update(cost_level=level)
    lease.cost_level = level
    reason = f"its estimated cost of {in_dollars(total)} has reached {_reached(level)} {in_dollars(lease.budget_usd)}"
    audit.record(
        now=now,
        action="lease.cost",
        subject=f"lease:{lease.pk}",
        scope=lease.scope,
        level=level,
        estimate_usd=str(total),
        budget_usd=str(lease.budget_usd),
        reason=reason,
    )
    _ACTS[level](now, lease, reason)


def in_dollars(usd: Decimal) -> str:
    """Write an amount as people read it: whole cents, and never a false zero."""
    return "less than $0.01" if 0 < usd < Decimal("0.01") else f"${usd:,.2f}"


def _shares() -> list[tuple[CostLevel, Decimal]]:
    shares = [(CostLevel.HALF, "0.5"), (CostLevel.NOTIFIED, "0.8"), (CostLevel.FROZEN, "1")]
    if settings.COST_END_SHARE > 0:
        shares.append((CostLevel.ENDED, str(settings.COST_END_SHARE)))
    return [(level, Decimal(share)) for level, share in shares]


def _level(total: Decimal, budget: Decimal | None) -> CostLevel:
    if budget is None or total <= 0:
        return CostLevel.WITHIN
    reached = [level for level, share in _shares() if total >= budget * share]
    return max(reached, key=_LEVELS.index, default=CostLevel.WITHIN)


def _reached(level: CostLevel) -> str:
    share = dict(_shares())[level]
    return "its budget of" if share == 1 else f"{share * 100:.0f} % of its budget of"


def _note(now: datetime, lease: Lease, reason: str) -> None:
    moves.remark(now=now, lease=lease, actor=None, reason=reason)


def _freeze(now: datetime, lease: Lease, reason: str) -> None:
    try:
        leases.freeze_lease(
            now=now, lease=lease, actor=None, reason=reason, stop_compute=settings.COST_FREEZE_STOPS_COMPUTE
        )
    except UnableToLease:
        _note(now, lease, reason)  # Somebody has frozen it already, in the way they wanted.


def _end(now: datetime, lease: Lease, reason: str) -> None:
    leases.end_lease(now=now, lease=lease, actor=None, reason=reason)


_ACTS = {CostLevel.HALF: _note, CostLevel.NOTIFIED: _note, CostLevel.FROZEN: _freeze, CostLevel.ENDED: _end}
