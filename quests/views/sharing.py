"""What people take away from an event's page: its calendar entry, and the sheet that leads others in."""

import segno
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from quests.domain.calendars import calendar_of
from quests.models import Event
from quests.views.lookup import SignedInRequest, coaches_only, members_only


@members_only
@require_safe
def calendar(request: SignedInRequest, event: Event) -> HttpResponse:
    """Answer with the event as a calendar file."""
    answer = HttpResponse(calendar_of(now=timezone.now(), event=event), content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{event.slug}.ics"'
    answer["Cache-Control"] = "no-store"
    return answer


@coaches_only
@require_safe
def join_sheet(request: SignedInRequest, event: Event) -> HttpResponse:
    """Show the way in, large enough for a projector and right for paper."""
    link = join_link(event)
    return render(request, "quests/organizer/join_sheet.html", {"event": event, "link": link, "qr": qr_of(link)})


def join_link(event: Event) -> str:
    """Return the address that leads into the event."""
    return f"{settings.PUBLIC_BASE_URL}{reverse('join')}?code={event.join_code}"


def qr_of(link: str) -> SafeString:
    """Return an address of ours as a QR code, drawn as SVG."""
    # Drawn by the library from an address of ours; nothing in it was typed by anybody.
    return mark_safe(segno.make(link, error="m").svg_inline(border=2, omitsize=True))  # noqa: S308
