"""The board's trend as JSON: the same numbers as the chart and its table."""

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from quests.domain.queries.board import board, bracket_of, is_frozen_for
from quests.domain.queries.trend import trend as trend_of
from quests.models import Event
from quests.permissions import may_organize, participation_of, takes_part


@require_safe
def trend(request: HttpRequest, event: str) -> JsonResponse:
    """Return points over time of the first ten teams and one's own, of one bracket with `?bracket=NAME`.

    401 without sign-in, 404 for people outside the event. `moments` and each team's `points` belong together; both are
    empty before the start and where the pack shows no trend. A frozen board's trend ends when it was frozen.
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
    frozen = is_frozen_for(found, organizes=may_organize(request.user, found))
    participation = participation_of(request.user, found)
    shown = trend_of(
        now=timezone.now(),
        event=found,
        rows=board(found, frozen=frozen, bracket=bracket),
        frozen=frozen,
        own=participation.enrollment_id if participation else None,
    )
    return JsonResponse(
        {
            "event": found.slug,
            "bracket": bracket,
            "frozen_at": found.board_frozen_at.isoformat() if found.board_frozen_at else None,
            "moments": [moment.isoformat() for moment in shown.moments] if shown else [],
            "teams": [
                {"rank": line.rank, "team": line.team, "points": line.points} for line in (shown.lines if shown else [])
            ],
        }
    )
