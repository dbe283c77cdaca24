"""Asking for a sandbox, ending it, and moving its end."""

import uuid
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.domain import audit
from provisioning.domain import moves
from provisioning.enums import LIVE_LEASE_STATES, LeaseState
from provisioning.models import Blueprint, Lease

OVER = (LeaseState.ENDING, LeaseState.ENDED, LeaseState.FAILED)


class UnableToLease(Exception):
    """The lease cannot be made or changed, for the reason given."""


def request_lease(
    *,
    now: datetime,
    holder: uuid.UUID,
    scope: uuid.UUID,
    blueprint: Blueprint,
    access_starts_at: datetime,
    ends_at: datetime,
) -> Lease:
    """Ask for a sandbox; a holder who already has a live lease gets that one back."""
    if ends_at <= now:
        raise UnableToLease("A lease must end in the future.")
    if access_starts_at >= ends_at:
        raise UnableToLease("Access must start before the lease ends.")
    try:
        with transaction.atomic():
            lease = Lease.objects.create(
                holder=holder,
                scope=scope,
                blueprint=blueprint,
                state=LeaseState.REQUESTED,
                state_since=now,
                step="reserve",
                due_at=now,
                access_starts_at=access_starts_at,
                ends_at=ends_at,
                created_at=now,
            )
            moves.begin(now=now, lease=lease)
    except IntegrityError:
        return Lease.objects.get(holder=holder, state__in=LIVE_LEASE_STATES)
    return lease


def end_lease(*, now: datetime, lease: Lease, actor: uuid.UUID | None = None, reason: str) -> Lease:
    """Begin the end of a lease; an ending or ended one stays as it is. Nothing is vended from here on."""
    with transaction.atomic():
        lease = Lease.objects.select_for_update(of=("self",)).select_related("account", "blueprint").get(pk=lease.pk)
        if lease.state in OVER:
            return lease
        begin_end(now=now, lease=lease, actor=actor, reason=reason)
        if actor is not None:
            audit.record(
                now=now, action="lease.end", subject=f"lease:{lease.pk}", actor=actor, scope=lease.scope, reason=reason
            )
    return lease


def begin_end(*, now: datetime, lease: Lease, actor: uuid.UUID | None, reason: str) -> None:
    """Move a locked lease to its end: to teardown, or straight to ENDED when it never got an account."""
    if lease.account is None:
        moves.from_outside(
            now=now, lease=lease, actor=actor, reason=reason, state=LeaseState.ENDED, step="", due_at=None, error=""
        )
        return
    moves.from_outside(
        now=now,
        lease=lease,
        actor=actor,
        reason=reason,
        state=LeaseState.ENDING,
        step="revoke",
        progress=0,
        attempts=0,
        error="",
        due_at=now,
    )


def extend_lease(*, now: datetime, lease: Lease, ends_at: datetime, actor: uuid.UUID | None = None) -> Lease:
    """Move the absolute end of a live lease, in the row now and inside AWS with its next step."""
    if ends_at <= now:
        raise UnableToLease("The new end must be in the future; to end a lease now, end it.")
    with transaction.atomic():
        lease = Lease.objects.select_for_update(of=("self",)).select_related("account", "blueprint").get(pk=lease.pk)
        if lease.state in OVER:
            raise UnableToLease(f"The lease is {LeaseState(lease.state).label.lower()}; it cannot be extended.")
        changes: dict[str, Any] = {"ends_at": ends_at, "due_at": now}
        if lease.state in (LeaseState.READY, LeaseState.ACTIVE):
            changes["step"] = "limits"
        moves.from_outside(now=now, lease=lease, actor=actor, reason=f"ends at {ends_at:%Y-%m-%d %H:%M} UTC", **changes)
        audit.record(
            now=now,
            action="lease.extend",
            subject=f"lease:{lease.pk}",
            actor=actor,
            scope=lease.scope,
            ends_at=ends_at.isoformat(),
        )
    return lease
