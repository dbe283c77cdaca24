"""The coach's view of an event."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from quests.domain.live import clock_topic, event_topic
from quests.domain.queries.board import is_frozen_for
from quests.domain.queries.progress import grid
from quests.models import Event
from quests.permissions import may_organize
from quests.views.frame import frame
from quests.views.lookup import coaches_only


@coaches_only
@require_safe
def show(request: HttpRequest, event: Event) -> HttpResponse:
    """Show every team's progress per quest against the expected time; `?part=progress` the grid alone."""
    context = frame(request, event, topics={"event": event_topic(event.id), "clock": clock_topic(event.id)})
    context["grid"] = grid(
        now=timezone.now(), event=event, frozen=is_frozen_for(event, organizes=may_organize(request.user, event))
    )
    part = request.GET.get("part") == "progress"
    return render(request, "quests/organizer/_progress.html" if part else "quests/coach/event.html", context)
