"""Scheduling events and ending them."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.models import User
from provisioning.domain import bookings
from quests.domain.brackets import checked_brackets
from quests.domain.live import event_changed
from quests.domain.pauses import end_pause, lock_event
from quests.domain.refusals import EventNotOpen, UnableToSchedule
from quests.enums import ActionKind, EventState, Role
from quests.models import Action, Event, EventRole, PackRelease, Place
from quests.signals import work_due

# No letters or digits that are mistaken for each other when read from a projector.
JOIN_CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
JOIN_CODE_LENGTH = 6
MAXIMUM_PLACES = 500


@dataclass(frozen=True, kw_only=True)
class EventPlan:
    """What an organizer decides about an event; times are aware, sizes are counts."""

    name: str
    release: PackRelease
    starts_at: datetime
    duration: timedelta
    time_zone: str
    planned_teams: int
    spares: int
    team_size_max: int
    warmup: timedelta = timedelta(minutes=30)
    join_code: str = ""
    guests: bool = True
    brackets: tuple[str, ...] = ()

    @property
    def ends_at(self) -> datetime:
        """When it ends for everybody."""
        return self.starts_at + self.duration

    @property
    def places(self) -> int:
        """How many sandboxes it needs, spares included."""
        return self.planned_teams + self.spares

    @property
    def hours(self) -> float:
        """How long its sandboxes stand."""
        return (self.warmup + self.duration) / timedelta(hours=1)

    def vends_at(self, now: datetime) -> datetime:
        """When its sandboxes are asked for; at once where the warm-up should have begun already."""
        return max(now, self.starts_at - self.warmup)


def schedule_event(*, now: datetime, plan: EventPlan, organizer: User, like: Event | None = None) -> Event:
    """Create the event with its places and everything that its clock will do; the organizer gets the role.

    The organizers and coaches of `like`, an earlier event, get their roles in this one too. An account is booked for
    every place. Raises UnableToSchedule, also when the pool cannot serve it at that time; nothing is kept then.
    """
    _refuse_the_impossible(now, plan)
    ends_at = plan.ends_at
    join_code = plan.join_code.strip().upper() or new_join_code()
    with transaction.atomic():
        # The organizer's row is the lock that lets only the first of two clicks schedule the event.
        User.objects.select_for_update().get(pk=organizer.pk)
        if Event.objects.filter(name=plan.name, starts_at=plan.starts_at, roles__user=organizer).exists():
            raise UnableToSchedule(
                _("You have already scheduled %(event)s for this time. Choose another name or start.")
                % {"event": plan.name}
            )
        event = _create_event(now=now, plan=plan, join_code=join_code)
        EventRole.objects.create(event=event, user=organizer, role=Role.ORGANIZER)
        _take_over_roles(like, event)
        Place.objects.bulk_create(
            Place(event=event, number=number) for number in range(1, plan.planned_teams + plan.spares + 1)
        )
        due = {
            ActionKind.VEND: plan.vends_at(now),
            ActionKind.OPEN: plan.starts_at,
            ActionKind.CLOSE: ends_at,
            ActionKind.TEAR_DOWN: ends_at,
        }
        Action.objects.bulk_create(Action(event=event, kind=kind, due_at=at) for kind, at in due.items())
        _book(now, event, plan)
        record(now=now, actor=organizer.id, action="event.schedule", subject=event.slug, scope=event.id)
        work_due.send(sender=Event)
    return event


def _create_event(*, now: datetime, plan: EventPlan, join_code: str) -> Event:
    taken = _("The join code %(code)s belongs to another event: choose another one.") % {"code": join_code}
    if Event.objects.filter(join_code=join_code).exists():
        raise UnableToSchedule(taken)
    try:
        with transaction.atomic():
            return Event.objects.create(
                slug=_free_slug(plan.name),
                name=plan.name,
                release=plan.release,
                starts_at=plan.starts_at,
                ends_at=plan.ends_at,
                warmup_minutes=int(plan.warmup.total_seconds() // 60),
                time_zone=plan.time_zone,
                planned_teams=plan.planned_teams,
                spares=plan.spares,
                team_size_max=plan.team_size_max,
                join_code=join_code,
                guests=plan.guests,
                brackets=checked_brackets(plan.brackets),
                created_at=now,
            )
    except IntegrityError as error:
        # Somebody else scheduled an event with this code, or this name, at the same moment.
        raise UnableToSchedule(
            _("Another event was scheduled at the same moment. Nothing was kept: send the form again.")
        ) from error


def _take_over_roles(like: Event | None, event: Event) -> None:
    if like is not None:
        EventRole.objects.bulk_create(
            (
                EventRole(event=event, user=row.user, role=row.role)
                for row in like.roles.filter(user__is_active=True).select_related("user").order_by("pk")
            ),
            ignore_conflicts=True,
        )


def preview_capacity(*, now: datetime, plan: EventPlan) -> bookings.Preview:
    """Tell what the plan would meet in the account pool, and what it may cost at worst; nothing is promised by it.

    Raises UnableToSchedule for a plan that no pool could serve.
    """
    _refuse_the_impossible(now, plan)
    return bookings.preview(
        now=now,
        accounts=plan.places,
        starts_at=plan.vends_at(now),
        ends_at=plan.ends_at,
        budget_usd=plan.release.blueprint.budget_usd,
        hours=plan.hours,
    )


def _refuse_the_impossible(now: datetime, plan: EventPlan) -> None:
    if plan.ends_at <= now:
        raise UnableToSchedule(_("This event would already be over: choose a later start."))
    if plan.duration <= timedelta(0):
        raise UnableToSchedule(_("An event must last at least a minute."))
    checked_brackets(plan.brackets)
    if not 1 <= plan.places <= MAXIMUM_PLACES:
        said = _("Plan between 1 and %(maximum)s teams and spares together.")
        raise UnableToSchedule(said % {"maximum": MAXIMUM_PLACES})


def _book(now: datetime, event: Event, plan: EventPlan) -> None:
    worst = bookings.worst_case(accounts=plan.places, budget_usd=plan.release.blueprint.budget_usd, hours=plan.hours)
    try:
        bookings.book(
            now=now,
            scope=event.id,
            label=event.name,
            accounts=plan.places,
            starts_at=plan.vends_at(now),
            ends_at=event.ends_at,
            worst_case_usd=worst,
        )
    except bookings.PoolFull as full:
        raise UnableToSchedule(str(full)) from full


def end_event(*, now: datetime, event: Event, actor: User, version: int | None = None) -> None:
    """End the event now for all teams: scoring stops, access ends and every sandbox is torn down.

    Raises EventNotOpen when it has ended already, and ClockMoved when the clock is not at that version any more.
    """
    with transaction.atomic():
        event = lock_event(event=event, version=version)
        if event.state in (EventState.CLOSED, EventState.TORN_DOWN):
            raise EventNotOpen(_("This event has already ended."))
        if event.state == EventState.PAUSED:
            end_pause(now=now, event=event)
            event.ends_at = now
        elif event.starts_at < now < event.ends_at:
            event.ends_at = now
        event.clock_version += 1
        event.save(update_fields=["state", "paused_at", "ends_at", "clock_version"])
        pending = event.actions.filter(done_at__isnull=True)
        pending.exclude(kind__in=[ActionKind.CLOSE, ActionKind.TEAR_DOWN]).update(done_at=now)
        pending.filter(kind__in=[ActionKind.CLOSE, ActionKind.TEAR_DOWN]).update(due_at=now)
        record(now=now, actor=actor.id, action="event.end", subject=event.slug, scope=event.id)
        work_due.send(sender=Event)
        event_changed(event_id=event.id)


def add_coach(*, now: datetime, event: Event, user: User, actor: User | None) -> None:
    """Make the person a coach of the event; doing it again changes nothing."""
    _role, created = EventRole.objects.get_or_create(event=event, user=user, role=Role.COACH)
    if created:
        record(
            now=now,
            actor=actor.id if actor else None,
            action="event.add_coach",
            subject=str(user.id),
            scope=event.id,
        )


def new_join_code() -> str:
    """Return a random code that people can type from a projector."""
    return "".join(secrets.choice(JOIN_CODE_ALPHABET) for _ in range(JOIN_CODE_LENGTH))


def _free_slug(name: str) -> str:
    base = slugify(name)[:50] or "event"
    if not Event.objects.filter(slug=base).exists():
        return base
    return f"{base}-{uuid.uuid4().hex[:8]}"
