"""What surrounds every page of an event: its bar with the clock, its tabs, its live stream."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from provisioning.domain.queries.leases import simulator_generation
from quests.domain.live import announcements_topic
from quests.domain.queries.announcements import unread_by
from quests.domain.queries.interruption import interruption_of
from quests.live.tickets import stream_url
from quests.models import Announcement, Event, Participation
from quests.permissions import may_coach, may_organize, participation_of

BAR, INTERRUPTION, ANNOUNCEMENTS = "bar", "interruption", "announcements"
# Pages that stand under another one's tab.
CHILDREN = {
    "quest": "console",
    "access_token_create": "access",
    "console_link_create": "access",
    "help": "console",
    "help_ask": "console",
    "help_thread": "console",
    "help_write": "console",
    "team_quest": "coach_event",
    "coach_team": "coach_event",
    "team_note": "coach_event",
    "coach_help": "coach_event",
    "coach_help_answer": "coach_event",
    "coach_help_hand_over": "coach_event",
    "attempts_give": "coach_event",
    "team_access": "coach_event",
    "control_act": "control",
    "access_stop": "coach_event",
    "access_allow": "coach_event",
    "help_desk_code": "help_desk",
    "announcements": "control",
    "announcement_send": "control",
    "people_act": "people",
    "roster": "people",
    "builder": "people",
    "team": "event",
    "team_rename": "event",
    "team_where": "event",
    "team_captain": "event",
    "team_leave": "event",
    "release_changes": "control",
    "release_adopt": "control",
}


def frame(request: HttpRequest, event: Event, *, topics: dict[str, str]) -> dict[str, Any]:
    """Return the context of base_event.html; `topics` maps the page's names to live topics."""
    participation = participation_of(request.user, event)
    names = [("event", _("Event"))]
    if participation and participation.enrollment_id:
        names += [("console", _("Quests")), ("workbench", _("Workbench")), ("access", _("Access"))]
    names.append(("board", _("Board")))
    watching = may_coach(request.user, event)
    if watching:
        names += [("coach_event", _("Teams")), ("help_desk", _("Help desk"))]
    if may_organize(request.user, event):
        names += [("people", _("People")), ("control", _("Control room"))]
    here = request.resolver_match.url_name if request.resolver_match else ""
    current = CHILDREN.get(here or "", here)
    return {
        "event": event,
        "participation": participation,
        "enrollment": participation.enrollment if participation else None,
        "company": event.release.document["pack"]["fiction"]["company"],
        "tabs": [
            {"label": label, "url": reverse(name, args=[event.slug]), "current": name == current}
            for name, label in names
        ],
        "bar_url": f"{reverse('event', args=[event.slug])}?part={BAR}",
        "announcements": _unread(request, event, participation),
        "announcements_url": f"{reverse('event', args=[event.slug])}?part={ANNOUNCEMENTS}",
        "live_url": stream_url(topics | {"announcements": announcements_topic(event.id)}),
        **_interruption(request, event, participation, watching=watching),
    }


def _unread(request: HttpRequest, event: Event, participation: Participation | None) -> list[Announcement]:
    if not request.user.is_authenticated:
        return []
    enrollment = participation.enrollment if participation else None
    return unread_by(event=event, person=request.user.id, enrollment=enrollment)


def _interruption(
    request: HttpRequest, event: Event, participation: Participation | None, *, watching: bool
) -> dict[str, Any]:
    """Return what the banner about a restarted simulator needs; nothing on AWS, which does not forget."""
    if settings.AWS_MODE != "simulator":
        return {}
    enrollment = participation.enrollment if participation else None
    interruption = interruption_of(
        now=timezone.now(), event=event, place=enrollment.place_id if enrollment else None, whole=watching
    )
    return {
        "interruption": interruption,
        "interruption_url": f"{reverse('event', args=[event.slug])}?part={INTERRUPTION}",
        "watching": watching,
        "generation": simulator_generation() if interruption and request.user.is_staff else "",
    }
