"""Event pages: what it is, who plays, and scheduling a new one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from provisioning.domain.bookings import Preview
from quests.domain.events import preview_capacity, schedule_event
from quests.domain.live import clock_topic, teams_topic
from quests.domain.queries.board import maximum_of
from quests.domain.queries.images import images_of
from quests.domain.refusals import Refusal
from quests.forms.events import EventForm, settings_of
from quests.forms.joining import JoinForm, TeamForm
from quests.models import Event, PackRelease
from quests.pack import render_markdown
from quests.permissions import may_organize, may_schedule
from quests.views.frame import ANNOUNCEMENTS, BAR, INTERRUPTION, frame
from quests.views.lookup import SignedInRequest, members_only, signed_in

PARTS = {
    BAR: "quests/_bar.html",
    INTERRUPTION: "quests/_interruption.html",
    ANNOUNCEMENTS: "quests/_announcements.html",
}


@members_only
@require_safe
def show(request: SignedInRequest, event: Event) -> HttpResponse:
    """Show the event to people in it."""
    return event_page(request, event)


def event_page(request: SignedInRequest, event: Event, *, team_form: TeamForm | None = None) -> HttpResponse:
    """Render the event's page, with the team form as it was typed when it was refused."""
    topics = {"clock": clock_topic(event.id), "event": teams_topic(event.id)}
    context = frame(request, event, topics=topics)
    part = PARTS.get(request.GET.get("part", ""))
    if part:
        return render(request, part, context)
    people = event.enrollments.filter(closed_at=None).prefetch_related("participations__user")
    teams: list[dict[str, Any]] = [
        {"id": team.id, "name": team.name, "members": [row.user.name for row in team.participations.all()]}
        for team in people
    ]
    context |= {
        "teams": [{**team, "full": len(team["members"]) >= event.team_size_max} for team in teams],
        "members": next((team["members"] for team in teams if team["id"] == _team_id(context)), []),
        "team_form": team_form or TeamForm(),
        "join_form": JoinForm(),
        "briefing_html": render_markdown(
            event.release.document["pack"]["fiction"]["briefing"], images=images_of(event)
        ),
        "maximum": maximum_of(event),
    }
    return render(request, "quests/event.html", context, status=422 if team_form and team_form.errors else 200)


def _team_id(context: dict[str, Any]) -> UUID | None:
    return context["enrollment"].id if context["enrollment"] else None


@signed_in
@require_http_methods(["GET", "POST"])
def create(request: SignedInRequest) -> HttpResponse:
    """Schedule an event."""
    if not may_schedule(request.user):
        reason = _("Only organizers and staff can schedule events.")
        return render(request, "403.html", {"reason": reason}, status=403)
    release = PackRelease.objects.order_by("-loaded_at").first()
    if release is None:
        messages.warning(request, _("No pack is loaded yet: run “manage.py packs load” first."))
        return redirect("home")
    initial = {
        "release": release,
        "time_zone": request.user.time_zone,
        "duration_minutes": release.duration_minutes,
        "planned_teams": 4,
        "spares": 1,
        "team_size_max": release.team_size_max,
        "warmup_minutes": 30,
    }
    like = Event.objects.select_related("release").filter(slug=request.GET.get("copy", "")).first()
    if like is not None and not may_organize(request.user, like):
        raise Http404
    form = EventForm(request.POST or None, initial=settings_of(like) if like else initial)
    capacity: Preview | None = None
    if request.method == "POST" and form.is_valid():
        now, plan = timezone.now(), form.plan()
        try:
            capacity = preview_capacity(now=now, plan=plan)
            if "check" not in request.POST:
                event = schedule_event(now=now, plan=plan, organizer=request.user, like=like)
                said = _("%(event)s is scheduled. Its join code is %(code)s.")
                messages.success(request, said % {"event": event.name, "code": event.join_code})
                return redirect("control", event.slug)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    return render(
        request,
        "quests/organizer/event_form.html",
        {"form": form, "capacity": capacity, "like": like},
        status=422 if form.errors else 200,
    )
