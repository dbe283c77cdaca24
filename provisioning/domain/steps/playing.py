"""A sandbox in the hands of its holder: it opens and ends by the clock, and its end can be moved."""

from datetime import datetime

from provisioning.domain.steps import vending
from provisioning.domain.steps.outcome import Outcome, again
from provisioning.enums import LeaseState
from provisioning.models import Lease


def advance(now: datetime, lease: Lease) -> Outcome:
    """Move the end inside AWS if it was moved; open at the start of access; then sleep until the end."""
    if lease.step == "limits":
        return again(now) if vending.settle_limits(lease) else again(now, step="")
    if lease.state == LeaseState.READY and lease.access_starts_at <= now:
        return Outcome({"state": LeaseState.ACTIVE, "due_at": lease.ends_at}, reason="access has started")
    return Outcome({"due_at": lease.ends_at if lease.state == LeaseState.ACTIVE else lease.access_starts_at})
