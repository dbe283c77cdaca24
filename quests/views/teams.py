"""A team's own page: its people, its name, where it is, its captain; leaving it."""

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quests.domain import teams
from quests.domain.joining import ENDED
from quests.domain.live import clock_topic, team_topic
from quests.domain.queries.people import teams_of
from quests.domain.queries.people_effects import of_move
from quests.domain.refusals import Refusal
from quests.domain.seats import captain_of
from quests.forms.teams import CaptainForm, RenameForm, WhereForm
from quests.models import Enrollment, Event
from quests.permissions import may_coach, participation_of
from quests.views.frame import frame
from quests.views.lookup import SignedInRequest, members_only, team_only


@members_only
@require_safe
def show(request: SignedInRequest, event: Event, enrollment: UUID) -> HttpResponse:
    """Show the team to its members, its coaches and organizers."""
    return _page(request, event, _team(request, event, enrollment))


@members_only
@require_POST
def rename(request: SignedInRequest, event: Event, enrollment: UUID) -> HttpResponse:
    """Give the team another name."""
    team = _team(request, event, enrollment)
    form = RenameForm(request.POST)
    return _try(
        request,
        team,
        form,
        lambda: teams.rename_team(now=timezone.now(), enrollment=team, actor=request.user, **form.cleaned_data),
        _("The team has its new name."),
    )


@members_only
@require_POST
def say_where(request: SignedInRequest, event: Event, enrollment: UUID) -> HttpResponse:
    """Say where the team is."""
    team = _team(request, event, enrollment)
    form = WhereForm(request.POST)
    return _try(
        request,
        team,
        form,
        lambda: teams.say_where(now=timezone.now(), enrollment=team, actor=request.user, **form.cleaned_data),
        _("Coaches see where you are."),
    )


@members_only
@require_POST
def hand_over(request: SignedInRequest, event: Event, enrollment: UUID) -> HttpResponse:
    """Make another member the captain."""
    team = _team(request, event, enrollment)
    captain = captain_of(team)
    form = CaptainForm(request.POST, enrollment=team, captain=captain.user if captain else None)
    return _try(
        request,
        team,
        form,
        lambda: teams.hand_over(now=timezone.now(), enrollment=team, actor=request.user, **form.cleaned_data),
        _("The team has a new captain."),
    )


@team_only
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: SignedInRequest, enrollment: Enrollment) -> HttpResponse:
    """Say what leaving the team means, and leave it once that is confirmed."""
    event = enrollment.event
    participation = participation_of(request.user, event)
    if participation is None:
        raise Http404
    if request.method == "POST":
        try:
            teams.leave_team(now=timezone.now(), participation=participation)
        except Refusal as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("You have left %(team)s.") % {"team": enrollment.name})
        return redirect("event", event.slug)
    context = frame(request, event, topics={"clock": clock_topic(event.id)})
    context["effect"] = of_move(participation=participation, to=None)
    return render(request, "quests/team_leave.html", context)


def _team(request: SignedInRequest, event: Event, enrollment: UUID) -> Enrollment:
    team = get_object_or_404(event.enrollments.select_related("event", "place__lease"), pk=enrollment)
    own = participation_of(request.user, event)
    if not (own and own.enrollment_id == team.pk) and not may_coach(request.user, event):
        raise Http404
    return team


def _page(request: SignedInRequest, event: Event, team: Enrollment, **forms: Form) -> HttpResponse:
    captain = captain_of(team)
    leads = event.state not in ENDED and team.closed_at is None and teams.may_lead(request.user, team, event)
    own = participation_of(request.user, event)
    is_own = own is not None and own.enrollment_id == team.pk
    context = frame(request, event, topics={"team": team_topic(team.pk), "clock": clock_topic(event.id)}) | {
        "team": team,
        "line": next((line for line in teams_of(event) if line.team.pk == team.pk), None),
        "captain": captain,
        "leads": leads,
        "is_own": is_own,
        "says_where": event.state not in ENDED and team.closed_at is None and (is_own or leads),
        "link": f"{settings.PUBLIC_BASE_URL}{reverse('join')}?code={event.join_code}&team={team.pk}",
        "rename_form": RenameForm(initial={"name": team.name, "seen": team.name}),
        "where_form": WhereForm(initial={"table": team.table, "call_link": team.call_link}),
        "captain_form": CaptainForm(enrollment=team, captain=captain.user if captain else None),
        **forms,
    }
    return render(request, "quests/team.html", context, status=422 if forms else 200)


# Beside which field a refusal stands.
_FIELDS: dict[type[Form], str] = {RenameForm: "name", WhereForm: "table", CaptainForm: "to"}
_NAMES: dict[type[Form], str] = {RenameForm: "rename_form", WhereForm: "where_form", CaptainForm: "captain_form"}


def _try(request: SignedInRequest, team: Enrollment, form: Form, act: Callable[[], object], done: str) -> HttpResponse:
    """Act on a valid form and lead back to the team; a refused form comes back with all that was typed."""
    if form.is_valid():
        try:
            act()
            messages.success(request, done)
            return redirect("team", team.event.slug, team.pk)
        except Refusal as refusal:
            form.add_error(_FIELDS[type(form)], str(refusal))
    return _page(request, team.event, team, **{_NAMES[type(form)]: form})
