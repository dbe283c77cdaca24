"""The board as JSON: the same numbers as the page."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from quests.domain.queries.board import board as standings
from quests.models import Event
from quests.permissions import takes_part


@require_safe
def board(request: HttpRequest, event: str) -> JsonResponse:
    """Return the standings; 401 without sign-in, 404 for people outside the event."""
    if not request.user.is_authenticated:
        return JsonResponse({"error": "Sign in first."}, status=401)
    found = Event.objects.filter(slug=event).first()
    if found is None or not takes_part(request.user, found):
        return JsonResponse({"error": "There is no such event for you."}, status=404)
    rows = [
        {
            "rank": row.rank,
            "team": row.team,
            "tasks_done": row.tasks_done,
            "points": row.points,
            "hint_points": row.hint_points,
            "last_gain_at": row.last_gain_at.isoformat() if row.last_gain_at else None,
        }
        for row in standings(found)
    ]
    return JsonResponse({"event": found.slug, "state": found.state, "standings": rows})
