"""The board."""

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quests.domain.live import board_topic, clock_topic
from quests.domain.queries.board import board
from quests.models import Event
from quests.views.frame import frame
from quests.views.lookup import members_only


@members_only
@require_safe
def show(request: HttpRequest, event: Event) -> HttpResponse:
    """Show the standings; `?part=board` answers with the table alone, `?projector=1` in big type."""
    context = frame(request, event, topics={"board": board_topic(event.id), "clock": clock_topic(event.id)})
    own = context["enrollment"].id if context["enrollment"] else None
    context |= {
        "rows": [{**vars(row), "you": row.enrollment_id == own} for row in board(event)],
        "maximum": event.release.maximum,
        "tasks_total": event.release.quests.aggregate(count=Count("tasks"))["count"],
        "projector": request.GET.get("projector") == "1",
    }
    return render(request, "quests/_board.html" if request.GET.get("part") == "board" else "quests/board.html", context)
