"""Who has keys to the teams' sandboxes: coaches look, organizers stop one person's access and allow it again."""

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from quests.domain import access
from quests.domain.live import event_topic
from quests.domain.queries.attribution import attribution, people_in_teams
from quests.domain.refusals import Refusal
from quests.forms.remedies import AllowAccessForm, StopAccessForm
from quests.models import Event
from quests.permissions import may_organize
from quests.views.frame import frame
from quests.views.lookup import SignedInRequest, coaches_only, organizers_only

PARTS = {"people": "quests/coach/_access_people.html", "vends": "quests/coach/_access_vends.html"}


@coaches_only
@require_safe
def show(request: SignedInRequest, event: Event) -> HttpResponse:
    """Show who took keys and when; `?part=people` and `?part=vends` one partial of it."""
    return _page(request, event)


@organizers_only
@require_POST
def stop(request: SignedInRequest, event: Event) -> HttpResponse:
    """Stop one person's access; the team plays on."""
    form = StopAccessForm(request.POST, people=people_in_teams(event))
    if not form.is_valid():
        return _page(request, event, stop_form=form)
    person, reason = form.cleaned_data["person"], form.cleaned_data["reason"]
    try:
        access.stop_access(now=timezone.now(), participation=person, actor=request.user.id, reason=reason)
        messages.success(request, f"{person.user.name} gets no keys any more; those already issued end within moments.")
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("team_access", event.slug)


@organizers_only
@require_POST
def allow(request: SignedInRequest, event: Event) -> HttpResponse:
    """Allow a stopped person again."""
    form = AllowAccessForm(request.POST, people=people_in_teams(event))
    if not form.is_valid():
        return _page(request, event, allow_form=form)
    person, reason = form.cleaned_data["person"], form.cleaned_data["reason"]
    try:
        access.allow_access(now=timezone.now(), participation=person, actor=request.user.id, reason=reason)
        messages.success(request, f"{person.user.name} may take new keys; the old ones stay dead.")
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("team_access", event.slug)


def _page(request: SignedInRequest, event: Event, **forms: Form) -> HttpResponse:
    people = people_in_teams(event)
    context = frame(request, event, topics={"event": event_topic(event.id)}) | {
        "attribution": attribution(event),
        "may_organize": may_organize(request.user, event),
        "stop_form": StopAccessForm(people=people),
        "allow_form": AllowAccessForm(people=people),
        **forms,
    }
    template = PARTS.get(request.GET.get("part", ""), "quests/coach/access.html")
    return render(request, template, context, status=422 if forms else 200)
