"""Another time for an event whose sandboxes are not being made yet: its clock, its booking, people's calendars."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.models import User
from provisioning.domain import bookings
from provisioning.models import Booking
from quests.domain.letters import write_letters
from quests.domain.live import event_changed
from quests.domain.pauses import lock_event
from quests.domain.refusals import EventNotOpen, UnableToSchedule
from quests.enums import ActionKind, EventState, LetterKind
from quests.models import Event
from quests.signals import work_due


def reschedule_event(
    *, now: datetime, event: Event, version: int, starts_at: datetime, reason: str, actor: User
) -> None:
    """Move the start, all that the clock still has to do, and the booking of accounts; write to everybody.

    Places, teams and people stay. Raises EventNotOpen once sandboxes are being made, UnableToSchedule for a time that
    has passed or for which the pool has no accounts, or ClockMoved.
    """
    with transaction.atomic():
        event = lock_event(event=event, version=version)
        refuse_late(event)
        by = starts_at - event.starts_at
        if starts_at <= now:
            raise UnableToSchedule(_("This time has passed: choose a later start. Nothing was changed."))
        if not by:
            raise UnableToSchedule(_("The event begins at this time already. Nothing was changed."))
        event.starts_at, event.ends_at = starts_at, event.ends_at + by
        event.clock_version += 1
        event.save(update_fields=["starts_at", "ends_at", "clock_version"])
        pending = event.actions.filter(done_at__isnull=True)
        pending.exclude(kind=ActionKind.VEND).update(due_at=F("due_at") + by)
        vends_at = max(now, starts_at - timedelta(minutes=event.warmup_minutes))
        pending.filter(kind=ActionKind.VEND).update(due_at=vends_at)
        _book(now, event, vends_at)
        write_letters(now=now, event=event, users=_everybody(event), kind=LetterKind.MOVED, number=event.clock_version)
        record(
            now=now,
            actor=actor.id,
            action="event.reschedule",
            subject=event.slug,
            scope=event.id,
            starts_at=starts_at.isoformat(),
            reason=reason,
        )
        work_due.send(sender=Event)
        event_changed(event_id=event.id)


def refuse_late(event: Event) -> None:
    """Raise EventNotOpen for an event whose sandboxes are being made, that runs or that is over."""
    if event.state != EventState.SCHEDULED:
        raise EventNotOpen(
            _("Only an event whose warm-up has not begun can move to another time. Nothing was changed.")
        )


def _book(now: datetime, event: Event, vends_at: datetime) -> None:
    booking = Booking.objects.filter(scope=event.pk, released_at=None).first()
    if booking is None:
        return
    try:
        bookings.book(
            now=now,
            scope=event.pk,
            label=booking.label,
            accounts=booking.accounts,
            starts_at=vends_at,
            ends_at=event.ends_at,
            worst_case_usd=booking.worst_case_usd,
        )
    except bookings.PoolFull as full:
        raise UnableToSchedule(str(full)) from full


def _everybody(event: Event) -> list[User]:
    playing = event.participations.values("user")
    running = event.roles.values("user")
    return list(User.objects.filter(pk__in=playing.union(running)).order_by("pk"))
