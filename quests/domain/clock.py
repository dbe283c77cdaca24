"""The event's clock: rows that are due, done once each, whoever asks."""

from datetime import datetime
from functools import partial

import structlog
from django.db import transaction

from provisioning.domain.bookings import release_booking
from provisioning.domain.leases import end_lease, request_lease
from provisioning.enums import LIVE_LEASE_STATES
from quests.domain.checks import stop_checks
from quests.domain.freezing import freeze_board
from quests.domain.income import pay_income
from quests.domain.live import event_changed
from quests.domain.pauses import keep_paused_events
from quests.domain.planning import plan_checks
from quests.enums import ActionKind, EventState
from quests.models import Action, Event

log = structlog.get_logger(__name__)

# When several are due together, a late start still vends and opens before it closes.
ORDER = [
    ActionKind.VEND,
    ActionKind.OPEN,
    ActionKind.FREEZE_BOARD,
    ActionKind.CLOSE,
    ActionKind.TEAR_DOWN,
]
FORWARD = list(EventState)


def run_due_actions(*, now: datetime) -> int:
    """Do everything that events' clocks have due; return how many actions were done.

    One transaction each, so that one event's trouble never holds up another's.
    """
    keep_paused_events(now=now)
    due = (
        Action.objects.filter(done_at__isnull=True, due_at__lte=now)
        .exclude(event__state=EventState.PAUSED)
        .order_by("due_at", "id")
    )
    ids = sorted(due.values_list("id", "kind", "due_at"), key=lambda row: (row[2], ORDER.index(ActionKind(row[1]))))
    done = 0
    for action_id, kind, _ in ids:
        try:
            done += run_action(now=now, action_id=action_id)
        except Exception:
            # The row stays due; the next tick tries again while the other events go on.
            log.exception("action.failed", action=action_id, kind=kind)
    return done


def run_action(*, now: datetime, action_id: int) -> bool:
    """Do one action unless somebody else has done it or is doing it; return whether this call did."""
    with transaction.atomic():
        action = (
            Action.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(pk=action_id, done_at__isnull=True, due_at__lte=now)
            .first()
        )
        if action is None:
            return False
        event = Event.objects.select_for_update(no_key=True).get(pk=action.event_id)
        if event.state == EventState.PAUSED:
            return False  # Its clock stands still; what is due moves when it goes on.
        _DO[ActionKind(action.kind)](now=now, event=event)
        action.done_at = now
        action.save(update_fields=["done_at"])
        event_changed(event_id=event.id)
        transaction.on_commit(
            partial(log.info, "event.clock", event_slug=event.slug, action=action.kind, state=event.state)
        )
    return True


def vend_places(*, now: datetime, event: Event) -> None:
    """Ask for a sandbox for every place that has none; an event that is over needs none any more."""
    if event.ends_at <= now:
        return
    # A closed team's place is there for the record.
    for place in event.places.exclude(enrollment__closed_at__isnull=False).select_related("lease"):
        if place.lease is not None and place.lease.state in LIVE_LEASE_STATES:
            continue
        place.lease = request_lease(
            now=now,
            holder=place.id,
            scope=event.id,
            blueprint=event.release.blueprint,
            access_starts_at=event.starts_at,
            ends_at=event.ends_at,
        )
        place.save(update_fields=["lease"])


def _vend(*, now: datetime, event: Event) -> None:
    vend_places(now=now, event=event)
    _move(event, EventState.WARMING)


def _open(*, now: datetime, event: Event) -> None:
    if _move(event, EventState.OPEN):
        plan_checks(now=now, event=event, enrollments=event.enrollments.all())


def _freeze_board(*, now: datetime, event: Event) -> None:
    due_at = event.actions.get(kind=ActionKind.FREEZE_BOARD).due_at
    freeze_board(event=event, at=due_at)


def _close(*, now: datetime, event: Event) -> None:
    if event.state == EventState.OPEN:
        pay_income(now=now, event=event, until=event.ends_at)
    if _move(event, EventState.CLOSED):
        stop_checks(event=event)


def _tear_down(*, now: datetime, event: Event) -> None:
    for place in event.places.select_related("lease").filter(lease__state__in=LIVE_LEASE_STATES):
        if place.lease is not None:
            end_lease(now=now, lease=place.lease, reason=f"{event.name} has ended")
    release_booking(now=now, scope=event.id)
    _move(event, EventState.TORN_DOWN)


def _move(event: Event, state: EventState) -> bool:
    """Move the event on, never back: two ticks may do its actions in any order. Return whether it moved."""
    if FORWARD.index(state) <= FORWARD.index(EventState(event.state)):
        return False
    event.state = state
    event.save(update_fields=["state"])
    return True


_DO = {
    ActionKind.VEND: _vend,
    ActionKind.OPEN: _open,
    ActionKind.FREEZE_BOARD: _freeze_board,
    ActionKind.CLOSE: _close,
    ActionKind.TEAR_DOWN: _tear_down,
}
