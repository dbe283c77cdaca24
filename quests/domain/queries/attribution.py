"""Who took keys to which team's sandbox, and when; made from the journal."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet

from accounts.models import AuditEntry, User
from provisioning.models import AccessStop, AccessToken
from quests.models import Event, Participation, Place

KEYS, CONSOLE = "access.credentials", "access.console"
VENDS = (KEYS, CONSOLE)
SHOWN = 50
_NOTHING = UUID(int=0)
_ISSUED = Count("id", filter=Q(action=KEYS))


@dataclass(frozen=True)
class PersonRow:
    """One person of a team: how often keys were issued, the last time, and whether the access is stopped."""

    name: str
    team: str
    issued: int
    last_at: datetime | None
    has_token: bool
    stop: AccessStop | None


@dataclass(frozen=True)
class Vend:
    """One time that keys or a console link were issued, as the journal has it."""

    at: datetime
    name: str
    team: str
    is_console: bool
    access_key_id: str
    account_id: str


@dataclass(frozen=True)
class Attribution:
    """Everybody in a team, and the last vends of all, those of people who have left included."""

    people: list[PersonRow]
    vends: list[Vend]


def attribution(event: Event) -> Attribution:
    """Return who has had keys in an event, in a constant number of queries."""
    members = list(people_in_teams(event))
    entries = AuditEntry.objects.filter(scope=event.id, action__in=VENDS)
    issued = {row["actor"]: row for row in entries.values("actor").order_by().annotate(n=_ISSUED, last=Max("at"))}
    last = list(entries[:SHOWN])
    here = {member.user_id: member for member in members}
    gone = {entry.actor for entry in last if entry.actor and entry.actor not in here}
    names = dict(User.objects.filter(pk__in=gone).values_list("pk", "name"))
    ours = Place.objects.filter(event=event, lease__isnull=False).values("lease")
    tokens = set(AccessToken.objects.filter(lease__in=ours, revoked_at=None).values_list("lease", "person"))
    stops = {(stop.lease_id, stop.person): stop for stop in AccessStop.objects.filter(lease__in=ours, lifted_at=None)}
    return Attribution(
        people=[
            PersonRow(
                name=member.user.name,
                team=member.enrollment.name if member.enrollment else "",
                issued=issued.get(member.user_id, {"n": 0})["n"],
                last_at=issued.get(member.user_id, {"last": None})["last"],
                has_token=_key(member) in tokens,
                stop=stops.get(_key(member)),
            )
            for member in members
        ],
        vends=[_vend(entry, here, names) for entry in last],
    )


def people_in_teams(event: Event) -> QuerySet[Participation]:
    """Return the event's participations in teams, by team and name."""
    return (
        Participation.objects.filter(event=event, enrollment__isnull=False)
        .select_related("user", "enrollment__place__lease")
        .order_by("enrollment__name", "user__name")
    )


def _key(member: Participation) -> tuple[UUID, UUID]:
    place = member.enrollment.place if member.enrollment else None
    return (place.lease_id if place and place.lease_id else _NOTHING, member.user_id)


def _vend(entry: AuditEntry, here: dict[UUID, Participation], names: dict[UUID, str]) -> Vend:
    actor = entry.actor or _NOTHING
    member = here.get(actor)
    return Vend(
        at=entry.at,
        name=member.user.name if member else names.get(actor, ""),
        team=member.enrollment.name if member and member.enrollment else "",
        is_console=entry.action == CONSOLE,
        access_key_id=entry.details["access_key_id"],
        account_id=entry.details["account"],
    )
