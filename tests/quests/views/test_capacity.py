"""Before an event is scheduled its organizer sees whether the pool can serve it, and what it may cost."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.models import User
from provisioning.models import Blueprint, Booking
from quests.models import Event, PackRelease
from tests.quests.conftest import MakePerson, new_event, new_person
from tests.quests.views.test_bad_input import GOOD_EVENT, text
from tests.quests.views.test_races import together

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def typed(release: PackRelease, now: datetime, **changes: str) -> dict[str, str]:
    start = f"{now + timedelta(days=1):%Y-%m-%dT%H:%M}"
    return GOOD_EVENT | {"release": str(release.pk), "starts_at": start, "time_zone": "UTC"} | changes


def post(organizer: User, words: dict[str, str]) -> HttpResponse:
    client = Client()
    client.force_login(organizer)
    return client.post(reverse("event_create"), words)


@pytest.fixture
def now(make_person: MakePerson) -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def release(release: PackRelease, settings: Settings) -> PackRelease:
    settings.AWS_ACCOUNT_LIMIT = 6
    Blueprint.objects.update(budget_usd=Decimal("12.50"))
    return release


@pytest.fixture
def organizer(make_person: MakePerson) -> User:
    return make_person("Olive", is_staff=True)


def test_checking_shows_capacity_and_cost_and_schedules_nothing(
    now: datetime, release: PackRelease, organizer: User
) -> None:
    answer = post(organizer, typed(release, now, check="yes"))

    assert answer.status_code == 200
    capacity = answer.context["capacity"]
    assert (capacity.accounts, capacity.free, capacity.refusal) == (4, 6, "")
    assert "4 accounts can be booked for this time." in text(answer)
    assert "50.00 USD" in text(answer)
    assert 'value="Autumn Flight"' in text(answer)
    assert (Event.objects.count(), Booking.objects.count()) == (0, 0)


def test_what_cannot_be_served_is_refused_by_name_with_the_numbers(
    now: datetime, release: PackRelease, organizer: User
) -> None:
    new_event(now=now, release=release, organizer=organizer, name="Storm", starts_at=now + timedelta(days=1))

    answer = post(organizer, typed(release, now))

    assert answer.status_code == 422
    assert "4 accounts are wanted, but only 3 of 6 can be had at that time (promised already: Storm (3))" in text(
        answer
    )
    assert [each.label for each in answer.context["capacity"].conflicts] == ["Storm"]
    assert [event.name for event in Event.objects.all()] == ["Storm"]
    checked = post(organizer, typed(release, now, check="yes"))
    assert checked.status_code == 200
    assert "It cannot be scheduled like this." in text(checked)


def test_a_check_of_an_impossible_plan_says_why(now: datetime, release: PackRelease, organizer: User) -> None:
    answer = post(organizer, typed(release, now, starts_at="2020-01-01T10:00", check="yes"))
    assert answer.status_code == 422
    assert answer.context["capacity"] is None
    assert "would already be over" in text(answer)


@pytest.mark.django_db(transaction=True)
def test_of_organizers_that_schedule_at_once_one_gets_the_last_accounts(now: datetime, release: PackRelease) -> None:
    organizers = [new_person(is_staff=True) for _ in range(4)]
    where = reverse("event_create")

    answers = together(
        organizers,
        lambda client, number: client.post(where, typed(release, now, name=f"Flight {number}")).status_code,
    )

    assert answers == Counter({302: 1, 422: 3})
    assert Event.objects.count() == Booking.objects.count() == 1
