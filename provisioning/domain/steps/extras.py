"""Making a sandbox's extra stacks, side by side: one look at each that is due, and at most one change in a step."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from provisioning.aws import stacks
from provisioning.aws.errors import AwsError, Transient
from provisioning.aws.stacks import Stack
from provisioning.domain import claims, extra_stacks, failures, moves, pace, placeholders
from provisioning.domain.failures import Unready
from provisioning.domain.steps import vending
from provisioning.domain.steps.outcome import Outcome, again, proceed
from provisioning.enums import ExtraStackState, LeaseState
from provisioning.models import Lease

# A sandbox in use cannot move to another account: a stack that fails in it so often waits for a person.
MOST_FAILURES = 3

Entry = dict[str, Any]


def vend(now: datetime, lease: Lease) -> Outcome:
    """Have the stacks stand that belong to a ready sandbox; one that fails is the lease's failure."""
    return _settle(now, lease) or proceed(now, "seed")


def tend(now: datetime, lease: Lease) -> Outcome:
    """Make what was asked for while people work in the sandbox; one that fails holds up no other."""
    if lease.state == LeaseState.READY and lease.access_starts_at <= now:
        return Outcome({"state": LeaseState.ACTIVE, "due_at": now}, reason="access has started")
    return _settle(now, lease) or again(now, step="")


def _settle(now: datetime, lease: Lease) -> Outcome | None:
    """Do the next thing that one of the stacks needs; None when none needs anything any more."""
    waits = []
    for name, entry in sorted(lease.extra_stacks.items()):
        if entry["state"] not in extra_stacks.DUE:
            continue
        due = datetime.fromisoformat(entry["due"]) if entry["due"] else now
        if due > now:
            waits.append(due)
            continue
        try:
            changed = _advance(lease, name, entry)
        except Transient:
            raise
        except (AwsError, Unready, placeholders.UnknownPlaceholder) as error:
            if lease.state == LeaseState.PROVISIONING:
                raise
            changed = _failed(now, lease, name, entry, failures.in_words(error))
        if changed is None:
            waits.append(now + pace.poll())
            continue
        if changed == entry:
            return again(now)  # AWS was asked for something: the next step looks at what came of it.
        said = f"the stack {name} is {changed['state']}" + (f": {changed['said']}" if changed["said"] else "")
        entries = {**lease.extra_stacks, name: changed}
        return Outcome({"due_at": now, "extra_stacks": entries}, reason=said)
    return again(now, min(waits) - now) if waits else None


def _advance(lease: Lease, name: str, entry: Entry) -> Entry | None:
    """Return the entry as it is after this step, unchanged when AWS was asked for something; None to wait."""
    found = _find(lease, name, entry)
    if entry["state"] == ExtraStackState.LEAVING:
        return _leave(lease, found, entry)
    if found is None or found.is_gone:
        _create(lease, name, entry)
        return entry
    if found.is_complete:
        return {**entry, "state": ExtraStackState.STANDING, "outputs": dict(found.outputs), "failures": 0, "said": ""}
    if found.is_moving:
        return None
    why = stacks.failures(vending.session_of(lease), region=_region(lease), name=found.name) or found.reason
    raise vending.StackFailed(f"The stack {name} is {found.status}: {why}")


def _leave(lease: Lease, found: Stack | None, entry: Entry) -> Entry | None:
    if found is None or found.is_gone:
        # Its successor has another name, so that neither can be taken for the other.
        return {**entry, "state": ExtraStackState.WANTED, "generation": entry["generation"] + 1}
    if found.status == "DELETE_IN_PROGRESS":
        return None
    stacks.delete(vending.session_of(lease), region=_region(lease), stack=found)
    return entry


def _failed(now: datetime, lease: Lease, name: str, entry: Entry, why: str) -> Entry:
    """Delete what has failed and try again after a while; give up after some times, and tell a person."""
    tries = entry["failures"] + 1
    said: Entry = {**entry, "failures": tries, "said": why}
    if tries < MOST_FAILURES:
        return {**said, "state": ExtraStackState.LEAVING, "due": (now + claims.backoff(tries)).isoformat()}
    moves.tell(
        now=now,
        lease=lease,
        trouble=f"stack:{name}:{entry['generation']}",
        title="A part of a sandbox could not be made",
        text=f"The stack {name} failed {tries} times: {why}. The rest of the sandbox is in use as it was; "
        "retry the lease when the reason is gone.",
    )
    return {**said, "state": ExtraStackState.FAILED, "due": None}


def stack_name(lease: Lease, name: str, generation: int) -> str:
    """Return an extra stack's name in AWS, which no other lease, attempt or generation shares."""
    return f"{vending.stack_name(lease)}-{name}-{generation}"


def _find(lease: Lease, name: str, entry: Entry) -> Stack | None:
    called = stack_name(lease, name, entry["generation"])
    found = stacks.find(vending.session_of(lease), region=_region(lease), name=called)
    if found is not None and dict(found.tags).get(stacks.LEASE_TAG) != str(lease.id):
        raise Unready(f"There is a stack {called} that is not this lease's.")
    return found


def _create(lease: Lease, name: str, entry: Entry) -> None:
    made = next((each for each in lease.blueprint.extra_stacks if each["name"] == name), None)
    if made is None:
        raise Unready(f"The blueprint has no stack {name}.")
    called = stack_name(lease, name, entry["generation"])
    stacks.create(
        vending.session_of(lease),
        region=_region(lease),
        name=called,
        token=called,
        template=made["template"],
        parameters=placeholders.fill(made["parameters"], placeholders.variables(lease)),
        tags={stacks.LEASE_TAG: str(lease.id), stacks.ATTEMPT_TAG: str(lease.attempt)},
    )


def _region(lease: Lease) -> str:
    return str(lease.blueprint.regions[0])


VENDING_STEPS: dict[str, Callable[[datetime, Lease], Outcome]] = {extra_stacks.STEP: vend}
STEPS: dict[str, Callable[[datetime, Lease], Outcome]] = {extra_stacks.STEP: tend}
