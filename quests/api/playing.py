"""The person's own team at work: quests with their state, checks, hints and what is handed in."""

from typing import Any

from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from accounts.api.problems import ApiProblem, answers, checked
from accounts.api.signing_in import PersonRequest, by
from accounts.api.words import Body, Moment, Slug, Text
from accounts.enums import Scope
from quests.api.lookup import own_team, quest_in
from quests.domain import checks, hinting, inputs, playing
from quests.domain.queries import console
from quests.enums import EventState
from quests.forms.inputs import input_forms
from quests.models import Enrollment, Quest

router = Router(tags=["quests"])
NOT_YET = (EventState.SCHEDULED, EventState.WARMING)


class QuestCard(Schema):
    """A quest with the team's state in it."""

    slug: str
    title: str
    kind: str
    level: str
    difficulty: int
    expected_minutes: int
    points: int
    earned: int
    state: str = Field(description="locked, open, started or done.")
    minutes_spent: int | None
    opens: list[str] = Field(description="What opens it, in words, while it is locked.")
    late: bool


class Quests(Schema):
    """All quests, by level."""

    quests: list[QuestCard]


class Verdict(Schema):
    """What a check said; of a secret one only the outcome and the advice."""

    outcome: str
    summary: str
    asked: str
    expected: str
    seen: str
    advice: str
    at: Moment


class TaskDocument(Schema):
    """A task with its last verdict."""

    slug: str
    title: str
    points: int
    state: str
    verdict: Verdict | None
    reason: str
    hold_minutes: int
    turning: str
    turning_since: Moment | None
    turns_at: Moment | None
    taken_back: bool
    passed_at: Moment | None


class HintDocument(Schema):
    """A hint; its text only once it is open."""

    number: int
    state: str = Field(description="revealed, offered, later or locked.")
    cost_points: int
    offered_at: Moment
    text_html: str
    released: bool


class InputDocument(Schema):
    """Something that the quest asks for."""

    name: str
    type: str
    label: str
    value: str
    saved_by: str
    locked: bool


class QuestDocument(Schema):
    """An open quest as the team sees it."""

    slug: str
    title: str
    kind: str
    difficulty: int
    expected_minutes: int
    points: int
    roles: list[str]
    objectives: list[str]
    body_html: str
    tasks: list[TaskDocument]
    hints: list[HintDocument]
    inputs: list[InputDocument]
    minutes_spent: int
    late: bool
    checking: bool
    can_check: bool
    next_check_at: Moment | None


class Checking(Schema):
    """How many tasks are checked now."""

    checking: int


class InputBody(Body):
    """What the team hands in."""

    value: Text = Field(max_length=2000)


@router.get("events/{event}/quests", response=answers(Quests), auth=by(Scope.READ), url_name="api_quests")
def index(request: PersonRequest, event: Slug) -> Any:
    """List the event's quests with the state of the person's own team; none before the event opens."""
    team = own_team(request, event)
    if team.event.state in NOT_YET:
        return {"quests": []}
    return {"quests": console.quest_cards(now=min(timezone.now(), team.event.ends_at), enrollment=team)}


@router.post(
    "events/{event}/quests/{quest}/open",
    response=answers(QuestDocument),
    auth=by(Scope.TEAMS),
    url_name="api_quest_open",
)
def open_quest(request: PersonRequest, event: Slug, quest: Slug) -> Any:
    """Open a quest for the team and return it; with the first time the quest's timer starts."""
    team = own_team(request, event)
    if team.event.state in NOT_YET:
        raise ApiProblem(409, "EventNotOpen", f"{team.event.name} has not started yet. Nothing was changed.")
    return _document(team, quest_in(team.event, quest))


@router.post(
    "events/{event}/quests/{quest}/check", response=answers(Checking), auth=by(Scope.TEAMS), url_name="api_quest_check"
)
def check(request: PersonRequest, event: Slug, quest: Slug) -> Any:
    """Check the quest's open tasks now; open the quest again to read the verdicts."""
    team = own_team(request, event)
    found = quest_in(team.event, quest)
    return {"checking": checks.request_check(now=timezone.now(), enrollment=team, quest=found)}


@router.post(
    "events/{event}/quests/{quest}/hints/{number}",
    response=answers(QuestDocument),
    auth=by(Scope.TEAMS),
    url_name="api_hint",
)
def reveal(request: PersonRequest, event: Slug, quest: Slug, number: int) -> Any:
    """Open a hint for the whole team; it costs what it says, once."""
    team = own_team(request, event)
    found = quest_in(team.event, quest)
    hint = found.hints.select_related("quest").filter(number=number).first() if 0 < number < 1000 else None
    if hint is None:
        raise ApiProblem(404, "NotFound", "The quest has no such hint.")
    hinting.reveal_hint(now=timezone.now(), enrollment=team, hint=hint, user=request.user)
    return _document(team, found)


@router.put(
    "events/{event}/quests/{quest}/inputs/{name}",
    response=answers(InputDocument),
    auth=by(Scope.TEAMS),
    url_name="api_input",
)
def save(request: PersonRequest, event: Slug, quest: Slug, name: Slug, body: InputBody) -> Any:
    """Hand something in; it is checked with the next check."""
    team = own_team(request, event)
    found = quest_in(team.event, quest)
    forms = input_forms(enrollment=team, quest=found, data=body.model_dump())
    form = next((form for form in forms if form.name == name), None)
    if form is None:
        raise ApiProblem(404, "NotFound", "This quest asks for no such thing.")
    checked(form)
    value = form.cleaned_data["value"]
    inputs.save_input(now=timezone.now(), enrollment=team, quest=found, name=name, value=value, user=request.user)
    return next(each for each in _inputs(team, found) if each["name"] == name)


def _document(team: Enrollment, quest: Quest) -> dict[str, Any]:
    now = timezone.now()
    start = playing.start_quest(now=now, enrollment=team, quest=quest)
    found = console.open_quest(now=now, enrollment=team, quest=quest, start=start)
    return {**vars(found), "inputs": _inputs(team, quest)}


def _inputs(team: Enrollment, quest: Quest) -> list[dict[str, Any]]:
    return [
        {
            "name": form.name,
            "type": form.kind,
            "label": str(form.fields["value"].label),
            "value": form.saved.value if form.saved else "",
            "saved_by": form.saved_by,
            "locked": form.locked,
        }
        for form in input_forms(enrollment=team, quest=quest)
    ]
