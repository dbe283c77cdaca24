"""Stacks beside the starter stack: made with the sandbox, or later when somebody asks; each can be made anew.

They are part of the lease's row, so that its one worker makes them, and whoever asks for one wakes it.
"""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.domain import audit
from provisioning.domain import moves
from provisioning.enums import OPEN_LEASE_STATES, ExtraStackState, LeaseState
from provisioning.models import Blueprint, Lease

STEP = "stacks"
# States in which the lease's worker has something to do.
DUE = (ExtraStackState.WANTED, ExtraStackState.LEAVING)
_IN_HANDS = (*OPEN_LEASE_STATES, LeaseState.FROZEN)


class UnableToRemake(Exception):
    """The stack cannot be made anew, for the reason given; nothing was changed."""


def planned(blueprint: Blueprint) -> dict[str, dict[str, Any]]:
    """Return the extra stacks of a lease that has just been asked for."""
    return {
        each["name"]: _entry(ExtraStackState.LATER if each["later"] else ExtraStackState.WANTED)
        for each in blueprint.extra_stacks
    }


def in_another_account(lease: Lease) -> dict[str, dict[str, Any]]:
    """Return a lease's extra stacks when it starts over: what had been asked for is wanted again."""
    return {
        name: _entry(ExtraStackState.LATER if each["state"] == ExtraStackState.LATER else ExtraStackState.WANTED)
        for name, each in lease.extra_stacks.items()
    }


def is_any_due(lease: Lease) -> bool:
    """Tell whether the lease's worker has anything to do for its extra stacks."""
    return any(each["state"] in DUE for each in lease.extra_stacks.values())


def tried_again(lease: Lease) -> dict[str, Any]:
    """Return what to write so that stacks which were given up are made once more; nothing where none was."""
    failed = {
        name: _entry(ExtraStackState.LEAVING, each["generation"])
        for name, each in lease.extra_stacks.items()
        if each["state"] == ExtraStackState.FAILED
    }
    return {"extra_stacks": {**lease.extra_stacks, **failed}} if failed else {}


def create_extra_stack(*, now: datetime, lease: Lease, name: str) -> bool:
    """Ask for a stack that was left for later; False when it is asked for already, or the lease has none such."""
    with transaction.atomic():
        lease = _locked(lease)
        each = lease.extra_stacks.get(name)
        if each is None or each["state"] != ExtraStackState.LATER or lease.state not in _IN_HANDS:
            return False
        _ask(now, lease, name, _entry(ExtraStackState.WANTED), actor=None, reason=f"the stack {name} was asked for")
    return True


def remake_extra_stack(*, now: datetime, lease: Lease, name: str, actor: uuid.UUID | None, reason: str) -> None:
    """Have a stack deleted and made anew, with everything in it; the next steps of the lease do it.

    Raises UnableToRemake when there is none, it is on its way already, or nobody has the sandbox in hands.
    """
    with transaction.atomic():
        lease = _locked(lease)
        each = lease.extra_stacks.get(name)
        if each is None or each["state"] == ExtraStackState.LATER:
            raise UnableToRemake(f"There is no stack {name} in this sandbox yet. Nothing was changed.")
        if lease.state not in _IN_HANDS:
            raise UnableToRemake(
                f"The sandbox is {LeaseState(lease.state).label.lower()}: nothing can be made anew in it now. "
                "Nothing was changed."
            )
        if each["state"] in DUE:
            raise UnableToRemake(f"The stack {name} is being made at this moment. Nothing was changed.")
        leaving = _entry(ExtraStackState.LEAVING, each["generation"])
        _ask(now, lease, name, leaving, actor=actor, reason=f"the stack {name} is made anew: {reason}")
        audit.record(
            now=now,
            action="lease.remake_stack",
            subject=f"lease:{lease.pk}",
            actor=actor,
            scope=lease.scope,
            stack=name,
            reason=reason,
        )


def _ask(
    now: datetime, lease: Lease, name: str, entry: dict[str, Any], *, actor: uuid.UUID | None, reason: str
) -> None:
    changes: dict[str, Any] = {"extra_stacks": {**lease.extra_stacks, name: entry}}
    if lease.state in OPEN_LEASE_STATES:
        # Any other step is followed by this one; a frozen sandbox gets to it once it is open again.
        changes |= {"due_at": now} if lease.step else {"step": STEP, "due_at": now}
    moves.from_outside(now=now, lease=lease, actor=actor, reason=reason, **changes)


def _entry(state: ExtraStackState, generation: int = 1) -> dict[str, Any]:
    return {"state": state, "generation": generation, "outputs": {}, "failures": 0, "said": "", "due": None}


def _locked(lease: Lease) -> Lease:
    return Lease.objects.select_for_update(of=("self",)).select_related("account", "blueprint").get(pk=lease.pk)
