"""What people are told when the simulator restarted under a running event."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from provisioning.domain.queries.simulator import StartedOver, started_over
from provisioning.enums import LeaseState
from quests.enums import EventState
from quests.models import Event

# Long enough to be read by somebody who comes back with a coffee.
SHOWN_AFTERWARDS = timedelta(minutes=10)


@dataclass(frozen=True)
class Interruption:
    """The restart at `at`: `own` is the team's sandbox (waiting, ready, failed or none, empty), then all of them."""

    at: datetime
    own: str
    total: int
    ready: int
    failed: int


def interruption_of(*, now: datetime, event: Event, place: uuid.UUID | None, whole: bool) -> Interruption | None:
    """Return what to tell about the latest restart; None when nobody here is affected or it is long over.

    A team hears of its own place; with `whole`, people who watch over the event hear of every one.
    """
    if event.state in (EventState.CLOSED, EventState.TORN_DOWN):
        return None
    everybody = started_over(event.id)
    own = [row for row in everybody if row.holder == place]
    rows = everybody if whole else own
    if not rows or _is_over(now, rows):
        return None
    return Interruption(
        at=max(row.at for row in rows),
        own=_standing(own[0]) if own else "",
        total=len(rows),
        ready=sum(_standing(row) == "ready" for row in rows),
        failed=sum(_standing(row) == "failed" for row in rows),
    )


def _standing(row: StartedOver) -> str:
    if row.state == LeaseState.FAILED:
        return "failed"
    return "ready" if row.ready_at else "waiting"


def _is_over(now: datetime, rows: Iterable[StartedOver]) -> bool:
    return all(row.ready_at is not None and row.ready_at + SHOWN_AFTERWARDS <= now for row in rows)
