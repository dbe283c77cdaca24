"""How long a row may stay where it is before it is worth a person's look."""

from datetime import datetime, timedelta

from django.db.models import Q

from provisioning.domain.words import span
from provisioning.enums import AccountState
from provisioning.models import Account, Lease

# Generous: AWS makes accounts at its own pace, and a room's sandboxes are cleaned one after another. Leases have
# deadlines of their own, by step (see deadlines.py).
NORMAL: dict[str, timedelta] = {
    AccountState.CREATING: timedelta(hours=2),
    AccountState.BOOTSTRAPPING: timedelta(minutes=30),
    AccountState.CLEANING: timedelta(hours=3),
    AccountState.VERIFYING: timedelta(hours=1),
}
# A due row is taken within a tick; one that waits this long means that no worker takes it. And a lease whose deadline
# has passed acts with its next step; if it has not by then, something is wrong.
UNTOUCHED = timedelta(minutes=5)


def overdue(now: datetime, model: type[Account] | type[Lease]) -> Q:
    """Return the condition for rows that have been in their state, or their step, or due, for too long."""
    too_long = Q(due_at__lt=now - UNTOUCHED) & (Q(claimed_until__isnull=True) | Q(claimed_until__lte=now))
    if model is Lease:
        return too_long | Q(deadline_at__lt=now - UNTOUCHED, due_at__isnull=False)
    for state, normal in NORMAL.items():
        too_long |= Q(state=state, state_since__lt=now - normal)
    return too_long


def overdue_because(now: datetime, row: Account | Lease) -> str:
    """Say why a row is overdue; empty while it is not."""
    if isinstance(row, Lease):
        if row.deadline_at is not None and row.due_at is not None and row.deadline_at < now - UNTOUCHED:
            return f"{row.step or row.state} should have been done {span(now - row.deadline_at)} ago"
    else:
        normal = NORMAL.get(row.state)
        if normal is not None and row.state_since < now - normal:
            return f"{row.state} for {span(now - row.state_since)}, normally less than {span(normal)}"
    return untouched_because(now, row)


def untouched_because(now: datetime, row: Account | Lease) -> str:
    """Say for how long no worker has taken a row that is due; empty while that is no trouble."""
    unclaimed = row.claimed_until is None or row.claimed_until <= now
    if row.due_at is not None and row.due_at < now - UNTOUCHED and unclaimed:
        return f"due for {span(now - row.due_at)}, and no worker takes it"
    return ""
