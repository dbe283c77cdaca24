"""Where a person is signed in, and signing out from elsewhere."""

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from accounts.domain.devices import device_of
from accounts.models import User
from tests.accounts.mail import who
from tests.quests.conftest import new_person

pytestmark = [pytest.mark.services, pytest.mark.django_db]

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


def browser(person: User, agent: str) -> Client:
    client = Client(HTTP_USER_AGENT=agent)
    client.post(reverse("account_login"), {"login": person.email, "password": "a-good-password"})
    assert who(client) == str(person.pk)
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse("profile")).status_code == 200


def test_the_list_names_the_devices_and_marks_this_one() -> None:
    person = new_person()
    laptop, _ = browser(person, FIREFOX), browser(person, PHONE)
    rows = laptop.get(reverse("usersessions_list")).context["sessions"]
    assert {(row["device"], row["current"]) for row in rows} == {
        ("Firefox on Linux", True),
        ("Safari on iPhone", False),
    }


def test_one_browser_is_signed_out_and_the_others_stay() -> None:
    person = new_person()
    laptop, phone, third = (browser(person, agent) for agent in (FIREFOX, PHONE, FIREFOX))
    lost = UserSession.objects.get(session_key=phone.session.session_key)
    laptop.post(reverse("session_end", args=[lost.pk]))
    assert [is_in(client) for client in (laptop, phone, third)] == [True, False, True]


def test_everywhere_else_leaves_this_browser_in() -> None:
    person = new_person()
    laptop, phone = browser(person, FIREFOX), browser(person, PHONE)
    laptop.post(reverse("sessions_end_others"))
    assert (is_in(laptop), is_in(phone)) == (True, False)


def test_everywhere_means_here_too() -> None:
    person = new_person()
    laptop, phone = browser(person, FIREFOX), browser(person, PHONE)
    laptop.post(reverse("sessions_end_all"))
    assert (is_in(laptop), is_in(phone)) == (False, False)


def test_nobody_ends_somebody_elses_session() -> None:
    mine, yours = browser(new_person(), FIREFOX), browser(new_person(), PHONE)
    session = UserSession.objects.get(session_key=yours.session.session_key)
    assert mine.post(reverse("session_end", args=[session.pk])).status_code == 404
    assert is_in(yours)


@pytest.mark.parametrize(
    "agent, device", [("", "an unknown device"), ("curl/8", "an unknown device"), (PHONE, "Safari on iPhone")]
)
def test_a_device_is_named_as_far_as_it_can_be_told(agent: str, device: str) -> None:
    assert device_of(agent) == device
