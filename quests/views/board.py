"""The board."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quests.domain.live import board_topic, clock_topic, event_topic
from quests.domain.queries.board import board, bracket_of, is_frozen_for, maximum_of, tasks_of
from quests.models import Event
from quests.permissions import may_organize
from quests.views.frame import frame
from quests.views.lookup import members_only


@members_only
@require_safe
def show(request: HttpRequest, event: Event) -> HttpResponse:
    """Show the standings, of one bracket with `?bracket=`; `?part=board` the table alone, `?projector=1` in big type.

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
    context |= {
        "rows": _rows(event, own, frozen=frozen, bracket=bracket),
        "frozen_rows": _rows(event, own, frozen=True, bracket=bracket) if organizes and event.board_frozen_at else [],
        "is_frozen": frozen,
        "bracket": bracket,
        "maximum": maximum_of(event),
        "tasks_total": tasks_of(event),
        "projector": projector,
    }
    return render(request, "quests/_board.html" if request.GET.get("part") == "board" else "quests/board.html", context)


def _rows(event: Event, own: UUID | None, *, frozen: bool, bracket: str) -> list[dict[str, Any]]:
    return [{**vars(row), "you": row.enrollment_id == own} for row in board(event, frozen=frozen, bracket=bracket)]
