"""The board as JSON: the same numbers as the page."""

from typing import Any

from ninja import Router, Schema
from pydantic import Field

from accounts.api.problems import ApiProblem, answers
from accounts.api.signing_in import PersonRequest, by
from accounts.api.words import Moment, Slug
from accounts.enums import Scope
from quests.api.lookup import event_for
from quests.domain.queries.board import board as standings
from quests.domain.queries.board import bracket_of, is_frozen_for, maximum_of
from quests.permissions import may_organize

router = Router(tags=["board"])


class Standing(Schema):
    """One team's line; equal points, hint points and last gain share a rank."""

    rank: int
    team: str
    bracket: str
    tasks_done: int
    points: int
    hint_points: int = Field(description="Spent on hints.")
    last_gain_at: Moment | None


class Board(Schema):
    """The standings of an event."""

    event: str
    state: str
    maximum: int
    bracket: str
    brackets: list[str]
    frozen_at: Moment | None
    standings: list[Standing]
    frozen_standings: list[Standing] | None = Field(None, description="What the others see; for organizers.")


@router.get(
    "events/{event}/board", response=answers(Board), auth=by(Scope.READ), url_name="api_board", exclude_unset=True
)
def board(request: PersonRequest, event: Slug, bracket: str = "") -> Any:
    """Return the standings, of one bracket with `?bracket=NAME`; 404 for people outside the event.

    While the board is frozen, `frozen_at` is set, and `standings` are those of that moment for all but organizers,
    who find them under `frozen_standings`.
    """
    found = event_for(request, event)
    if bracket != bracket_of(found, bracket):
        raise ApiProblem(404, "NoSuchBracket", "The event has no such bracket.", brackets=found.brackets)
    organizes = may_organize(request.user, found)
    body: dict[str, Any] = {
        "event": found.slug,
        "state": found.state,
        "maximum": maximum_of(found),
        "bracket": bracket,
        "brackets": found.brackets,
        "frozen_at": found.board_frozen_at,
        "standings": standings(found, frozen=is_frozen_for(found, organizes=organizes), bracket=bracket),
    }
    if found.board_frozen_at and organizes:
        body["frozen_standings"] = standings(found, frozen=True, bracket=bracket)
    return body
