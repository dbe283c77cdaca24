"""The first page: my events, and the join code."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quests.domain.queries.events import events_of
from quests.forms.joining import JoinForm
from quests.permissions import may_schedule


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the person's events with their roles, or what this place is."""
    context: dict[str, object] = {"join_form": JoinForm(initial={"code": request.GET.get("code", "")})}
    if request.user.is_authenticated:
        context |= {"events": events_of(request.user), "can_create_event": may_schedule(request.user)}
    return render(request, "quests/home.html", context)
