"""The board as JSON: the same numbers as the page."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from quests.domain.queries.board import BoardRow, bracket_of, is_frozen_for, maximum_of
from quests.domain.queries.board import board as standings
from quests.models import Event
from quests.permissions import may_organize, takes_part


@require_safe
def board(request: HttpRequest, event: str) -> JsonResponse:
    """Return the standings, of one bracket with `?bracket=NAME`; 401 without sign-in, 404 for people outside the event.

    While the board is frozen, `frozen_at` is set, and `standings` are those of that moment for all but organizers,
    who find them under `frozen_standings`.
    """
    if not request.user.is_authenticated:
        return JsonResponse({"error": "Sign in first."}, status=401)
    found = Event.objects.select_related("release").filter(slug=event).first()
    if found is None or not takes_part(request.user, found):
        return JsonResponse({"error": "There is no such event for you."}, status=404)
    wanted = request.GET.get("bracket", "")
    bracket = bracket_of(found, wanted)
    if wanted != bracket:
        return JsonResponse({"error": "The event has no such bracket.", "brackets": found.brackets}, status=404)
    organizes = may_organize(request.user, found)
    body: dict[str, Any] = {
        "event": found.slug,
        "state": found.state,
        "maximum": maximum_of(found),
        "bracket": bracket,
        "brackets": found.brackets,
        "frozen_at": found.board_frozen_at.isoformat() if found.board_frozen_at else None,
        "standings": _rows(standings(found, frozen=is_frozen_for(found, organizes=organizes), bracket=bracket)),
    }
    if found.board_frozen_at and organizes:
        body["frozen_standings"] = _rows(standings(found, frozen=True, bracket=bracket))
    return JsonResponse(body)


def _rows(rows: list[BoardRow]) -> list[dict[str, Any]]:
    return [
        {
            "rank": row.rank,
            "team": row.team,
            "bracket": row.bracket,
            "tasks_done": row.tasks_done,
            "points": row.points,
            "hint_points": row.hint_points,
            "last_gain_at": row.last_gain_at.isoformat() if row.last_gain_at else None,
        }
        for row in rows
    ]
