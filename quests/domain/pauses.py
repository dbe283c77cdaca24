"""An organizer at the clock: pausing, resuming, extending, for all teams at once.

Each act carries the `version` of the clock that its organizer saw, so that two people never undo each other unseen.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.models import AuditEntry, User
from provisioning.domain import bookings
from provisioning.domain.leases import UnableToLease, extend_lease, freeze_lease, unfreeze_lease
from provisioning.enums import LIVE_LEASE_STATES, OPEN_LEASE_STATES, LeaseState
from provisioning.models import Booking, Lease
from quests.domain.corrections import take_back_since
from quests.domain.live import event_changed
from quests.domain.planning import plan_checks
from quests.domain.refusals import ClockMoved, EventNotOpen, UnableToSchedule
from quests.enums import ActionKind, EventState
from quests.models import Event, Pause, TaskProgress
from quests.signals import work_due

log = structlog.get_logger(__name__)

# What an extension and a pause move; a warm-up and an opening still to come stay where they were planned.
LATER = (ActionKind.FREEZE_BOARD, ActionKind.CLOSE, ActionKind.TEAR_DOWN)
CLOCK_ACTS = ("event.pause", "event.resume", "event.extend", "event.end", "event.reschedule")
EXTENDABLE = (EventState.SCHEDULED, EventState.WARMING, EventState.OPEN, EventState.PAUSED)
LONGEST_EXTENSION = timedelta(hours=48)
# Sandboxes cost while nobody plays: a pause that everybody has forgotten ends the event.
LONGEST_PAUSE = timedelta(hours=24)
# How far ahead of a paused event's growing end the sandboxes' ends are kept.
KEPT_AHEAD = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class PausePlan:
    """How to pause: whether nobody reaches the sandboxes meanwhile, and since when scoring does not count."""

    reason: str
    freezes: bool = False
    as_of: datetime | None = None


def lock_event(*, event: Event, version: int | None) -> Event:
    """Return the event, locked. Raises ClockMoved when somebody has moved its clock since that version.

    Locks are taken in one order everywhere: the event, then rows of checks, then standings.
    """
    event = Event.objects.select_for_update(no_key=True).get(pk=event.pk)
    if version is not None and event.clock_version != version:
        last = AuditEntry.objects.filter(scope=event.pk, action__in=CLOCK_ACTS).order_by("-at", "-pk").first()
        actor = User.objects.filter(pk=last.actor).first() if last and last.actor else None
        who = actor.name if actor else _("somebody else")
        raise ClockMoved(
            _("Meanwhile %(who)s has moved the clock. Nothing was changed: look at the clock again.") % {"who": who}
        )
    return event


def pause_event(*, now: datetime, event: Event, version: int, plan: PausePlan, actor: User) -> Pause:
    """Stop the clock for all teams: timers, checks, hints and scoring stand still, and a running check is dropped.

    With `as_of`, what was lost or earned by itself since then is taken back. Raises EventNotOpen, UnableToSchedule
    or ClockMoved.
    """
    with transaction.atomic():
        event = lock_event(event=event, version=version)
        if event.state != EventState.OPEN or now >= event.ends_at:
            raise EventNotOpen(_("Only an event that is open can be paused. Nothing was changed."))
        at = plan.as_of or now
        if not earliest_pause(event) <= at <= now:
            raise UnableToSchedule(_("The pause must begin while the event was running, and not in the future."))
        event.state, event.paused_at = EventState.PAUSED, at
        event.clock_version += 1
        event.save(update_fields=["state", "paused_at", "clock_version"])
        pause = Pause.objects.create(event=event, starts_at=at, freezes=plan.freezes)
        TaskProgress.objects.filter(enrollment__event=event, claimed_until__isnull=False).update(
            claimed_until=None, version=F("version") + 1
        )
        if plan.as_of:
            take_back_since(now=now, event=event, pause=pause, reason=plan.reason)
        _keep(now, event, pause)
        _journal(now, event, actor, "pause", reason=plan.reason, since=at.isoformat(), freezes=plan.freezes)
    return pause


def earliest_pause(event: Event) -> datetime:
    """Return from when on a pause may be counted: the start, or the end of the pause before."""
    before = event.pauses.filter(ends_at__isnull=False).order_by("-ends_at").values_list("ends_at", flat=True).first()
    return before or event.starts_at


def resume_event(*, now: datetime, event: Event, version: int, actor: User) -> None:
    """Let the clock go on where it stood: what is still to come, the end and the sandboxes move by the pause.

    Raises EventNotOpen or ClockMoved.
    """
    with transaction.atomic():
        event = lock_event(event=event, version=version)
        if event.state != EventState.PAUSED or event.paused_at is None:
            raise EventNotOpen(_("The event is not paused. Nothing was changed."))
        length = now - event.paused_at
        end_pause(now=now, event=event)
        _move(now, event, length)
        event.clock_version += 1
        event.save(update_fields=["state", "paused_at", "ends_at", "clock_version"])
        # What was asked for with Check now keeps its two equal times, by which it is known.
        TaskProgress.objects.filter(enrollment__event=event, due_at__isnull=False).update(
            due_at=F("due_at") + length, requested_at=F("requested_at") + length
        )
        plan_checks(now=now, event=event, enrollments=event.enrollments.all())
        _journal(now, event, actor, "resume", paused_minutes=int(length.total_seconds() // 60))


def extend_event(*, now: datetime, event: Event, version: int, minutes: int, reason: str, actor: User) -> None:
    """Move the end, what comes after it, the sandboxes and their booking. Raises EventNotOpen, UnableToSchedule, …

    … or ClockMoved. A pool that has promised the accounts to somebody else refuses the extension.
    """
    by = timedelta(minutes=minutes)
    with transaction.atomic():
        event = lock_event(event=event, version=version)
        if event.state not in EXTENDABLE or (event.state != EventState.PAUSED and now >= event.ends_at):
            raise EventNotOpen(_("This event has already ended. Nothing was changed."))
        if not timedelta(0) < by <= LONGEST_EXTENSION:
            raise UnableToSchedule(_("Extend an event by 1 minute to 48 hours."))
        _move(now, event, by)
        event.clock_version += 1
        event.save(update_fields=["ends_at", "clock_version"])
        _journal(now, event, actor, "extend", reason=reason, minutes=minutes)


def keep_paused_events(*, now: datetime) -> None:
    """Keep the sandboxes of paused events alive, and end the events whose pause has been forgotten.

    Meant for every tick: what is done already is not done again.
    """
    for key in Event.objects.filter(state=EventState.PAUSED).values_list("pk", flat=True):
        try:
            _keep_one(now, key)
        except Exception:
            # One event's trouble waits for the next tick; the others are kept now.
            log.exception("pause.not_kept", event=str(key))


def end_pause(*, now: datetime, event: Event) -> None:
    """Let a locked, paused event be open again and give back the access that the pause took; the caller saves it."""
    pause = event.pauses.select_for_update().get(ends_at__isnull=True)
    event.state, event.paused_at = EventState.OPEN, None
    pause.ends_at = now
    pause.save(update_fields=["ends_at"])
    for lease in Lease.objects.filter(pk__in=pause.frozen, state=LeaseState.FROZEN, ends_at__gt=now):
        try:
            unfreeze_lease(now=now, lease=lease, actor=None, reason="the event goes on")
        except UnableToLease as error:
            log.warning("pause.not_unfrozen", lease=str(lease.pk), error=str(error))


def _keep_one(now: datetime, key: UUID) -> None:
    with transaction.atomic():
        event = (
            Event.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(pk=key, state=EventState.PAUSED)
            .first()
        )
        if event is None or event.paused_at is None:
            return
        if now - event.paused_at < LONGEST_PAUSE:
            _keep(now, event, event.pauses.get(ends_at__isnull=True))
            return
        end_pause(now=now, event=event)
        event.ends_at = now
        event.clock_version += 1
        event.save(update_fields=["state", "paused_at", "ends_at", "clock_version"])
        event.actions.filter(done_at__isnull=True, kind__in=LATER).update(due_at=now)
        _journal(now, event, None, "end", reason="It had been paused for a day")


def _keep(now: datetime, event: Event, pause: Pause) -> None:
    """Let no sandbox end before the event could go on and end, and freeze those that have become open meanwhile."""
    assert event.paused_at is not None
    could_end = event.ends_at + (now - event.paused_at)
    leases = list(_leases(event))
    if any(lease.ends_at < could_end + KEPT_AHEAD / 2 for lease in leases):
        _extend_leases(now, event, could_end + KEPT_AHEAD)
        _book_until(now, event, could_end + KEPT_AHEAD, insists=False)
    if not pause.freezes:
        return
    fresh = [lease for lease in leases if lease.state in OPEN_LEASE_STATES and str(lease.pk) not in pause.frozen]
    for lease in fresh:
        try:
            freeze_lease(now=now, lease=lease, actor=None, reason="the event is paused", stop_compute=False)
            pause.frozen.append(str(lease.pk))
        except UnableToLease as error:
            log.warning("pause.not_frozen", lease=str(lease.pk), error=str(error))
    if fresh:
        pause.save(update_fields=["frozen"])


def _move(now: datetime, event: Event, by: timedelta) -> None:
    event.ends_at += by
    event.actions.filter(done_at__isnull=True, kind__in=LATER).update(due_at=F("due_at") + by)
    _extend_leases(now, event, event.ends_at)
    _book_until(now, event, event.ends_at, insists=event.state != EventState.PAUSED and by > timedelta(0))


def _leases(event: Event) -> list[Lease]:
    states = [state for state in LIVE_LEASE_STATES if state != LeaseState.ENDING]
    return list(Lease.objects.filter(scope=event.pk, state__in=states))


def _extend_leases(now: datetime, event: Event, ends_at: datetime) -> None:
    for lease in _leases(event):
        if lease.ends_at >= ends_at:
            continue
        try:
            extend_lease(now=now, lease=lease, ends_at=ends_at)
        except UnableToLease as error:
            # It has ended or failed at this very moment: its team gets a spare by its own rule.
            log.warning("lease.not_extended", lease=str(lease.pk), error=str(error))


def _book_until(now: datetime, event: Event, ends_at: datetime, *, insists: bool) -> None:
    """Book the accounts for longer; without `insists` a full pool is no obstacle, since the sandboxes are held."""
    booking = Booking.objects.filter(scope=event.pk, released_at=None).first()
    if booking is None:
        return
    try:
        bookings.book(
            now=now,
            scope=event.pk,
            label=booking.label,
            accounts=booking.accounts,
            starts_at=booking.starts_at,
            ends_at=ends_at,
            worst_case_usd=booking.worst_case_usd,
        )
    except bookings.PoolFull as full:
        if insists:
            raise UnableToSchedule(str(full)) from full
        log.warning("pause.not_booked", event_slug=event.slug, error=str(full))


def _journal(now: datetime, event: Event, actor: User | None, verb: str, **details: object) -> None:
    record(
        now=now,
        actor=actor.id if actor else None,
        action=f"event.{verb}",
        subject=event.slug,
        scope=event.id,
        **details,
    )
    work_due.send(sender=Event)
    event_changed(event_id=event.id)
