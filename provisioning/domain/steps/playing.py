"""A sandbox in the hands of its holder: it opens and ends by the clock, and its end can be moved."""

from collections.abc import Callable
from datetime import datetime

from provisioning.domain import extra_stacks
from provisioning.domain.steps import vending
from provisioning.domain.steps.outcome import Outcome, again
from provisioning.enums import OPEN_LEASE_STATES, LeaseState
from provisioning.models import Lease


def limits(now: datetime, lease: Lease) -> Outcome:
    """Bring the end inside AWS to where the lease's is."""
    if vending.settle_limits(lease):
        return again(now)
    onward = extra_stacks.STEP if lease.state in OPEN_LEASE_STATES and extra_stacks.is_any_due(lease) else ""
    return again(now, step=onward)


def rest(now: datetime, lease: Lease) -> Outcome:
    """Open at the start of access; then sleep until the end, frozen or not."""
    if lease.state == LeaseState.READY and lease.access_starts_at <= now:
        return Outcome({"state": LeaseState.ACTIVE, "due_at": lease.ends_at}, reason="access has started")
    return Outcome({"due_at": lease.access_starts_at if lease.state == LeaseState.READY else lease.ends_at})


STEPS: dict[str, Callable[[datetime, Lease], Outcome]] = {"limits": limits}
