"""The board."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from quests.domain.live import board_topic, clock_topic, event_topic
from quests.domain.queries.board import BoardRow, board, bracket_of, is_frozen_for, maximum_of, tasks_of
from quests.domain.queries.trend import trend
from quests.models import Event
from quests.permissions import may_organize
from quests.views.frame import frame
from quests.views.lookup import members_only
from quests.views.plot import plot

PARTS = {"board": "quests/_board.html", "trend": "quests/_trend.html"}


@members_only
@require_safe
def show(request: HttpRequest, event: Event) -> HttpResponse:
    """Show the standings, of one bracket with `?bracket=`; `?projector=1` in big type; `?part=trend` the chart alone.

    A projector is looked at by everybody, so it shows a frozen board to organizers as well.
    """
    projector = request.GET.get("projector") == "1"
    organizes = may_organize(request.user, event) and not projector
    topics = {"board": board_topic(event.id), "clock": clock_topic(event.id)}
    if organizes and event.board_frozen_at:
        # While it is frozen for the others, nothing is said on the board's own topic.
        topics["event"] = event_topic(event.id)
    context = frame(request, event, topics=topics)
    own = context["enrollment"].id if context["enrollment"] else None
    bracket = bracket_of(event, request.GET.get("bracket", ""))
    frozen = is_frozen_for(event, organizes=organizes)
    rows = board(event, frozen=frozen, bracket=bracket)
    shown = trend(now=timezone.now(), event=event, rows=rows, frozen=frozen, own=own)
    both = organizes and event.board_frozen_at
    context |= {
        "rows": _rows(rows, own),
        "frozen_rows": _rows(board(event, frozen=True, bracket=bracket), own) if both else [],
        "plot": plot(shown, own=own) if shown else None,
        "is_frozen": frozen,
        "bracket": bracket,
        "maximum": maximum_of(event),
        "tasks_total": tasks_of(event),
        "projector": projector,
    }
    return render(request, PARTS.get(request.GET.get("part", ""), "quests/board.html"), context)


def _rows(rows: list[BoardRow], own: UUID | None) -> list[dict[str, Any]]:
    return [{**vars(row), "you": row.enrollment_id == own} for row in rows]
