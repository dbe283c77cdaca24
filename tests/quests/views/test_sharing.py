"""What people take away: the calendar entry and the join sheet."""

from datetime import timedelta

import pytest
from django.urls import reverse
from icalendar import Calendar

from quests.domain.events import end_event
from quests.domain.pauses import extend_event
from quests.models import Event
from tests.quests.views.conftest import World

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def entry(world: World) -> dict[str, object]:
    answer = world.client("member").get(reverse("event_calendar", args=[world.event.slug]))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.content)
    (event,) = calendar.walk("VEVENT")
    return {
        "uid": str(event["UID"]),
        "sequence": int(event["SEQUENCE"]),
        "start": event.decoded("DTSTART"),
        "end": event.decoded("DTEND"),
        "name": str(event["SUMMARY"]),
        "status": str(event["STATUS"]),
    }


def test_the_entry_moves_with_the_clock_and_stays_the_same_one(world: World) -> None:
    event, organizer = world.event, world.people["organizer"]
    assert organizer is not None
    before = entry(world)
    assert before["start"] == event.starts_at.replace(microsecond=0)
    assert (before["name"], before["sequence"], before["status"]) == ("Test flight", 0, "CONFIRMED")

    extend_event(now=event.starts_at, event=event, version=0, minutes=30, reason="Late", actor=organizer)

    after = entry(world)
    assert after == before | {"sequence": 1, "end": (event.ends_at + timedelta(minutes=30)).replace(microsecond=0)}


def test_an_event_that_was_called_off_is_cancelled_in_the_calendar(world: World) -> None:
    event, organizer = world.event, world.people["organizer"]
    assert organizer is not None
    end_event(now=event.starts_at, event=event, actor=organizer)
    Event.objects.filter(pk=event.pk).update(state="closed")
    assert entry(world)["status"] == "CANCELLED"


def test_a_line_break_in_a_name_adds_nothing_to_the_calendar(world: World) -> None:
    Event.objects.filter(pk=world.event.pk).update(name="A\r\nSTATUS:CANCELLED")
    assert entry(world)["status"] == "CONFIRMED"


def test_the_sheet_shows_the_way_in(world: World) -> None:
    page = world.client("coach").get(reverse("join_sheet", args=[world.event.slug])).content.decode()
    assert f"/join/?code={world.event.join_code}" in page
    assert "viewBox" in page
