"""The help desk's pages: for coaches and organizers, each code shown once."""

import re
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from quests.domain import guests
from quests.domain.joining import join_event
from quests.enums import Role
from quests.models import Event, EventRole
from tests.quests.conftest import MakePerson

pytestmark = [pytest.mark.services, pytest.mark.django_db]

ADDRESSES = ("help_desk", "help_desk_code", "team_cards", "event_guests")


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_who_may_do_what(event: Event, organizer: User, make_person: MakePerson, now: datetime) -> None:
    coach, player = make_person("Cora"), make_person("Ada")
    EventRole.objects.create(event=event, user=coach, role=Role.COACH)
    join_event(now=now, code=event.join_code, user=player)
    people = {"organizer": organizer, "coach": coach, "player": player, "outsider": make_person("O")}
    answers = {
        name: [
            browser_of(user).get(reverse("help_desk", args=[event.slug])).status_code,
            *(browser_of(user).post(reverse(address, args=[event.slug])).status_code for address in ADDRESSES[1:]),
        ]
        for name, user in people.items()
    }
    assert answers == {
        "organizer": [200, 422, 200, 302],
        "coach": [200, 422, 200, 404],
        "player": [404] * 4,
        "outsider": [404] * 4,
    }


def test_a_code_is_shown_once_and_works(event: Event, organizer: User, make_person: MakePerson, now: datetime) -> None:
    ada = make_person("Ada")
    participation = join_event(now=now, code=event.join_code, user=ada)
    desk = browser_of(organizer)
    page = desk.post(reverse("help_desk_code", args=[event.slug]), {"person": participation.pk}).content.decode()
    shown = re.search(r"<code>([A-Z0-9]{5}-[A-Z0-9]{5})</code>", page)
    assert shown
    assert shown[1] not in desk.get(reverse("help_desk", args=[event.slug])).content.decode()
    guest = Client()
    answer = guest.post(reverse("guest_return"), {"code": event.join_code, "personal": shown[1]})
    assert answer["Location"] == reverse("event", args=[event.slug])
    assert guest.session["_auth_user_id"] == str(ada.pk)


def test_somebody_of_another_event_is_no_choice(event: Event, organizer: User) -> None:
    page = browser_of(organizer).post(reverse("help_desk_code", args=[event.slug]), {"person": "999999"})
    assert page.status_code == 422


def test_the_cards_carry_the_join_link(event: Event, organizer: User, now: datetime) -> None:
    guests.join_as_guest(now=now, code=event.join_code, name="Gus <b>")
    page = browser_of(organizer).post(reverse("team_cards", args=[event.slug])).content.decode()
    assert f"/join/?code={event.join_code}" in page
    assert "Gus &lt;b&gt;" in page
    assert "<svg" in page


def test_guests_are_switched_off_and_on(event: Event, organizer: User) -> None:
    desk = browser_of(organizer)
    for word, allowed in (("refuse", False), ("allow", True)):
        desk.post(reverse("event_guests", args=[event.slug]), {word: ""})
        event.refresh_from_db()
        assert event.guests is allowed
