"""The coach's view of an event, and of one team in one quest."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quests.domain import answers, hinting, resets
from quests.domain.live import clock_topic, event_topic, team_topic
from quests.domain.queries.board import is_frozen_for
from quests.domain.queries.coaching import team_quest
from quests.domain.queries.environments import environment_of, waiting_resets
from quests.domain.queries.progress import grid
from quests.domain.refusals import Refusal
from quests.enums import ResetDecision
from quests.forms.coaching import AttemptsForm, ResetForm
from quests.models import Enrollment, Event, Quest
from quests.permissions import may_organize
from quests.views.frame import frame
from quests.views.lookup import SignedInRequest, coaches_only


@coaches_only
@require_safe
def show(request: HttpRequest, event: Event) -> HttpResponse:
    """Show every team's progress per quest against the expected time; `?part=progress` the grid alone."""
    context = frame(request, event, topics={"event": event_topic(event.id), "clock": clock_topic(event.id)})
    context["grid"] = grid(
        now=timezone.now(), event=event, frozen=is_frozen_for(event, organizes=may_organize(request.user, event))
    )
    context["resets"] = waiting_resets(event)
    part = request.GET.get("part") == "progress"
    return render(request, "quests/organizer/_progress.html" if part else "quests/coach/event.html", context)


@coaches_only
@require_safe
def show_quest(request: SignedInRequest, event: Event, enrollment: UUID, quest: str) -> HttpResponse:
    """Show one team in one quest; `?part=quest` answers with what changes while they play."""
    team, found = _team_and_quest(event, enrollment, quest)
    return _page(request, team, found)


def _page(
    request: SignedInRequest,
    team: Enrollment,
    quest: Quest,
    *,
    attempts_form: AttemptsForm | None = None,
    reset_form: ResetForm | None = None,
) -> HttpResponse:
    event = team.event
    topics = {"team": team_topic(team.pk), "clock": clock_topic(event.id)}
    context = frame(request, event, topics=topics) | {
        "shown": team_quest(now=timezone.now(), enrollment=team, quest=quest),
        "attempts_form": attempts_form or AttemptsForm(),
        "environment": environment_of(enrollment=team, quest=quest),
        "reset_form": reset_form or ResetForm(),
    }
    refused = any(form is not None and form.errors for form in (attempts_form, reset_form))
    part = request.GET.get("part") == "quest"
    template = "quests/coach/_team_quest.html" if part else "quests/coach/team_quest.html"
    return render(request, template, context, status=422 if refused else 200)


@coaches_only
@require_POST
def release_hint(request: SignedInRequest, event: Event, enrollment: UUID, quest: str, number: int) -> HttpResponse:
    """Open the team's next hint for nothing."""
    team, found = _team_and_quest(event, enrollment, quest)
    hint = get_object_or_404(found.hints.select_related("quest"), number=number)
    try:
        hinting.release_hint(now=timezone.now(), enrollment=team, hint=hint, actor=request.user)
        messages.success(request, _("%(team)s can read the hint now.") % {"team": team.name})
    except Refusal as refusal:
        messages.warning(request, str(refusal))
    return redirect("team_quest", event.slug, team.pk, found.slug)


@coaches_only
@require_POST
def give_attempts(request: SignedInRequest, event: Event, enrollment: UUID, quest: str) -> HttpResponse:
    """Give the team more answers."""
    team, found = _team_and_quest(event, enrollment, quest)
    form = AttemptsForm(request.POST)
    if form.is_valid():
        try:
            answers.give_attempts(
                now=timezone.now(), enrollment=team, quest=found, actor=request.user, **form.cleaned_data
            )
            messages.success(request, _("%(team)s may answer again.") % {"team": team.name})
            return redirect("team_quest", event.slug, team.pk, found.slug)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    return _page(request, team, found, attempts_form=form)


@coaches_only
@require_POST
def decide_reset(request: SignedInRequest, event: Event, enrollment: UUID, quest: str) -> HttpResponse:
    """Start the quest's environment again for the team that has asked, or say why not."""
    team, found = _team_and_quest(event, enrollment, quest)
    form = ResetForm(request.POST)
    if form.is_valid():
        confirmed = form.cleaned_data["decision"] == ResetDecision.CONFIRMED
        decide = resets.confirm_reset if confirmed else resets.decline_reset
        try:
            decide(
                now=timezone.now(),
                enrollment=team,
                quest=found,
                actor=request.user,
                reason=form.cleaned_data["reason"],
            )
            said = _("It is being made anew; %(team)s sees when it is ready.") if confirmed else _("%(team)s was told.")
            messages.success(request, said % {"team": team.name})
            return redirect("team_quest", event.slug, team.pk, found.slug)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    return _page(request, team, found, reset_form=form)


def _team_and_quest(event: Event, enrollment: UUID, slug: str) -> tuple[Enrollment, Quest]:
    teams = Enrollment.objects.select_related("event__release", "place__lease__account")
    team = get_object_or_404(teams, event=event, pk=enrollment)
    return team, get_object_or_404(Quest, release=event.release, slug=slug)
