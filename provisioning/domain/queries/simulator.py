"""What the simulator's restarts did to leases."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from provisioning.domain.simulator import REASON
from provisioning.enums import LeaseState
from provisioning.models import LeaseMove


@dataclass(frozen=True)
class StartedOver:
    """A lease that lost its account to a restart, the last time `at`; `ready_at` is None until it has a new one."""

    holder: uuid.UUID
    at: datetime
    state: str
    ready_at: datetime | None


def started_over(scope: uuid.UUID) -> list[StartedOver]:
    """Return the scope's leases that a restart of the simulator made start over, in two queries."""
    moves = (
        LeaseMove.objects.filter(lease__scope=scope, reason=REASON, to_state=LeaseState.REQUESTED)
        .exclude(from_state=LeaseState.REQUESTED)
        .select_related("lease")
    )
    # Moves come in their order, so the last restart of each lease stays.
    last = {move.lease_id: move for move in moves}
    if not last:
        return []
    first = min(move.at for move in last.values())
    ready: dict[uuid.UUID, datetime] = {}
    for move in LeaseMove.objects.filter(lease__in=last, to_state=LeaseState.READY, at__gt=first):
        if move.at > last[move.lease_id].at:
            ready.setdefault(move.lease_id, move.at)
    return [
        StartedOver(holder=move.lease.holder, at=move.at, state=move.lease.state, ready_at=ready.get(lease_id))
        for lease_id, move in last.items()
    ]
