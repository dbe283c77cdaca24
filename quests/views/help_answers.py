"""A coach and one team's question: take it, answer, hand it over, close it."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quests.domain import help_requests
from quests.domain.live import clock_topic, queue_topic
from quests.domain.queries.help_requests import coaches_of, request_view, thread_of
from quests.domain.refusals import Refusal
from quests.forms.coaching import HandOverForm
from quests.forms.help_requests import ReplyForm
from quests.models import Event, HelpRequest
from quests.views.frame import frame
from quests.views.lookup import SignedInRequest, coaches_only


@coaches_only
@require_safe
def show(request: SignedInRequest, event: Event, question: UUID) -> HttpResponse:
    """Show a team's question with everything that was said; `?part=thread` that alone."""
    return _page(request, _find(event, question))


def _page(
    request: SignedInRequest,
    found: HelpRequest,
    *,
    reply_form: ReplyForm | None = None,
    hand_over_form: HandOverForm | None = None,
) -> HttpResponse:
    event = found.enrollment.event
    topics = {"queue": queue_topic(event.id), "clock": clock_topic(event.id)}
    others = coaches_of(event=event).exclude(pk=found.coach) if found.coach else coaches_of(event=event)
    context = frame(request, event, topics=topics) | {
        "asked": request_view(request=found),
        "thread": thread_of(request=found),
        "team": found.enrollment,
        "members": [row.user.name for row in found.enrollment.participations.select_related("user")],
        "reply_form": reply_form or ReplyForm(),
        "hand_over_form": hand_over_form or HandOverForm(coaches=others, initial={"seen": found.coach}),
    }
    part = request.GET.get("part") == "thread"
    template = "quests/coach/_help_thread.html" if part else "quests/coach/help_thread.html"
    return render(request, template, context, status=422 if reply_form or hand_over_form else 200)


@coaches_only
@require_POST
def claim(request: SignedInRequest, event: Event, question: UUID) -> HttpResponse:
    """Take the question, unless another coach was faster."""
    found = _find(event, question)
    return _try(
        request,
        found,
        lambda: help_requests.claim_request(now=timezone.now(), request=found, actor=request.user),
        _("You have it. %(team)s sees your name.") % {"team": found.enrollment.name},
    )


@coaches_only
@require_POST
def answer(request: SignedInRequest, event: Event, question: UUID) -> HttpResponse:
    """Answer; refused words come back as they were typed."""
    found, form = _find(event, question), ReplyForm(request.POST)
    if form.is_valid():
        try:
            help_requests.answer_request(
                now=timezone.now(), request=found, text=form.cleaned_data["text"], actor=request.user
            )
            return redirect("coach_help", event.slug, found.pk)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    return _page(request, _find(event, found.pk), reply_form=form)


@coaches_only
@require_POST
def hand_over(request: SignedInRequest, event: Event, question: UUID) -> HttpResponse:
    """Give the question to another coach, or take it over."""
    found = _find(event, question)
    form = HandOverForm(request.POST, coaches=coaches_of(event=event))
    if not form.is_valid():
        return _page(request, found, hand_over_form=form)
    found.coach = form.cleaned_data["seen"]
    to = form.cleaned_data["to"]
    return _try(
        request,
        found,
        lambda: help_requests.hand_over(now=timezone.now(), request=found, to=to, actor=request.user),
        _("%(name)s has it now.") % {"name": to.name},
    )


@coaches_only
@require_POST
def close(request: SignedInRequest, event: Event, question: UUID) -> HttpResponse:
    """Close the question."""
    found = _find(event, question)
    help_requests.close_request(now=timezone.now(), request=found, actor=request.user)
    messages.success(request, _("The question of %(team)s is closed.") % {"team": found.enrollment.name})
    return redirect("coach_event", event.slug)


def _try(request: SignedInRequest, found: HelpRequest, act: Callable[[], object], done: str) -> HttpResponse:
    try:
        act()
        messages.success(request, done)
    except Refusal as refusal:
        messages.warning(request, str(refusal))
    return redirect("coach_help", found.enrollment.event.slug, found.pk)


def _find(event: Event, pk: UUID) -> HelpRequest:
    rows = HelpRequest.objects.select_related("enrollment__event__release")
    return get_object_or_404(rows, enrollment__event=event, pk=pk)
