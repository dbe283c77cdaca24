"""Announcements: organizers send and withdraw them, everybody puts them away."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quests.domain import announcements
from quests.domain.live import clock_topic
from quests.domain.queries.announcements import sent_in, told_to
from quests.domain.refusals import Refusal
from quests.forms.announcements import AnnouncementForm
from quests.models import Announcement, Event
from quests.permissions import participation_of
from quests.views.frame import ANNOUNCEMENTS, frame
from quests.views.lookup import SignedInRequest, members_only, organizers_only


@organizers_only
@require_safe
def show(request: SignedInRequest, event: Event) -> HttpResponse:
    """Show what was announced and a form for the next; `?part=sent` the list alone."""
    return _page(request, event, AnnouncementForm(event=event))


def _page(request: SignedInRequest, event: Event, form: AnnouncementForm) -> HttpResponse:
    if request.GET.get("part") == "sent":
        return render(request, "quests/organizer/_announcements.html", {"event": event, "sent": sent_in(event=event)})
    context = frame(request, event, topics={"clock": clock_topic(event.id)}) | {
        "sent": sent_in(event=event),
        "announcement_form": form,
    }
    return render(request, "quests/organizer/announcements.html", context, status=422 if form.errors else 200)


@organizers_only
@require_POST
def send(request: SignedInRequest, event: Event) -> HttpResponse:
    """Announce; refused words come back as they were typed."""
    form = AnnouncementForm(request.POST, event=event)
    if form.is_valid():
        try:
            announcements.announce(now=timezone.now(), event=event, actor=request.user, **form.cleaned_data)
            messages.success(request, _("It is on their pages now."))
            return redirect("announcements", event.slug)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    return _page(request, event, form)


@organizers_only
@require_POST
def withdraw(request: SignedInRequest, event: Event, number: int) -> HttpResponse:
    """Take an announcement off every page."""
    found = get_object_or_404(Announcement, event=event, pk=number)
    announcements.withdraw(now=timezone.now(), announcement=found, actor=request.user)
    messages.success(request, _("It is off every page."))
    return redirect("announcements", event.slug)


@members_only
@require_POST
def put_away(request: SignedInRequest, event: Event, number: int) -> HttpResponse:
    """Put an announcement away, for this person, and lead back to the page where that happened."""
    participation = participation_of(request.user, event)
    told = told_to(event=event, person=request.user.id, enrollment=participation.enrollment if participation else None)
    announcements.put_away(now=timezone.now(), announcement=get_object_or_404(told, pk=number), person=request.user.id)
    if request.headers.get("HX-Request"):
        return redirect(f"{reverse('event', args=[event.slug])}?part={ANNOUNCEMENTS}")
    back = request.META.get("HTTP_REFERER", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return redirect(back)
    return redirect("event", event.slug)
