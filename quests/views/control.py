"""The control room."""

from collections.abc import Callable

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import AuditEntry, User
from provisioning.domain.queries import costs
from quests.domain import events, holds, places, scores
from quests.domain.live import clock_topic, event_topic
from quests.domain.queries import progress
from quests.domain.queries.announcements import sent_in
from quests.domain.queries.probing import probing
from quests.domain.refusals import Refusal
from quests.forms.remedies import AcceptForm, CoachForm, ResumeForm, SuspendForm
from quests.models import CheckSuspension, Event, Place, TaskVoid
from quests.views.frame import frame
from quests.views.lookup import SignedInRequest, organizers_only

PARTS = {
    "places": "quests/organizer/_places.html",
    "progress": "quests/organizer/_progress.html",
    "checks": "quests/organizer/_checks.html",
    "journal": "quests/organizer/_journal.html",
    "announcements": "quests/organizer/_announcements.html",
}
JOURNAL_LENGTH = 30
_FORM_NAMES: dict[type[Form], str] = {SuspendForm: "suspend_form", AcceptForm: "accept_form"}


@organizers_only
@require_safe
def show(request: SignedInRequest, event: Event) -> HttpResponse:
    """Show the event's clock, sandboxes, teams and remedies; `?part=places` and the like one partial of it."""
    return _page(request, event)


def _page(request: SignedInRequest, event: Event, **forms: Form) -> HttpResponse:
    views = progress.places(event)
    journal = list(AuditEntry.objects.filter(scope=event.id)[:JOURNAL_LENGTH])
    names = dict(User.objects.filter(pk__in={entry.actor for entry in journal}).values_list("pk", "name"))
    topics = {"event": event_topic(event.id), "clock": clock_topic(event.id)}
    context = frame(request, event, topics=topics) | {
        "actions": event.actions.order_by("due_at", "id"),
        "places": views,
        "readiness": progress.readiness(views),
        "cost": costs.cost_of_scope(scope=event.id),
        "cost_omits": costs.omitted(),
        "grid": progress.grid(now=timezone.now(), event=event),
        "platform_errors": progress.platform_errors(now=timezone.now(), event=event),
        "probing": probing(now=timezone.now(), event=event),
        "holds": [(hold, holds.evidence_of(hold)) for hold in holds.live_holds(event)],
        "suspensions": CheckSuspension.objects.filter(event=event, lifted_at=None).select_related("task__quest"),
        "voids": TaskVoid.objects.filter(event=event, lifted_at=None).select_related("task__quest").order_by("at"),
        "coaches": event.roles.filter(role="coach").select_related("user"),
        "journal": [(entry, names.get(entry.actor, "") if entry.actor else "") for entry in journal],
        "sent": sent_in(event=event),
        "suspend_form": SuspendForm(event=event),
        "accept_form": AcceptForm(event=event),
        "coach_form": CoachForm(),
        **forms,
    }
    template = PARTS.get(request.GET.get("part", ""), "quests/organizer/control.html")
    return render(request, template, context, status=422 if forms else 200)


@organizers_only
@require_POST
def end(request: SignedInRequest, event: Event) -> HttpResponse:
    """End the event for everybody; the name typed by the organizer is the confirmation."""
    if request.POST.get("confirm", "").strip() != event.name:
        messages.error(request, _("Type the event's name to end it. Nothing was changed."))
        return redirect("control", event.slug)
    return _try(
        request,
        event,
        lambda: events.end_event(now=timezone.now(), event=event, actor=request.user, version=_version(request)),
        _("The event has ended. Sandboxes are being cleaned."),
    )


def _version(request: SignedInRequest) -> int | None:
    version = request.POST.get("version", "")
    return int(version) if version.isdecimal() else None


@organizers_only
@require_POST
def suspend(request: SignedInRequest, event: Event) -> HttpResponse:
    """Stop checking one task for all teams."""
    form = SuspendForm(request.POST, event=event)
    if not form.is_valid():
        return _page(request, event, suspend_form=form)
    return _try(
        request,
        event,
        lambda: scores.suspend_check(now=timezone.now(), event=event, actor=request.user, **form.cleaned_data),
        _("The check is suspended for all teams."),
        form=form,
    )


@organizers_only
@require_POST
def resume(request: SignedInRequest, event: Event) -> HttpResponse:
    """Check a suspended task again."""
    form = ResumeForm(request.POST, event=event)
    if not form.is_valid():
        messages.error(request, _("Choose a suspended task. Nothing was changed."))
        return redirect("control", event.slug)
    return _try(
        request,
        event,
        lambda: scores.lift_suspension(now=timezone.now(), event=event, actor=request.user, **form.cleaned_data),
        _("The task is checked again."),
    )


@organizers_only
@require_POST
def accept(request: SignedInRequest, event: Event) -> HttpResponse:
    """Give a team a task by hand."""
    form = AcceptForm(request.POST, event=event)
    if not form.is_valid():
        return _page(request, event, accept_form=form)
    return _try(
        request,
        event,
        lambda: scores.accept_task(now=timezone.now(), actor=request.user, **form.cleaned_data),
        _("The task is accepted."),
        form=form,
    )


@organizers_only
@require_POST
def prepare_anew(request: SignedInRequest, event: Event, number: int) -> HttpResponse:
    """Ask for a new sandbox for a place whose own has failed."""
    place = get_object_or_404(Place.objects.select_related("event", "lease"), event=event, number=number)
    return _try(
        request,
        event,
        lambda: places.prepare_anew(now=timezone.now(), place=place, actor=request.user),
        _("A new sandbox is being prepared for place %(number)s.") % {"number": number},
    )


@organizers_only
@require_POST
def add_coach(request: SignedInRequest, event: Event) -> HttpResponse:
    """Make somebody a coach."""
    form = CoachForm(request.POST)
    coach = None
    if form.is_valid():
        coach = User.objects.filter(email__iexact=form.cleaned_data["email"]).first()
        if coach is None:
            form.add_error("email", _("Nobody with this e-mail has signed up here yet."))
    if coach is None:
        return _page(request, event, coach_form=form)
    events.add_coach(now=timezone.now(), event=event, user=coach, actor=request.user)
    messages.success(request, _("%(name)s coaches this event.") % {"name": coach.name})
    return redirect("control", event.slug)


def _try(
    request: SignedInRequest, event: Event, act: Callable[[], object], done: str, *, form: Form | None = None
) -> HttpResponse:
    """Act and lead back to the control room; a refused form comes back with the refusal and all that was typed."""
    try:
        act()
        messages.success(request, done)
    except Refusal as refusal:
        if form is not None:
            form.add_error(None, str(refusal))
            return _page(request, event, **{_FORM_NAMES[type(form)]: form})
        messages.error(request, str(refusal))
    return redirect("control", event.slug)
