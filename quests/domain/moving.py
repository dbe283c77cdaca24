"""Organizers rearrange teams: move a person, merge two teams, free a no-show's place.

Points, hints and what was handed in stay with the team that has them. Each act carries what its organizer saw, so that
two people never undo each other unseen. Locks: the event, then teams by id, then the people.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.domain.audit import record
from accounts.models import AuditEntry, User
from provisioning.domain.leases import end_lease
from provisioning.enums import LIVE_LEASE_STATES
from quests.domain.clock import vend_places
from quests.domain.joining import ENDED
from quests.domain.live import event_changed, team_changed
from quests.domain.refusals import UnableToChangeTeam, UnableToJoin
from quests.domain.seats import seat_person, unseat_person
from quests.enums import EventState
from quests.models import Enrollment, Event, Participation, Place, TaskProgress

# What the journal says of a sandbox that somebody has been in.
WAYS_IN = ("access.credentials", "access.console", "access.token", "workbench.call")
VENDED = (EventState.WARMING, EventState.OPEN, EventState.PAUSED)


def move_person(
    *, now: datetime, participation: Participation, to: Enrollment | None, seen: UUID | None, actor: User
) -> None:
    """Put the person into another team of the event, or into none; `seen` is the team that the organizer saw.

    The old team's keys end at once and inside AWS within a tick. Raises UnableToChangeTeam, or UnableToJoin for a team
    that is full or closed.
    """
    with transaction.atomic():
        event, teams = _lock(participation.event, filter(None, (seen, to.pk if to else None)))
        person = _lock_person(participation)
        if person.enrollment_id != seen:
            where = person.enrollment.name if person.enrollment else _("no team")
            raise UnableToChangeTeam(
                _("Meanwhile %(name)s was moved: now in %(team)s. Nothing was changed.")
                % {"name": person.user.name, "team": where}
            )
        if seen == (to.pk if to else None):
            raise UnableToChangeTeam(_("%(name)s is there already. Nothing was changed.") % {"name": person.user.name})
        old = teams.get(seen) if seen else None
        if old is not None:
            unseat_person(now=now, participation=person, actor=actor.id)
        if to is not None:
            _seat(now, person, teams[to.pk], actor)
        record(
            now=now,
            actor=actor.id,
            action="team.move",
            subject=str(person.user_id),
            scope=event.id,
            reason=f"{old.name if old else '–'} → {teams[to.pk].name if to else '–'}",
        )
        _tell(event, teams.values())


def merge_teams(*, now: datetime, old: Enrollment, into: Enrollment, members: list[UUID], actor: User) -> None:
    """Move all members of a team into another one and close it; `members` are the people whom the organizer saw in it.

    Points and hints stay with the closed team. Raises UnableToChangeTeam, or UnableToJoin when there is no room.
    """
    with transaction.atomic():
        event, teams = _lock(old.event, (old.pk, into.pk))
        if len(teams) < 2:
            raise UnableToChangeTeam(_("Choose two different teams. Nothing was changed."))
        old, into = teams[old.pk], teams[into.pk]
        people = _members(old)
        _refuse_if_changed(old, people, members)
        room = event.team_size_max - into.participations.count()
        if len(people) > room:
            raise UnableToJoin(
                ngettext(
                    "%(team)s has room for %(room)d person only. Nothing was changed.",
                    "%(team)s has room for %(room)d people only. Nothing was changed.",
                    max(0, room),
                )
                % {"team": into.name, "room": max(0, room)}
            )
        for person in people:
            unseat_person(now=now, participation=person, actor=actor.id)
            _seat(now, person, into, actor)
        _close(now, event, old)
        record(
            now=now,
            actor=actor.id,
            action="team.merge",
            subject=str(old.pk),
            scope=event.id,
            into=str(into.pk),
            people=[str(person.user_id) for person in people],
            reason=f"{old.name} → {into.name}",
        )
        _tell(event, teams.values())


def free_place(*, now: datetime, enrollment: Enrollment, members: list[UUID], actor: User) -> None:
    """Close a team that has not come and give its place back to the event; its members are without a team then.

    `members` are the people whom the organizer saw in it. Raises UnableToChangeTeam, also for a team that has done
    something: its people are there.
    """
    with transaction.atomic():
        event, teams = _lock(enrollment.event, (enrollment.pk,))
        team = teams[enrollment.pk]
        people = _members(team)
        _refuse_if_changed(team, people, members)
        if people and team.starts.exists():
            raise UnableToChangeTeam(
                _("%(team)s has opened a quest, so it is no no-show. Nothing was changed.") % {"team": team.name}
            )
        for person in people:
            if was_used(team, person.user_id):
                raise UnableToChangeTeam(
                    _("%(name)s of %(team)s has been in the sandbox, so the team is no no-show. Nothing was changed.")
                    % {"name": person.user.name, "team": team.name}
                )
        for person in people:
            unseat_person(now=now, participation=person, actor=actor.id)
        _close(now, event, team)
        record(
            now=now,
            actor=actor.id,
            action="team.free_place",
            subject=str(team.pk),
            scope=event.id,
            people=[str(person.user_id) for person in people],
            reason=team.name,
        )
        _tell(event, teams.values())


def was_used(team: Enrollment, person: UUID | None = None) -> bool:
    """Tell whether anybody, or this person, has had keys to the team's sandbox or made a call in it."""
    lease = team.place.lease if team.place else None
    if lease is None:
        return False
    entries = AuditEntry.objects.filter(scope=team.event_id, action__in=WAYS_IN, subject=f"lease:{lease.pk}")
    return entries.filter(actor=person).exists() if person else entries.exists()


def _lock(event: Event, teams: Iterable[UUID]) -> tuple[Event, dict[UUID, Enrollment]]:
    event = Event.objects.select_for_update(no_key=True).select_related("release__blueprint").get(pk=event.pk)
    if event.state in ENDED:
        raise UnableToChangeTeam(_("%(event)s has ended: teams stay as they are.") % {"event": event.name})
    locked = (
        Enrollment.objects.select_for_update(of=("self",))
        .select_related("event", "team", "place__lease")
        .filter(event=event, pk__in=set(teams))
        .order_by("pk")
    )
    return event, {team.pk: team for team in locked}


def _lock_person(participation: Participation) -> Participation:
    own = Participation.objects.select_for_update(of=("self",)).select_related("user", "enrollment__place__lease")
    return own.get(pk=participation.pk)


def _members(team: Enrollment) -> list[Participation]:
    own = Participation.objects.select_for_update(of=("self",)).select_related("user", "enrollment__place__lease")
    return list(own.filter(enrollment=team).order_by("joined_at", "pk"))


def _refuse_if_changed(team: Enrollment, people: list[Participation], seen: list[UUID]) -> None:
    if team.closed_at is not None:
        raise UnableToChangeTeam(_("Meanwhile %(team)s was closed. Nothing was changed.") % {"team": team.name})
    if {person.user_id for person in people} != set(seen):
        raise UnableToChangeTeam(
            _("Meanwhile other people are in %(team)s than you saw. Nothing was changed: look again.")
            % {"team": team.name}
        )


def _seat(now: datetime, person: Participation, team: Enrollment, actor: User) -> None:
    if team.event_id != person.event_id:
        raise UnableToJoin(_("This team plays in another event."))
    seat_person(now=now, participation=person, enrollment=team, actor=actor.id)


def _close(now: datetime, event: Event, team: Enrollment) -> None:
    """Close a team without people: nothing is checked for it, and its place is free, or another one takes its turn."""
    TaskProgress.objects.filter(enrollment=team).exclude(due_at=None, claimed_until=None).update(
        due_at=None, claimed_until=None, requested_at=None, version=F("version") + 1
    )
    team.closed_at = now
    place = team.place
    if place is not None and not was_used(team):
        team.place = None
    team.save(update_fields=["closed_at", "place"])
    if place is None or team.place is None:
        return
    # What people built stands in this sandbox: nobody else gets it. The place stays with the closed team's record.
    if place.lease is not None and place.lease.state in LIVE_LEASE_STATES:
        end_lease(now=now, lease=place.lease, reason=f"{team.name} was closed")
    number = event.places.aggregate(last=Max("number"))["last"] or 0
    Place.objects.create(event=event, number=number + 1)
    if event.state in VENDED:
        vend_places(now=now, event=event)


def _tell(event: Event, teams: Iterable[Enrollment]) -> None:
    event_changed(event_id=event.pk)
    for team in teams:
        team_changed(enrollment=team)
