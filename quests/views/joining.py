"""Joining events and teams."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from quests.domain import joining
from quests.domain.refusals import Refusal, UnableToJoin
from quests.forms.joining import GuestForm, JoinForm, TeamForm
from quests.models import Event, Participation
from quests.permissions import participation_of
from quests.views.events import event_page
from quests.views.lookup import SignedInRequest, members_only


@require_http_methods(["GET", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Join an event by its code; GET shows the form, filled from a join link's `?code=` and an invitation's `&team=`.

    Who is not signed in yet is shown the ways to come in.
    """
    initial = {"code": request.GET.get("code", ""), "team": request.GET.get("team", "")}
    invited = joining.invitation(**initial)
    if not request.user.is_authenticated:
        context = {"form": GuestForm(initial=initial), "code": initial["code"], "invited": invited}
        return render(request, "quests/ways_in.html", context)
    form = JoinForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            participation = joining.join_event(now=timezone.now(), code=form.cleaned_data["code"], user=request.user)
            return enter(request, participation, form.cleaned_data["team"])
        except Refusal as refusal:
            form.add_error("code", str(refusal))
    return render(request, "quests/join.html", {"form": form, "invited": invited}, status=422 if form.errors else 200)


def enter(request: HttpRequest, participation: Participation, team: UUID | None) -> HttpResponse:
    """Lead somebody who has joined into the team of the invitation, if there is one, else to the event's page."""
    if team is not None:
        try:
            joining.accept_invitation(now=timezone.now(), participation=participation, team=team)
        except Refusal as refusal:
            messages.warning(request, str(refusal))
    return redirect("event", participation.event.slug)


@members_only
@require_POST
def create_team(request: SignedInRequest, event: Event) -> HttpResponse:
    """Found a team."""
    participation = participation_of(request.user, event)
    if participation is None:
        raise Http404
    form = TeamForm(request.POST)
    if form.is_valid():
        try:
            joining.create_team(now=timezone.now(), participation=participation, name=form.cleaned_data["name"])
            return redirect("console", event.slug)
        except UnableToJoin as refusal:
            # Another name would not help, and the event's page shows what is the matter.
            messages.error(request, str(refusal))
            return redirect("event", event.slug)
        except Refusal as refusal:
            form.add_error("name", str(refusal))
    return event_page(request, event, team_form=form)


@members_only
@require_POST
def join_team(request: SignedInRequest, event: Event, enrollment: UUID) -> HttpResponse:
    """Join a team that has room."""
    participation = participation_of(request.user, event)
    if participation is None:
        raise Http404
    team = get_object_or_404(event.enrollments, pk=enrollment)
    try:
        joining.join_team(now=timezone.now(), participation=participation, enrollment=team)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("event", event.slug)
    return redirect("console", event.slug)
