"""An event as an entry of a person's calendar."""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar
from icalendar import Event as Entry

from quests.domain.joining import ENDED
from quests.models import Event


def calendar_of(*, now: datetime, event: Event) -> bytes:
    """Return the event as an iCalendar file (RFC 5545), times in UTC.

    Its UID stays the same for good, and SEQUENCE rises with each move of the clock, so that a calendar that has the
    entry already moves it instead of adding another one.
    """
    link = f"{settings.PUBLIC_BASE_URL}{reverse('event', args=[event.slug])}"
    entry = Entry()
    entry.add("uid", f"{event.id}@{urlsplit(settings.PUBLIC_BASE_URL).hostname}")
    entry.add("sequence", event.clock_version)
    entry.add("dtstamp", now)
    entry.add("dtstart", event.starts_at)
    entry.add("dtend", event.ends_at)
    entry.add("summary", event.name)
    entry.add("description", _("%(game)s. Your way in: %(link)s") % {"game": event.release.title, "link": link})
    entry.add("url", link)
    called_off = event.state in ENDED and event.ends_at > now
    entry.add("status", "CANCELLED" if called_off else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", "-//GameDay Labs//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(entry)
    return bytes(calendar.to_ical())
