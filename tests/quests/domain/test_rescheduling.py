"""Another time for an event: the clock, the booking and the calendars move with it."""

from datetime import datetime, timedelta

import pytest
from django.core import mail
from icalendar import Calendar
from pytest_django.fixtures import Settings

from accounts.models import User
from provisioning.models import Booking
from quests.domain.freezing import plan_freeze
from quests.domain.guests import join_as_guest
from quests.domain.joining import join_event
from quests.domain.letters import claim_letters, send_letter
from quests.domain.queries.effects import of_rescheduling
from quests.domain.refusals import ClockMoved, EventNotOpen, UnableToSchedule
from quests.domain.rescheduling import reschedule_event
from quests.enums import ActionKind
from quests.models import Event, Letter, PackRelease
from tests.quests.conftest import MakePerson, new_event, new_team, run_actions

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def event(now: datetime, release: PackRelease, organizer: User) -> Event:
    """An event in a week."""
    return new_event(now=now, release=release, organizer=organizer, starts_at=now + timedelta(days=7))


def due(event: Event) -> dict[str, datetime]:
    return dict(event.actions.values_list("kind", "due_at"))


def test_everything_to_come_moves_as_was_shown(event: Event, organizer: User, now: datetime) -> None:
    plan_freeze(now=now, event=event, at=event.ends_at - timedelta(minutes=10), actor=organizer)
    new_team(event, now, "Birds", organizer)
    by, start = timedelta(days=1, minutes=5), event.starts_at
    shown = of_rescheduling(now=now, event=event, starts_at=start + by)
    before = due(event)

    reschedule_event(now=now, event=event, version=0, starts_at=start + by, reason="Rain", actor=organizer)

    event.refresh_from_db()
    assert (event.starts_at, event.ends_at) == (start + by, start + by + timedelta(hours=1))
    assert due(event) == {kind: at + by for kind, at in before.items()} == {m.kind: m.after for m in shown.moves}
    assert Booking.objects.get().starts_at == start + by - timedelta(minutes=30)
    assert event.enrollments.count() == 1


def test_an_earlier_start_within_the_warm_up_begins_it_at_once(event: Event, organizer: User, now: datetime) -> None:
    soon = now + timedelta(minutes=10)
    reschedule_event(now=now, event=event, version=0, starts_at=soon, reason="Sun", actor=organizer)
    assert (due(event)["vend"], due(event)["open"]) == (now, soon)


def test_everybody_with_an_address_gets_one_letter_with_the_moved_entry(
    event: Event, organizer: User, now: datetime, make_person: MakePerson
) -> None:
    ada = make_person("Ada")
    join_event(now=now, code=event.join_code, user=ada)
    join_as_guest(now=now, code=event.join_code, name="Gus")
    for version in range(2):
        start = event.starts_at + timedelta(days=version + 1)
        reschedule_event(now=now, event=event, version=version, starts_at=start, reason="Rain", actor=organizer)
        for key in claim_letters(now=now, limit=10):
            send_letter(now=now, letter=key)
    assert sorted(letter.to[0] for letter in mail.outbox) == sorted([ada.email, organizer.email] * 2)
    entries = [Calendar.from_ical(letter.attachments[0][1]).walk("VEVENT")[0] for letter in mail.outbox]
    assert len({str(entry["UID"]) for entry in entries}) == 1
    assert sorted(int(entry["SEQUENCE"]) for entry in entries) == [1, 1, 2, 2]
    assert "has another time" in mail.outbox[0].subject


def test_of_two_organizers_the_second_one_is_refused(event: Event, organizer: User, now: datetime) -> None:
    start = event.starts_at
    reschedule_event(
        now=now, event=event, version=0, starts_at=start + timedelta(days=1), reason="Rain", actor=organizer
    )
    with pytest.raises(ClockMoved, match="Meanwhile Olive has moved the clock"):
        reschedule_event(
            now=now, event=event, version=0, starts_at=start + timedelta(days=2), reason="Rain", actor=organizer
        )


def test_what_cannot_move_stays_and_nobody_is_written_to(
    event: Event, organizer: User, now: datetime, release: PackRelease, settings: Settings
) -> None:
    start = event.starts_at
    with pytest.raises(UnableToSchedule, match="has passed"):
        reschedule_event(now=now, event=event, version=0, starts_at=now, reason="Rain", actor=organizer)
    settings.AWS_ACCOUNT_LIMIT = 5
    taken = start + timedelta(days=1)
    new_event(now=now, release=release, organizer=organizer, name="Other", starts_at=taken)
    with pytest.raises(UnableToSchedule, match="3 accounts are wanted"):
        reschedule_event(now=now, event=event, version=0, starts_at=taken, reason="Rain", actor=organizer)
    run_actions(event, start, ActionKind.VEND)
    with pytest.raises(EventNotOpen, match="warm-up has not begun"):
        reschedule_event(
            now=now, event=event, version=0, starts_at=start + timedelta(days=3), reason="Rain", actor=organizer
        )
    event.refresh_from_db()
    assert (event.starts_at, event.clock_version, Letter.objects.count()) == (start, 0, 0)
