"""Signing in and up: a room of people behind one address, each with limits of their own."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.quests.conftest import new_person

pytestmark = [pytest.mark.services, pytest.mark.django_db]

PASSWORD = "a-good-password"
ROOM = "203.0.113.7"


def signs_in(email: str | None, password: str = PASSWORD) -> bool:
    """Try to sign in from the room's address, in a browser of its own; tell whether it worked."""
    client = Client(REMOTE_ADDR=ROOM)
    client.post(reverse("account_login"), {"login": email, "password": password})
    return "_auth_user_id" in client.session


def test_a_hundred_people_sign_in_from_one_address() -> None:
    people = [new_person() for _ in range(100)]
    assert [person.email for person in people if not signs_in(person.email)] == []


def test_guessing_stops_for_one_person_and_for_nobody_else() -> None:
    victim, neighbour = new_person(), new_person()
    client = Client(REMOTE_ADDR=ROOM)
    guesses = [
        client.post(reverse("account_login"), {"login": victim.email, "password": f"guess-{number}"})
        for number in range(11)
    ]
    said = ["Too many failed login attempts" in guess.content.decode() for guess in guesses]
    assert said == [False] * 10 + [True]
    assert not signs_in(victim.email)
    assert signs_in(neighbour.email)


def test_a_wrong_password_keeps_the_typed_address_but_not_the_password() -> None:
    person = new_person()
    page = Client().post(reverse("account_login"), {"login": person.email, "password": "wrong-guess"})
    assert f'value="{person.email}"' in page.content.decode()
    assert "wrong-guess" not in page.content.decode()


def test_the_case_of_an_address_does_not_matter() -> None:
    person = new_person()
    assert signs_in(str(person.email).upper())


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_signing_up_asks_for_a_name(name: str) -> None:
    client = Client()
    typed = {"email": "nameless@example.com", "password1": PASSWORD, "name": name}
    page = client.post(reverse("account_signup"), typed)
    assert page.context["form"].errors.keys() == {"name"}
    assert 'value="nameless@example.com"' in page.content.decode()
    assert not User.objects.filter(email="nameless@example.com").exists()


def test_signing_up_signs_in_under_the_name_given() -> None:
    client = Client()
    answer = client.post(
        reverse("account_signup"), {"email": "dodo@example.com", "password1": PASSWORD, "name": "Dora Dodo"}
    )
    assert (answer.status_code, answer["Location"]) == (302, reverse("home"))
    assert client.session["_auth_user_id"] == str(User.objects.get(email="dodo@example.com", name="Dora Dodo").pk)


def test_one_address_is_one_person_whatever_its_case() -> None:
    person = new_person()
    client = Client()
    typed = {"email": str(person.email).upper(), "password1": PASSWORD, "name": "Twin"}
    client.post(reverse("account_signup"), typed)
    assert "_auth_user_id" not in client.session
    assert list(User.objects.filter(email__iexact=str(person.email))) == [person]
