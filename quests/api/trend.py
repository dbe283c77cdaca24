"""The board's trend as JSON: the same numbers as the chart and its table."""

from typing import Any

from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from accounts.api.problems import ApiProblem, answers
from accounts.api.signing_in import PersonRequest, by
from accounts.api.words import Moment, Slug
from accounts.enums import Scope
from quests.api.lookup import event_for
from quests.domain.queries.board import board, bracket_of, is_frozen_for
from quests.domain.queries.trend import trend as trend_of
from quests.permissions import may_organize, participation_of

router = Router(tags=["board"])


class TrendLine(Schema):
    """One team's points at each moment."""

    rank: int
    team: str
    points: list[int]


class Trend(Schema):
    """Points over time; both lists are empty before the start and where the pack shows no trend."""

    event: str
    bracket: str
    frozen_at: Moment | None
    moments: list[Moment] = Field(description="Each team's points belong to these.")
    teams: list[TrendLine]


@router.get("events/{event}/board/trend", response=answers(Trend), auth=by(Scope.READ), url_name="api_trend")
def trend(request: PersonRequest, event: Slug, bracket: str = "") -> Any:
    """Return points over time of the first ten teams and one's own, of one bracket with `?bracket=NAME`.

    404 for people outside the event. A frozen board's trend ends when it was frozen.
    """
    found = event_for(request, event)
    if bracket != bracket_of(found, bracket):
        raise ApiProblem(404, "NoSuchBracket", "The event has no such bracket.", brackets=found.brackets)
    frozen = is_frozen_for(found, organizes=may_organize(request.user, found))
    participation = participation_of(request.user, found)
    shown = trend_of(
        now=timezone.now(),
        event=found,
        rows=board(found, frozen=frozen, bracket=bracket),
        frozen=frozen,
        own=participation.enrollment_id if participation else None,
    )
    return {
        "event": found.slug,
        "bracket": bracket,
        "frozen_at": found.board_frozen_at,
        "moments": shown.moments if shown else [],
        "teams": shown.lines if shown else [],
    }
