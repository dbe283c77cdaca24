"""Everybody in an event, in one table: who, in which team, with which roles, last heard of when."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.db.models import Max

from accounts.enums import Discipline
from accounts.models import AuditEntry, Membership, User
from quests.models import Enrollment, Event, EventRole, Participation


@dataclass(frozen=True)
class Person:
    """Somebody in the event; `participation` is None for those who only run it."""

    user: User
    participation: Participation | None
    roles: list[str]
    captain: bool
    seen_at: datetime | None

    @property
    def team(self) -> Enrollment | None:
        """Return the person's team."""
        return self.participation.enrollment if self.participation else None

    @property
    def disciplines(self) -> list[str]:
        """Return the person's disciplines in words."""
        words = dict(Discipline.choices)
        return [str(words.get(name, name)) for name in self.user.disciplines]


@dataclass
class TeamLine:
    """A team with its members in the order in which they came; `captain` is None when nobody is in it."""

    team: Enrollment
    captain: User | None = None
    members: list[Person] = field(default_factory=list)


def people_of(event: Event, *, wanted: str = "", team: str = "") -> list[Person]:
    """Return everybody in the event by name, in a constant number of queries.

    `wanted` is looked for in name, address and team, whatever the case; `team` is a team's id, or "none" for people
    without one.
    """
    playing = {
        row.user_id: row
        for row in Participation.objects.filter(event=event).select_related("user", "enrollment").order_by("pk")
    }
    roles: dict[UUID, list[str]] = {}
    users = {row.user_id: row.user for row in playing.values()}
    for role in EventRole.objects.filter(event=event).select_related("user").order_by("role"):
        roles.setdefault(role.user_id, []).append(role.role)
        users[role.user_id] = role.user
    captains = set(
        Membership.objects.filter(team__enrollments__event=event, is_captain=True).values_list("user", flat=True)
    )
    seen = _last_signs(event, list(users))
    people = [
        Person(user, playing.get(key), roles.get(key, []), key in captains, seen.get(key))
        for key, user in users.items()
    ]
    people.sort(key=lambda person: (person.user.name.casefold(), str(person.user.pk)))
    return [person for person in people if _matches(person, wanted.strip().casefold(), team)]


def teams_of(event: Event) -> list[TeamLine]:
    """Return the event's teams that are not closed, by name, with their people."""
    lines = {team.pk: TeamLine(team) for team in event.enrollments.filter(closed_at=None).order_by("name", "pk")}
    for person in people_of(event):
        line = lines.get(person.team.pk) if person.team else None
        if line is None:
            continue
        line.members.append(person)
        if person.captain:
            line.captain = person.user
    return list(lines.values())


def _matches(person: Person, wanted: str, team: str) -> bool:
    own = person.team
    if team == "none" and (own is not None or person.participation is None):
        return False
    if team not in ("", "none") and (own is None or str(own.pk) != team):
        return False
    words = (person.user.name, person.user.email or "", own.name if own else "")
    return not wanted or any(wanted in word.casefold() for word in words)


def _last_signs(event: Event, people: list[UUID]) -> dict[UUID, datetime]:
    """Return when each person was last heard of: an open session anywhere here, or an act in this event."""
    signs: dict[UUID, datetime] = dict(
        AuditEntry.objects.filter(scope=event.id, actor__in=people)
        .order_by()
        .values_list("actor")
        .annotate(last=Max("at"))
    )
    sessions = (
        UserSession.objects.filter(user__in=people).order_by().values_list("user").annotate(last=Max("last_seen_at"))
    )
    for person, at in sessions:
        signs[person] = max(at, signs.get(person, at))
    return signs
