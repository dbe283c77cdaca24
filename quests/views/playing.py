"""The mission console: quests, tasks, hints, inputs."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quests.domain import hinting, inputs, playing, resets
from quests.domain.checks import request_check
from quests.domain.live import board_topic, clock_topic, help_topic, place_topic, team_topic
from quests.domain.queries import console as queries
from quests.domain.queries.environments import environment_of
from quests.domain.queries.help_requests import requests_of
from quests.domain.queries.prepared import prepared_calls
from quests.domain.queries.reference_services import services_of
from quests.domain.queries.sandbox import sandbox_of
from quests.domain.queries.team_timeline import feed_of_team
from quests.domain.refusals import QuestLocked, Refusal
from quests.enums import EventState
from quests.forms.help_requests import QuestionForm
from quests.forms.inputs import InputForm, input_forms
from quests.forms.reference_services import ServiceForm
from quests.models import Enrollment, Event, Quest
from quests.views.frame import frame
from quests.views.lookup import SignedInRequest, team_only

PARTS = {
    "quests": "quests/_quests.html",
    "tasks": "quests/_quest_tasks.html",
    "hints": "quests/_hints.html",
    "environment": "quests/_environment.html",
    "services": "quests/_services.html",
    "sandbox": "quests/_sandbox.html",
    "score": "quests/_score.html",
    "feed": "quests/_feed.html",
}
FEED_LENGTH = 10


@team_only
@require_safe
def console(request: SignedInRequest, enrollment: Enrollment, quest: str = "") -> HttpResponse:
    """Show the team's console with one quest open; `?part=hints` and the like answer with one partial of it."""
    return _console(request, enrollment, quest)


def _console(
    request: SignedInRequest,
    enrollment: Enrollment,
    slug: str = "",
    *,
    part: str = "",
    refused: InputForm | None = None,
) -> HttpResponse:
    context = frame(request, enrollment.event, topics=_topics(enrollment))
    part = part or request.GET.get("part", "")
    context |= _common(enrollment) | _beside(request, enrollment, slug, part)
    if enrollment.event.state not in (EventState.SCHEDULED, EventState.WARMING):
        context |= _quest_context(request, enrollment, slug, refused)
    elif slug:
        # A link to a quest that was opened too early: the console says when it opens.
        return redirect("console", enrollment.event.slug)
    template = PARTS.get(part, "quests/console.html")
    return render(request, template, context, status=422 if refused else 200)


def _topics(enrollment: Enrollment) -> dict[str, str]:
    topics = {
        "team": team_topic(enrollment.id),
        "board": board_topic(enrollment.event_id),
        "clock": clock_topic(enrollment.event_id),
        "help": help_topic(enrollment.id),
    }
    if enrollment.place_id:
        topics["sandbox"] = place_topic(enrollment.place_id)
    return topics


def _common(enrollment: Enrollment) -> dict[str, Any]:
    standing = queries.rank_of(enrollment=enrollment)
    return {
        "enrollment": enrollment,
        "standing": standing,
        "feed": standing.feed,
        "sandbox": sandbox_of(now=timezone.now(), enrollment=enrollment),
    }


def _beside(request: SignedInRequest, enrollment: Enrollment, slug: str, part: str) -> dict[str, Any]:
    """Return what stands beside the quest, for the whole page or for the feed alone."""
    context: dict[str, Any] = {}
    if part not in PARTS or part == "feed":
        context["happenings"] = feed_of_team(enrollment=enrollment, person=request.user.id, limit=FEED_LENGTH)
    if part not in PARTS:
        context["help_requests"] = requests_of(enrollment=enrollment)
        context["question_form"] = QuestionForm(event=enrollment.event, initial={"quest": slug})
    return context


def _quest_context(
    request: SignedInRequest, enrollment: Enrollment, slug: str, refused: InputForm | None
) -> dict[str, Any]:
    now, event = timezone.now(), enrollment.event
    context: dict[str, Any] = {}
    if slug:
        found = get_object_or_404(Quest, release=event.release, slug=slug)
        try:
            context |= _open_quest(enrollment, found, refused)
        except QuestLocked:
            context["locked"] = True
    cards = queries.quest_cards(now=min(now, event.ends_at), enrollment=enrollment)
    if "locked" in context:
        context["locked"] = next(card for card in cards if card.slug == slug)
    context["quests"] = [
        {
            **vars(card),
            "url": reverse("quest", args=[event.slug, card.slug]),
            "current": card.slug == slug,
        }
        for card in cards
    ]
    return context


def _open_quest(enrollment: Enrollment, quest: Quest, refused: InputForm | None) -> dict[str, Any]:
    """Return what an open quest shows; raises QuestLocked before anything of it is read."""
    now, event = timezone.now(), enrollment.event
    start = playing.start_quest(now=now, enrollment=enrollment, quest=quest)
    forms = input_forms(enrollment=enrollment, quest=quest)
    return {
        "quest": queries.open_quest(now=now, enrollment=enrollment, quest=quest, start=start),
        "environment": environment_of(enrollment=enrollment, quest=quest),
        "inputs": [refused if refused and form.name == refused.name else form for form in forms],
        "services": [
            {"view": view, "form": ServiceForm(slug=view.slug, definitions=view.settings, initial=dict(view.values))}
            for view in services_of(enrollment=enrollment, quest=quest)
        ],
        "prepared_calls": [
            {
                "label": call.label,
                "service": call.service,
                "operation": call.operation,
                "url": _workbench(event, call.query),
            }
            for call in prepared_calls(enrollment=enrollment)
            if call.quest_slug == quest.slug
        ],
    }


def _workbench(event: Event, query: str) -> str:
    return f"{reverse('workbench', args=[event.slug])}?{query}"


@team_only
@require_POST
def check(request: SignedInRequest, enrollment: Enrollment, quest: str) -> HttpResponse:
    """Check the quest's open tasks now."""
    found = _quest(enrollment, quest)
    try:
        if not request_check(now=timezone.now(), enrollment=enrollment, quest=found):
            messages.info(request, _("Nothing is left to check in this quest."))
    except Refusal as refusal:
        messages.warning(request, str(refusal))
    return _answer(request, enrollment, found, part="tasks")


@team_only
@require_POST
def reveal(request: SignedInRequest, enrollment: Enrollment, quest: str, number: int) -> HttpResponse:
    """Open a hint for the team."""
    found = _quest(enrollment, quest)
    hint = get_object_or_404(found.hints.select_related("quest"), number=number)
    try:
        hinting.reveal_hint(now=timezone.now(), enrollment=enrollment, hint=hint, user=request.user)
    except Refusal as refusal:
        messages.warning(request, str(refusal))
    return _answer(request, enrollment, found, part="hints")


@team_only
@require_POST
def save(request: SignedInRequest, enrollment: Enrollment, quest: str) -> HttpResponse:
    """Remember what the team hands in, and check it at once."""
    found = _quest(enrollment, quest)
    forms = input_forms(enrollment=enrollment, quest=found, data=request.POST)
    form = next((form for form in forms if form.name == request.POST.get("name")), None)
    if form is None:
        messages.error(request, _("This quest asks for no such thing. Nothing was changed."))
        return _answer(request, enrollment, found)
    if not form.is_valid():
        return _console(request, enrollment, quest, refused=form)
    now = timezone.now()
    try:
        saved = inputs.save_input(
            now=now,
            enrollment=enrollment,
            quest=found,
            name=form.name,
            value=form.cleaned_data["value"],
            user=request.user,
            seen=form.cleaned_data["seen"],
        )
    except Refusal as refusal:
        # What was typed stays in its field, beside the reason.
        form.add_error("value", str(refusal))
        return _console(request, enrollment, quest, refused=form)
    if saved.replaced_by:
        said = _("Meanwhile %(name)s had handed in “%(value)s”. Yours stands there now.")
        messages.warning(request, said % {"name": saved.replaced_by, "value": saved.replaced})
    try:
        checked = request_check(now=now, enrollment=enrollment, quest=found, cooldown=False)
        messages.success(request, _("Saved. It is being checked.") if checked else _("Saved."))
    except Refusal as refusal:
        messages.warning(request, str(refusal))
    return _answer(request, enrollment, found)


@team_only
@require_POST
def ask_for_reset(request: SignedInRequest, enrollment: Enrollment, quest: str) -> HttpResponse:
    """Ask a coach to start the quest's environment again."""
    found = _quest(enrollment, quest)
    try:
        resets.ask_for_reset(now=timezone.now(), enrollment=enrollment, quest=found, user=request.user)
        messages.success(request, _("A coach will look at it. Until then everything stays as it is."))
    except Refusal as refusal:
        messages.warning(request, str(refusal))
    return _answer(request, enrollment, found, part="environment")


def _quest(enrollment: Enrollment, slug: str) -> Quest:
    return get_object_or_404(Quest, release=enrollment.event.release, slug=slug)


def _answer(request: SignedInRequest, enrollment: Enrollment, quest: Quest, *, part: str = "") -> HttpResponse:
    """Answer an act: with the partial it changed when htmx asks, else by leading back to the quest."""
    if part and request.headers.get("HX-Request"):
        return _console(request, enrollment, quest.slug, part=part)
    return redirect("quest", enrollment.event.slug, quest.slug)
