"""A team and its questions to the coaches."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quests.domain import help_requests
from quests.domain.live import clock_topic, help_topic
from quests.domain.queries.help_requests import request_view, requests_of, thread_of
from quests.domain.refusals import Refusal
from quests.forms.help_requests import QuestionForm, ReplyForm
from quests.models import Enrollment, HelpRequest
from quests.views.frame import frame
from quests.views.lookup import SignedInRequest, team_only


@team_only
@require_safe
def show(request: SignedInRequest, enrollment: Enrollment) -> HttpResponse:
    """Show the team's questions and a form for one more; `?part=list` the questions alone."""
    return _page(request, enrollment, QuestionForm(event=enrollment.event))


def _page(request: SignedInRequest, enrollment: Enrollment, form: QuestionForm) -> HttpResponse:
    asked = requests_of(enrollment=enrollment)
    if request.GET.get("part") == "list":
        return render(
            request, "quests/_help_requests.html", {"event": enrollment.event, "help_requests": asked, "part": True}
        )
    context = frame(request, enrollment.event, topics=_topics(enrollment)) | {
        "help_requests": asked,
        "question_form": form,
    }
    return render(request, "quests/help.html", context, status=422 if form.errors else 200)


@team_only
@require_POST
def ask(request: SignedInRequest, enrollment: Enrollment) -> HttpResponse:
    """Ask the coaches; a refused question comes back with all that was typed."""
    form = QuestionForm(request.POST, event=enrollment.event)
    if form.is_valid():
        try:
            asked = help_requests.ask_for_help(
                now=timezone.now(), enrollment=enrollment, user=request.user, **form.cleaned_data
            )
            messages.success(request, _("Your question is with the coaches. Your whole team sees it here."))
            return redirect("help_thread", enrollment.event.slug, asked.pk)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    return _page(request, enrollment, form)


@team_only
@require_safe
def show_thread(request: SignedInRequest, enrollment: Enrollment, question: UUID) -> HttpResponse:
    """Show one question with everything that was said; `?part=thread` that alone."""
    return _thread(request, _find(enrollment, question), ReplyForm())


def _thread(request: SignedInRequest, found: HelpRequest, form: ReplyForm) -> HttpResponse:
    event = found.enrollment.event
    context = frame(request, event, topics=_topics(found.enrollment)) | {
        "asked": request_view(request=found),
        "thread": thread_of(request=found),
        "reply_form": form,
    }
    part = request.GET.get("part") == "thread"
    template = "quests/_help_thread.html" if part else "quests/help_thread.html"
    return render(request, template, context, status=422 if form.errors else 200)


@team_only
@require_POST
def write(request: SignedInRequest, enrollment: Enrollment, question: UUID) -> HttpResponse:
    """Write to the coach; refused words come back as they were typed."""
    found, form = _find(enrollment, question), ReplyForm(request.POST)
    if form.is_valid():
        try:
            help_requests.write_to_coach(
                now=timezone.now(), request=found, text=form.cleaned_data["text"], user=request.user
            )
            return redirect("help_thread", enrollment.event.slug, found.pk)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    return _thread(request, found, form)


@team_only
@require_POST
def close(request: SignedInRequest, enrollment: Enrollment, question: UUID) -> HttpResponse:
    """Close the team's question."""
    found = _find(enrollment, question)
    help_requests.close_request(now=timezone.now(), request=found, actor=request.user)
    messages.success(request, _("The question is closed. You may ask again at any time."))
    return redirect("help_thread", enrollment.event.slug, found.pk)


def _topics(enrollment: Enrollment) -> dict[str, str]:
    return {"help": help_topic(enrollment.pk), "clock": clock_topic(enrollment.event_id)}


def _find(enrollment: Enrollment, pk: UUID) -> HelpRequest:
    return get_object_or_404(
        HelpRequest.objects.select_related("enrollment__event__release"), enrollment=enrollment, pk=pk
    )
