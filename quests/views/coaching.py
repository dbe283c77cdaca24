"""The coach's view of an event, of one team, and of one team in one quest."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quests.domain import answers, hinting, notes, resets
from quests.domain.live import clock_topic, event_topic, queue_topic, team_topic
from quests.domain.queries.attention import attention
from quests.domain.queries.board import is_frozen_for
from quests.domain.queries.coaching import team_quest
from quests.domain.queries.environments import environment_of, waiting_resets
from quests.domain.queries.help_requests import queue_of
from quests.domain.queries.progress import grid
from quests.domain.queries.team_page import team_page
from quests.domain.queries.team_timeline import timeline_of_team
from quests.domain.refusals import Refusal
from quests.enums import ResetDecision
from quests.forms.coaching import AttemptsForm, NoteForm, ResetForm
from quests.models import Enrollment, Event, Quest
from quests.permissions import may_organize
from quests.views.frame import frame
from quests.views.lookup import SignedInRequest, coaches_only

PARTS = {
    "attention": "quests/coach/_attention.html",
    "queue": "quests/coach/_queue.html",
    "progress": "quests/organizer/_progress.html",
}
TIMELINE_LENGTH, NEEDS_SHOWN = 40, 30


@coaches_only
@require_safe
def show(request: SignedInRequest, event: Event) -> HttpResponse:
    """Show who needs a coach, what was asked, and every team's progress; `?part=attention` and the like one of them."""
    now, part = timezone.now(), request.GET.get("part", "")
    context: dict[str, Any] = {"event": event}
    if part not in PARTS:
        topics = {"event": event_topic(event.id), "queue": queue_topic(event.id), "clock": clock_topic(event.id)}
        context = frame(request, event, topics=topics)
    if part in ("", "attention"):
        ranked = attention(now=now, event=event)
        context |= {"attention": ranked[:NEEDS_SHOWN], "more": max(0, len(ranked) - NEEDS_SHOWN)}
    if part in ("", "queue"):
        context["queue"] = queue_of(event=event)
    if part in ("", "progress"):
        frozen = is_frozen_for(event, organizes=may_organize(request.user, event))
        context["grid"] = grid(now=now, event=event, frozen=frozen)
    if not part:
        context["resets"] = waiting_resets(event)
    return render(request, PARTS.get(part, "quests/coach/event.html"), context)


@coaches_only
@require_safe
def show_team(request: SignedInRequest, event: Event, enrollment: UUID) -> HttpResponse:
    """Show one team with its timeline, `?before=` a moment for older pages; `?part=timeline` that alone."""
    return _team(request, _find_team(event, enrollment), NoteForm())


def _team(request: SignedInRequest, team: Enrollment, form: NoteForm) -> HttpResponse:
    event = team.event
    before = _moment(request.GET.get("before", ""))
    context: dict[str, Any] = {
        "event": event,
        "team": team,
        "before": before,
        "timeline": timeline_of_team(enrollment=team, limit=TIMELINE_LENGTH, before=before),
    }
    if request.GET.get("part") == "timeline":
        return render(request, "quests/coach/_timeline.html", context)
    topics = {"team": team_topic(team.pk), "queue": queue_topic(event.id), "clock": clock_topic(event.id)}
    context |= frame(request, event, topics=topics) | {
        "page": team_page(now=timezone.now(), enrollment=team),
        "note_form": form,
    }
    return render(request, "quests/coach/team.html", context, status=422 if form.errors else 200)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


@coaches_only
@require_POST
def note(request: SignedInRequest, event: Event, enrollment: UUID) -> HttpResponse:
    """Note something about the team."""
    team, form = _find_team(event, enrollment), NoteForm(request.POST)
    if not form.is_valid():
        return _team(request, team, form)
    notes.add_note(now=timezone.now(), enrollment=team, actor=request.user, **form.cleaned_data)
    messages.success(request, _("Noted. Coaches and organizers read it, the team does not."))
    return redirect("coach_team", event.slug, team.pk)


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
    back = ["coach_event", event.slug] if "to_list" in request.POST else ["team_quest", event.slug, team.pk, found.slug]
    hint = get_object_or_404(found.hints.select_related("quest"), number=number)
    try:
        hinting.release_hint(now=timezone.now(), enrollment=team, hint=hint, actor=request.user)
        messages.success(request, _("%(team)s can read the hint now.") % {"team": team.name})
    except Refusal as refusal:
        messages.warning(request, str(refusal))
    return redirect(*back)


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
    return _find_team(event, enrollment), get_object_or_404(Quest, release=event.release, slug=slug)


def _find_team(event: Event, enrollment: UUID) -> Enrollment:
    teams = Enrollment.objects.select_related("event__release", "place__lease__account")
    return get_object_or_404(teams, event=event, pk=enrollment)
