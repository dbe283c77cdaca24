"""How long a state normally lasts, and when a row that stays longer is worth a person's look."""

from datetime import datetime, timedelta

from django.db.models import Q

from provisioning.domain.words import span
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, Lease

# Generous: AWS makes accounts at its own pace, and a room's sandboxes are cleaned one after another.
NORMAL: dict[str, timedelta] = {
    AccountState.CREATING: timedelta(hours=2),
    AccountState.BOOTSTRAPPING: timedelta(minutes=30),
    AccountState.CLEANING: timedelta(hours=2),
    AccountState.VERIFYING: timedelta(hours=1),
    LeaseState.REQUESTED: timedelta(minutes=30),
    LeaseState.RESERVED: timedelta(minutes=10),
    LeaseState.PROVISIONING: timedelta(minutes=45),
    LeaseState.ENDING: timedelta(hours=3),
}
# A due row is taken within a tick; one that waits this long means that no worker takes it.
UNTOUCHED = timedelta(minutes=5)


def overdue(now: datetime) -> Q:
    """Return the condition for rows (accounts or leases) that have been in their state, or due, for too long."""
    too_long = Q(due_at__lt=now - UNTOUCHED) & (Q(claimed_until__isnull=True) | Q(claimed_until__lte=now))
    for state, normal in NORMAL.items():
        too_long |= Q(state=state, state_since__lt=now - normal)
    return too_long


def overdue_because(now: datetime, row: Account | Lease) -> str:
    """Say why a row is overdue; empty while it is not."""
    normal = NORMAL.get(row.state)
    if normal is not None and row.state_since < now - normal:
        return f"{row.state} for {span(now - row.state_since)}, normally less than {span(normal)}"
    unclaimed = row.claimed_until is None or row.claimed_until <= now
    if row.due_at is not None and row.due_at < now - UNTOUCHED and unclaimed:
        return f"due for {span(now - row.due_at)}, and no worker takes it"
    return ""
