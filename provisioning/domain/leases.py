"""What people and clocks do to a sandbox's lease: ask for it, end, extend, freeze, unfreeze, retry, swap."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from accounts.domain import audit
from provisioning.domain import cleaning, deadlines, extra_stacks, moves
from provisioning.enums import LIVE_LEASE_STATES, OPEN_LEASE_STATES, LeaseState
from provisioning.models import Blueprint, Lease

OVER = (LeaseState.ENDING, LeaseState.ENDED, LeaseState.FAILED)
VENDING = (LeaseState.RESERVED, LeaseState.PROVISIONING)
# The participants' role has been bounded by the lease's end already; a later end must be carried there.
_BOUNDED = ("stack", "stacks", "seed", "readiness")
COMPUTE_GOES_ON = "what computes in it goes on, and costs"
COMPUTE_STOPS = "what computes in it is stopped, to be started again with it"


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
                budget_usd=blueprint.budget_usd,
                extra_stacks=extra_stacks.planned(blueprint),
                state=LeaseState.REQUESTED,
                state_since=now,
                step="reserve",
                deadline_at=deadlines.deadline(now, LeaseState.REQUESTED, "reserve"),
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
        lease = _locked(lease)
        if lease.state in OVER:
            return lease
        begin_end(now=now, lease=lease, actor=actor, reason=reason)
        if actor is not None:
            _journal(now, "end", lease, actor, reason=reason)
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
        step=cleaning.FIRST_STEP,
        progress=0,
        attempts=0,
        error="",
        due_at=now,
    )


def extend_lease(*, now: datetime, lease: Lease, ends_at: datetime, actor: uuid.UUID | None = None) -> Lease:
    """Move the absolute end of a live lease further away, in the row now and inside AWS with its next step."""
    if ends_at <= now:
        raise UnableToLease("The new end must be in the future; to end a lease now, end it.")
    with transaction.atomic():
        lease = _locked(lease)
        _refuse_over(lease, "extended")
        if ends_at < lease.ends_at:
            # People have been told the present end, and their work stands until then.
            raise UnableToLease(
                f"The lease lasts until {lease.ends_at:%Y-%m-%d %H:%M} UTC; an earlier end is no extension. "
                "To end it earlier, end it when the time has come."
            )
        changes: dict[str, Any] = {"ends_at": ends_at, "due_at": now}
        if lease.state in (*OPEN_LEASE_STATES, LeaseState.FROZEN) and lease.step in ("", extra_stacks.STEP):
            changes["step"] = "limits"  # Whatever other step it is in, this one follows.
        if lease.state == LeaseState.PROVISIONING and lease.step in _BOUNDED:
            # Each step looks before it makes anything, so going back costs only the looks.
            changes.update(step="guardrails", progress=0)
        said = f"ends at {ends_at:%Y-%m-%d %H:%M} UTC"
        moves.from_outside(now=now, lease=lease, actor=actor, reason=said, **changes)
        _journal(now, "extend", lease, actor, ends_at=ends_at.isoformat())
    return lease


def freeze_lease(*, now: datetime, lease: Lease, actor: uuid.UUID | None, reason: str, stop_compute: bool) -> Lease:
    """Refuse access at once, and with the next steps end the sessions already issued and, if asked, stop what computes.

    What is stopped is remembered, so that `unfreeze_lease` starts exactly that. Freezing a frozen lease once more only
    adds the stopping of compute.
    """
    with transaction.atomic():
        lease = _locked(lease)
        _refuse_over(lease, "frozen")
        if lease.state not in (*OPEN_LEASE_STATES, LeaseState.FROZEN):
            raise UnableToLease(
                "The sandbox is still being prepared: nobody is in it, so there is nothing to freeze. End it instead."
            )
        if lease.state == LeaseState.FROZEN and lease.stops_compute >= stop_compute:
            raise UnableToLease("The lease is frozen already.")
        moves.from_outside(
            now=now,
            lease=lease,
            actor=actor,
            reason=f"{reason}; {COMPUTE_STOPS if stop_compute else COMPUTE_GOES_ON}",
            state=LeaseState.FROZEN,
            step="refuse",
            stops_compute=stop_compute,
            # Issue times are whole seconds: rounding up also ends what was issued within this one.
            sessions_from=now.replace(microsecond=0) + timedelta(seconds=1),
            attempts=0,
            error="",
            due_at=now,
        )
        _journal(now, "freeze", lease, actor, reason=reason, stops_compute=stop_compute)
    return lease


def unfreeze_lease(*, now: datetime, lease: Lease, actor: uuid.UUID | None, reason: str) -> Lease:
    """Give access back, and start again what the freeze stopped; sessions from before the freeze stay dead."""
    with transaction.atomic():
        lease = _locked(lease)
        _refuse_over(lease, "unfrozen")
        if lease.state != LeaseState.FROZEN:
            raise UnableToLease("The lease is not frozen.")
        if lease.ends_at <= now:
            raise UnableToLease("The lease's time is over; it ends within moments.")
        moves.from_outside(
            now=now,
            lease=lease,
            actor=actor,
            reason=reason,
            state=LeaseState.ACTIVE if lease.access_starts_at <= now else LeaseState.READY,
            step="restore",
            stops_compute=False,
            attempts=0,
            error="",
            due_at=now,
        )
        _journal(now, "unfreeze", lease, actor, reason=reason)
    return lease


def retry_lease(*, now: datetime, lease: Lease, actor: uuid.UUID | None, reason: str) -> Lease:
    """Try the lease's present step again now, with its tries and its time renewed; a failed lease starts over.

    Extra stacks that were given up are made once more.
    """
    with transaction.atomic():
        lease = _locked(lease)
        if lease.state == LeaseState.ENDED:
            raise UnableToLease("The lease has ended; there is nothing to try again. Its account is in the pool.")
        if lease.ends_at <= now and lease.state != LeaseState.ENDING:
            raise UnableToLease("The lease's time is over; it cannot be tried again.")
        stacks = extra_stacks.tried_again(lease)
        if lease.state != LeaseState.FAILED and not lease.step and not stacks:
            raise UnableToLease("Nothing is being done for this lease, so there is nothing to try again.")
        changes: dict[str, Any] = {"attempts": 0, "due_at": now, **stacks}
        if stacks and lease.state in OPEN_LEASE_STATES and not lease.step:
            changes["step"] = extra_stacks.STEP
        if lease.state == LeaseState.FAILED:
            changes |= {**giving_up(lease), "swaps": 0, "error": ""}
        state, step = changes.get("state", lease.state), changes.get("step", lease.step)
        changes["deadline_at"] = deadlines.deadline(now, state, step)
        try:
            with transaction.atomic():
                moves.from_outside(now=now, lease=lease, actor=actor, reason=reason, **changes)
        except IntegrityError:
            raise UnableToLease("The holder has another live lease by now.") from None
        _journal(now, "retry", lease, actor, reason=reason)
    return lease


def swap_lease(*, now: datetime, lease: Lease, actor: uuid.UUID | None, reason: str) -> Lease:
    """Give up the account of a lease that is being prepared, quarantine it, and go on with another."""
    with transaction.atomic():
        lease = _locked(lease)
        _refuse_over(lease, "given another account")
        if lease.account is None:
            raise UnableToLease("The lease has no account yet; it takes the next one that is free.")
        if lease.state not in VENDING:
            raise UnableToLease(
                "The sandbox has been handed over; a swap would take away what people built in it. End it instead."
            )
        moves.from_outside(
            now=now,
            lease=lease,
            actor=actor,
            reason=f"its account was given up: {reason}",
            held_changes=cleaning.quarantine(f"given up during {lease.step}: {reason}"),
            **giving_up(lease),
            error="",
            due_at=now,
        )
        _journal(now, "swap", lease, actor, reason=reason)
    return lease


def giving_up(lease: Lease) -> dict[str, Any]:
    """Return what to write to a lease that goes on with another account: its names move on by an attempt."""
    return {
        "state": LeaseState.REQUESTED,
        "step": "reserve",
        "account": None,
        "attempt": lease.attempt + 1,
        "outputs": {},
        "extra_stacks": extra_stacks.in_another_account(lease),
        "frozen_things": [],
        "progress": 0,
        "attempts": 0,
    }


def _locked(lease: Lease) -> Lease:
    return Lease.objects.select_for_update(of=("self",)).select_related("account", "blueprint").get(pk=lease.pk)


def _refuse_over(lease: Lease, what: str) -> None:
    if lease.state in OVER:
        raise UnableToLease(f"The lease is {LeaseState(lease.state).label.lower()}; it cannot be {what}.")


def _journal(now: datetime, verb: str, lease: Lease, actor: uuid.UUID | None, **details: Any) -> None:
    audit.record(
        now=now, action=f"lease.{verb}", subject=f"lease:{lease.pk}", actor=actor, scope=lease.scope, **details
    )
