"""Moving a lease: the change and the fact of it, written together or not at all."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from provisioning.domain import account_moves, claims, deadlines
from provisioning.enums import LeaseState
from provisioning.models import Account, CleanCertificate, CostEstimate, Lease, LeaseMove
from provisioning.signals import lease_moved, person_needed, work_due


def by_worker(
    *,
    now: datetime,
    lease: Lease,
    held: Account | None = None,
    held_changes: dict[str, Any] | None = None,
    facts: Sequence[CleanCertificate | CostEstimate] = (),
    why: str = "",
    **changes: Any,
) -> None:
    """Write a step's result under the worker's claim, with the held account's changes and a fact if anything moved.

    `why` becomes the lease's reason when its state changes. Raises ClaimLost, with nothing written, when the lease has
    moved meanwhile.
    """
    before = _standing(lease)
    was = lease.state
    if "state" in changes and changes["state"] != was:
        changes = {"state_since": now, "reason": why, **changes}
    changes = _with_deadline(now, lease, changes)
    with transaction.atomic():
        claims.write(lease, **changes)
        if held is not None and held_changes:
            account_moves.from_outside(now=now, account=held, lease=lease.pk, **held_changes)
        for fact in facts:
            fact.save()
        if _standing(lease) != before:
            _record(now, lease, was, why or lease.error or lease.reason, account=held)


def _standing(lease: Lease) -> tuple[str, ...]:
    extras = (f"{name}: {each['state']}" for name, each in sorted(lease.extra_stacks.items()))
    return lease.state, lease.step, lease.error, lease.reason, *extras


def _with_deadline(now: datetime, lease: Lease, changes: dict[str, Any]) -> dict[str, Any]:
    state, step = changes.get("state", lease.state), changes.get("step", lease.step)
    if (state, step) == (lease.state, lease.step):
        return changes
    return {"deadline_at": deadlines.deadline(now, state, step), **changes}


def from_outside(
    *,
    now: datetime,
    lease: Lease,
    actor: uuid.UUID | None,
    reason: str,
    held_changes: dict[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Move a locked lease from outside its worker (a person, the clock), who then finds its claim lost.

    `held_changes` go to the account that the lease holds until now.
    """
    before = lease.state
    changes = _with_deadline(now, lease, changes)
    if changes.get("state", before) != before:
        changes["state_since"] = now
        changes["reason"] = reason
    account = lease.account
    claims.intervene(lease, **changes)
    if account is not None and held_changes:
        held = Account.objects.select_for_update().get(pk=account.pk)
        account_moves.from_outside(now=now, account=held, actor=actor, lease=lease.pk, **held_changes)
    _record(now, lease, before, reason, actor=actor, account=account)
    work_due.send(Lease)


def remark(*, now: datetime, lease: Lease, actor: uuid.UUID | None, reason: str) -> None:
    """Record something that changed neither state nor step, and disturbs no worker."""
    _record(now, lease, lease.state, reason, actor=actor)


def begin(*, now: datetime, lease: Lease) -> None:
    """Record that a lease was asked for."""
    _record(now, lease, "", "")
    work_due.send(Lease)


def tell(*, now: datetime, lease: Lease, trouble: str, title: str, text: str) -> None:
    """Say that a lease needs a person; each `trouble` of a lease is told once."""
    person_needed.send(
        Lease, now=now, key=f"lease:{lease.pk}:{trouble}", subject=f"lease:{lease.pk}", title=title, text=text
    )


def _record(
    now: datetime,
    lease: Lease,
    before: str,
    reason: str,
    *,
    actor: uuid.UUID | None = None,
    account: Account | None = None,
) -> None:
    account = account or lease.account
    LeaseMove.objects.create(
        lease=lease,
        at=now,
        from_state=before,
        to_state=LeaseState(lease.state),
        step=lease.step,
        account_id=(account.account_id or "") if account else "",
        actor=actor,
        reason=reason,
    )
    lease_moved.send(Lease, lease=lease)
