"""How long each step of a lease may take, and how often it may fail: then the lease acts, and is not stuck."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from provisioning.domain.failures import OTHER_TRIES
from provisioning.enums import LeaseState
from provisioning.models import Lease

# Nobody looked for this long: the platform was down, and that time is not the step's.
UNATTENDED = timedelta(minutes=5)


@dataclass(frozen=True)
class Patience:
    """The longest time that a step may take, and how many refusals in a row end it (silence of AWS has more)."""

    longest: timedelta
    tries: int = OTHER_TRIES


def _minutes(longest: int, tries: int = OTHER_TRIES) -> Patience:
    return Patience(timedelta(minutes=longest), tries)


_OPENING = {"limits": _minutes(15), "restore": _minutes(20), "stacks": _minutes(90)}
PATIENCE: dict[LeaseState, dict[str, Patience]] = {
    LeaseState.REQUESTED: {"reserve": _minutes(30)},
    LeaseState.RESERVED: {"identity": _minutes(15)},
    LeaseState.PROVISIONING: {
        "guardrails": _minutes(15),
        "stack": _minutes(45),
        "stacks": _minutes(45),
        "seed": _minutes(20),
        "readiness": _minutes(15),
    },
    LeaseState.READY: _OPENING,
    LeaseState.ACTIVE: _OPENING,
    LeaseState.FROZEN: {
        "refuse": _minutes(10),
        "note": _minutes(20),
        "stop": _minutes(20),
        "limits": _minutes(15),
    },
    # Some things take AWS long to delete: a distribution half an hour, a database cluster as much.
    LeaseState.ENDING: {
        "revoke": _minutes(15),
        "inventory": _minutes(20),
        "producers": _minutes(20),
        "stacks": _minutes(90),
        "sweep": _minutes(180),
        "release": _minutes(20),
        "nuke": _minutes(60),
        "verify": _minutes(45),
        "confirm": _minutes(45),
    },
}


def patience(state: str, step: str) -> Patience | None:
    """Return the patience with a step; None where the lease only waits for its clock."""
    return PATIENCE.get(LeaseState(state), {}).get(step)


def deadline(now: datetime, state: str, step: str) -> datetime | None:
    """Return when a step that begins now has taken too long."""
    allowed = patience(state, step)
    return now + allowed.longest if allowed else None


def standing(now: datetime, lease: Lease) -> datetime | None:
    """Return the deadline of the lease's present step, moved by the time in which nobody could look."""
    if lease.deadline_at is None or lease.due_at is None:
        return lease.deadline_at
    unattended = now - lease.due_at
    return lease.deadline_at + unattended if unattended > UNATTENDED else lease.deadline_at


def in_words(lease: Lease) -> str:
    """Say how long the present step was given."""
    allowed = patience(lease.state, lease.step)
    minutes = int(allowed.longest.total_seconds() // 60) if allowed else 0
    return f"{lease.step} is not done after {minutes} minutes"
