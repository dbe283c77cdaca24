"""The ledger: its entries, and an organizer's corrections."""

from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from accounts.api.pages import PageQuery, a_page
from accounts.api.problems import ApiProblem, answers
from accounts.api.signing_in import PersonRequest, by
from accounts.api.words import Body, Moment, Reason, Slug
from accounts.enums import Scope
from quests.api.lookup import event_for, organized_event, own_team, task_in, team_in
from quests.domain import corrections
from quests.domain.corrections import LARGEST_ADJUSTMENT
from quests.enums import VoidMode
from quests.models import ScoreEntry
from quests.permissions import may_organize

router = Router(tags=["scores"])


class Entry(Schema):
    """One gain or loss."""

    id: int
    team: UUID
    kind: str
    points: int
    hint_points: int
    tasks_done: int
    task: str = Field(description="quest/task, where it is about one.")
    sentence: str
    reverses: int | None = Field(description="The entry that it takes back.")
    at: Moment


class Entries(Schema):
    """A page of the ledger."""

    entries: list[Entry]
    next: str | None


class AdjustBody(Body):
    """Which team gets or loses how much, and why; the same token does it once."""

    team: UUID
    points: int = Field(ge=-LARGEST_ADJUSTMENT, le=LARGEST_ADJUSTMENT, description="Not nought.")
    reason: Reason
    token: UUID = Field(description="Made by you: sending it again changes nothing.")


class WhyBody(Body):
    """Why; every team that it touches sees it."""

    reason: Reason


class VoidBody(WhyBody):
    """What becomes of a task's points."""

    mode: Literal["nobody", "everybody"] = "nobody"


class Done(Schema):
    """It is done."""

    done: str


@router.get("events/{event}/entries", response=answers(Entries), auth=by(Scope.READ), url_name="api_entries")
def index(request: PersonRequest, response: HttpResponse, event: Slug, query: Query[PageQuery]) -> Any:
    """List the entries of the ledger, the newest first: all for those who run the event, else the own team's."""
    found = event_for(request, event)
    entries = found.score_entries.all()
    if not may_organize(request.user, found):
        entries = entries.filter(enrollment=own_team(request, event))
    rows, following = a_page(request, response, query, entries, key="at")
    return {"entries": [_entry(row) for row in rows], "next": following}


@router.post("events/{event}/adjustments", response=answers(Entry, 201), auth=by(Scope.SCORES), url_name="api_adjust")
def adjust(request: PersonRequest, event: Slug, body: AdjustBody) -> Any:
    """Give a team points, or take some."""
    found = organized_event(request, event)
    team = team_in(found, body.team)
    entry = corrections.adjust_score(
        now=timezone.now(),
        enrollment=team,
        points=body.points,
        reason=body.reason,
        actor=request.user,
        token=body.token,
    )
    return Status(201, _entry(entry))


@router.post(
    "events/{event}/entries/{entry}/reverse",
    response=answers(Entry, 201),
    auth=by(Scope.SCORES),
    url_name="api_reverse",
)
def reverse(request: PersonRequest, event: Slug, entry: int, body: WhyBody) -> Any:
    """Write an entry's opposite, once."""
    found = organized_event(request, event)
    wanted = found.score_entries.filter(pk=entry).first() if 0 < entry < 2**63 else None
    if wanted is None:
        raise ApiProblem(404, "NotFound", "There is no such entry in this event.")
    opposite = corrections.reverse_entry(
        now=timezone.now(), event=found, entry=wanted, reason=body.reason, actor=request.user
    )
    return Status(201, _entry(opposite))


@router.post(
    "events/{event}/tasks/{quest}/{task}/void", response=answers(Done), auth=by(Scope.SCORES), url_name="api_void"
)
def void(request: PersonRequest, event: Slug, quest: Slug, task: Slug, body: VoidBody) -> Any:
    """Take a task out of everybody's points and the maximum, or give it to everybody."""
    found = organized_event(request, event)
    wanted = task_in(found, quest, task)
    corrections.void_task(
        now=timezone.now(),
        event=found,
        task=wanted,
        mode=VoidMode(body.mode),
        reason=body.reason,
        actor=request.user,
    )
    return {"done": f"{wanted.path} is void; every team sees the reason."}


@router.post(
    "events/{event}/tasks/{quest}/{task}/count-again",
    response=answers(Done),
    auth=by(Scope.SCORES),
    url_name="api_count_again",
)
def count_again(request: PersonRequest, event: Slug, quest: Slug, task: Slug, body: WhyBody) -> Any:
    """Let a void task count again: what the void took or gave is reversed."""
    found = organized_event(request, event)
    wanted = task_in(found, quest, task)
    corrections.lift_void(now=timezone.now(), event=found, task=wanted, reason=body.reason, actor=request.user)
    return {"done": f"{wanted.path} counts again."}


def _entry(entry: ScoreEntry) -> dict[str, Any]:
    names = ("kind", "points", "hint_points", "tasks_done", "task", "sentence", "at")
    plain = {name: getattr(entry, name) for name in names}
    return {**plain, "id": entry.pk, "team": entry.enrollment_id, "reverses": entry.reverses_id}
