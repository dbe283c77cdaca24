"""Coming into an event and into a team."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Case, IntegerField, Value, When
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.models import Team, User
from provisioning.enums import OPEN_LEASE_STATES, LeaseState
from quests.domain.corrections import give_what_everybody_has
from quests.domain.live import event_changed
from quests.domain.planning import plan_checks
from quests.domain.refusals import NoPlaceLeft, TeamNameTaken, UnableToJoin
from quests.domain.seats import seat_person
from quests.enums import EventState
from quests.models import Enrollment, Event, Participation, Place, Standing

ENDED = (EventState.CLOSED, EventState.TORN_DOWN)


def join_event(*, now: datetime, code: str, user: User) -> Participation:
    """Let the person in by the event's join code; joining again changes nothing.

    Raises UnableToJoin for an unknown code or an event that has ended.
    """
    event = Event.objects.filter(join_code=code.strip().upper()).first()
    if event is None:
        raise UnableToJoin(_("No event has this join code. Check it with your organizer; letters may be typed small."))
    if event.state in ENDED:
        raise UnableToJoin(_("%(event)s has ended.") % {"event": event.name})
    participation, created = Participation.objects.get_or_create(event=event, user=user, defaults={"joined_at": now})
    if created:
        record(now=now, actor=user.id, action="event.join", subject=event.slug, scope=event.id)
    return participation


def invitation(*, code: str, team: str) -> Enrollment | None:
    """Return the team that an invitation link names, if the link's code is that of its event."""
    try:
        wanted = UUID(team)
    except ValueError:
        return None
    teams = Enrollment.objects.select_related("event").filter(event__join_code=code.strip().upper())
    return teams.filter(pk=wanted, closed_at=None).first()


def accept_invitation(*, now: datetime, participation: Participation, team: UUID) -> Enrollment:
    """Put the person into the team of an invitation link; following it again changes nothing. Raises UnableToJoin."""
    enrollment = Enrollment.objects.filter(event=participation.event_id, pk=team).first()
    if enrollment is None:
        raise UnableToJoin(_("The team of this link does not play in this event. Pick a team here."))
    if participation.enrollment_id != enrollment.pk:
        join_team(now=now, participation=participation, enrollment=enrollment)
    return enrollment


def create_team(*, now: datetime, participation: Participation, name: str) -> Enrollment:
    """Found a team with the person as captain, in a ready place if there is one.

    Raises UnableToJoin, TeamNameTaken or NoPlaceLeft; nothing is kept then.
    """
    name = " ".join(name.split())
    with transaction.atomic():
        # The lock keeps remedies for all teams and the founding of one apart.
        event = Event.objects.select_for_update(no_key=True).get(pk=participation.event_id)
        participation = _without_team(participation)
        enrollment = found_team(now=now, event=event, name=name)
        seat_person(now=now, participation=participation, enrollment=enrollment, actor=participation.user_id)
        record(now=now, actor=participation.user_id, action="team.create", subject=str(enrollment.id), scope=event.id)
        event_changed(event_id=event.id)
    return enrollment


def found_team(*, now: datetime, event: Event, name: str) -> Enrollment:
    """Make a team that nobody is in yet, in the best free place of a locked event.

    Raises TeamNameTaken or NoPlaceLeft.
    """
    if event.enrollments.filter(name__iexact=name).exists():
        raise name_taken(name)
    place = _take_place(event)
    team = Team.objects.create(name=name, created_at=now)
    try:
        with transaction.atomic():
            enrollment = Enrollment.objects.create(event=event, team=team, name=name, place=place, created_at=now)
    except IntegrityError as error:
        # Two people founded a team of this name at the same moment.
        raise name_taken(name) from error
    Standing.objects.create(enrollment=enrollment, event=event)
    if event.state == EventState.OPEN:
        plan_checks(now=now, event=event, enrollments=[enrollment])
    give_what_everybody_has(now=now, enrollment=enrollment)
    return enrollment


def join_team(*, now: datetime, participation: Participation, enrollment: Enrollment) -> None:
    """Put the person into the team while it has room. Raises UnableToJoin."""
    with transaction.atomic():
        # The team's row is the lock that makes its size hold when several join at once.
        enrollment = Enrollment.objects.select_for_update(of=("self",)).select_related("event").get(pk=enrollment.pk)
        participation = _without_team(participation)
        if enrollment.event_id != participation.event_id:
            raise UnableToJoin(_("This team plays in another event."))
        seat_person(now=now, participation=participation, enrollment=enrollment, actor=participation.user_id)
        record(
            now=now,
            actor=participation.user_id,
            action="team.join",
            subject=str(enrollment.id),
            scope=enrollment.event_id,
        )
        event_changed(event_id=enrollment.event_id)


def _without_team(participation: Participation) -> Participation:
    participation = (
        Participation.objects.select_for_update(of=("self",))
        .select_related("event__release", "user")
        .get(pk=participation.pk)
    )
    if participation.enrollment is not None:
        raise UnableToJoin(_("You already play in %(team)s.") % {"team": participation.enrollment.name})
    if participation.event.state in ENDED:
        raise UnableToJoin(_("%(event)s has ended.") % {"event": participation.event.name})
    return participation


def _take_place(event: Event) -> Place:
    """Lock the best free place: one that is ready, else one on its way, a failed one last."""
    best_first = Case(
        When(lease__state__in=OPEN_LEASE_STATES, then=Value(0)),
        When(lease__state=LeaseState.FAILED, then=Value(2)),
        default=Value(1),
        output_field=IntegerField(),
    )
    seen: list[UUID] = []
    while True:
        place = (
            Place.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(event=event, enrollment__isnull=True)
            .exclude(pk__in=seen)
            .order_by(best_first, "number")
            .first()
        )
        if place is None:
            raise NoPlaceLeft(
                _("Every place of this event is taken. Join a team that has room, or ask your organizer.")
            )
        # The lock may have waited out another founder, whose enrollment that query could not see yet.
        if not Enrollment.objects.filter(place=place).exists():
            return place
        seen.append(place.pk)


def name_taken(name: str) -> TeamNameTaken:
    """Return the refusal of a name that another team of the event has."""
    return TeamNameTaken(_("Another team here is already called %(name)s. Choose another name.") % {"name": name})
