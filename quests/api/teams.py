"""Teams of an event, and who is in it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from accounts.api.pages import PageQuery, a_page
from accounts.api.problems import answers, checked
from accounts.api.signing_in import PersonRequest, by
from accounts.api.words import Body, Moment, Slug, Text
from accounts.enums import Scope
from quests.api.lookup import event_for, organized_event, participation_in, team_in, team_of
from quests.domain import joining
from quests.domain.queries.board import is_frozen_for
from quests.domain.queries.progress import grid
from quests.forms.joining import TeamForm
from quests.models import Enrollment, EventRole
from quests.permissions import may_organize, participation_of

router = Router(tags=["teams"])


class Team(Schema):
    """A team as everybody in the event sees it."""

    id: UUID
    name: str
    bracket: str
    members: list[str]
    is_full: bool


class Teams(Schema):
    """A page of teams."""

    teams: list[Team]
    next: str | None


class QuestProgress(Schema):
    """A team in one quest."""

    slug: str
    title: str
    state: str = Field(description="locked, open, started or done.")
    done: int = Field(description="Tasks that are passed.")
    tasks: int
    minutes: int | None = Field(description="Played since the first member opened it.")
    late: bool
    hints: int = Field(description="That are open.")


class TeamProgress(Schema):
    """A team with its progress, for its members and those who watch over the event."""

    id: UUID
    name: str
    members: list[str]
    points: int
    hint_points: int
    quests: list[QuestProgress]


class TeamBody(Body):
    """A new team."""

    name: Text


class Participant(Schema):
    """A person in the event."""

    id: UUID
    name: str
    team: str | None
    team_id: UUID | None
    roles: list[str]
    joined_at: Moment


class Participants(Schema):
    """A page of people."""

    participants: list[Participant]
    next: str | None


@router.get("events/{event}/teams", response=answers(Teams), auth=by(Scope.READ), url_name="api_teams")
def index(request: PersonRequest, response: HttpResponse, event: Slug, query: Query[PageQuery]) -> Any:
    """List the event's teams, the oldest first."""
    found = event_for(request, event)
    teams = found.enrollments.select_related("event").prefetch_related("participations__user")
    rows, following = a_page(request, response, query, teams, newest_first=False)
    return {"teams": [_team(team) for team in rows], "next": following}


@router.post("events/{event}/teams", response=answers(Team, 201), auth=by(Scope.TEAMS), url_name="api_teams")
def create(request: PersonRequest, event: Slug, body: TeamBody) -> Any:
    """Found a team with the person as its captain."""
    participation = participation_in(request, event_for(request, event))
    form = checked(TeamForm(body.model_dump()))
    name = form.cleaned_data["name"]
    return Status(201, _team(joining.create_team(now=timezone.now(), participation=participation, name=name)))


@router.get("events/{event}/teams/{team}", response=answers(TeamProgress), auth=by(Scope.READ), url_name="api_team")
def show(request: PersonRequest, event: Slug, team: UUID) -> Any:
    """Return one team with its progress; while the board is frozen, the points are those that the person may see."""
    found = event_for(request, event)
    wanted = team_of(request, found, team)
    own = participation_of(request.user, found)
    # A team sees its own points as they are, as in its console.
    is_own = own is not None and own.enrollment_id == wanted.pk
    frozen = is_frozen_for(found, organizes=may_organize(request.user, found)) and not is_own
    rows = grid(now=timezone.now(), event=found, frozen=frozen).rows
    row = next(row for row in rows if row.id == wanted.pk)
    return {**vars(row), "quests": row.cells}


@router.post("events/{event}/teams/{team}/join", response=answers(Team), auth=by(Scope.TEAMS), url_name="api_team_join")
def join(request: PersonRequest, event: Slug, team: UUID) -> Any:
    """Put the person into a team that has room."""
    found = event_for(request, event)
    wanted = team_in(found, team)
    joining.join_team(now=timezone.now(), participation=participation_in(request, found), enrollment=wanted)
    return _team(wanted)


@router.get(
    "events/{event}/participants", response=answers(Participants), auth=by(Scope.READ), url_name="api_participants"
)
def participants(request: PersonRequest, response: HttpResponse, event: Slug, query: Query[PageQuery]) -> Any:
    """List who has joined the event, the first one first; for those who run it."""
    found = organized_event(request, event)
    people = found.participations.select_related("user", "enrollment")
    rows, following = a_page(request, response, query, people, key="joined_at", newest_first=False)
    roles: dict[UUID, list[str]] = {}
    for role in EventRole.objects.filter(event=found, user__in=[row.user_id for row in rows]).order_by("role"):
        roles.setdefault(role.user_id, []).append(role.role)
    documents = [
        {
            "id": row.user_id,
            "name": row.user.name,
            "team": row.enrollment.name if row.enrollment else None,
            "team_id": row.enrollment_id,
            "roles": roles.get(row.user_id, []),
            "joined_at": row.joined_at,
        }
        for row in rows
    ]
    return {"participants": documents, "next": following}


def _team(team: Enrollment) -> dict[str, Any]:
    members = [participation.user.name for participation in team.participations.all()]
    return {
        "id": team.pk,
        "name": team.name,
        "bracket": team.bracket,
        "members": members,
        "is_full": len(members) >= team.event.team_size_max,
    }
