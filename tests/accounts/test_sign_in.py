"""Signing in and up: a room of people behind one address, each with limits of their own."""

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.accounts.mail import latest_code, who
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


def sign_up(client: Client, email: str, **typed: str) -> HttpResponse:
    """Fill in the form and the code from the letter."""
    client.post(reverse("account_signup"), {"email": email, "name": "Dora Dodo", **typed})
    assert who(client) is None
    return client.post(reverse("account_email_verification_sent"), {"code": latest_code(email)})


@pytest.mark.parametrize("typed", [{"password1": PASSWORD}, {}])
def test_signing_up_proves_the_address_and_signs_in_under_the_name_given(typed: dict[str, str]) -> None:
    client = Client()
    email = f"dodo-{len(typed)}@example.com"
    answer = sign_up(client, email, **typed)
    assert (answer.status_code, answer["Location"]) == (302, reverse("home"))
    person = User.objects.get(email=email, name="Dora Dodo")
    assert who(client) == str(person.pk)
    assert person.has_usable_password() is bool(typed)
    assert person.emailaddress_set.get().verified


def test_a_wrong_code_proves_nothing() -> None:
    client = Client()
    client.post(reverse("account_signup"), {"email": "mistyper@example.com", "name": "Dora"})
    page = client.post(reverse("account_email_verification_sent"), {"code": "WRONG-CODE"})
    assert "Incorrect code" in page.content.decode()
    assert who(client) is None


def sign_in_by_code(email: str) -> Client:
    """Ask for a code by e-mail from the room's address, and type it."""
    client = Client(REMOTE_ADDR=ROOM)
    client.post(reverse("account_request_login_code"), {"email": email})
    client.post(reverse("account_confirm_login_code"), {"code": latest_code(email)})
    return client


def test_a_code_by_e_mail_signs_in() -> None:
    person = new_person()
    assert who(sign_in_by_code(str(person.email))) == str(person.pk)


def test_a_hundred_people_sign_in_by_code_from_one_address() -> None:
    people = [new_person() for _ in range(100)]
    assert [p.email for p in people if who(sign_in_by_code(str(p.email))) != str(p.pk)] == []


def test_codes_are_guessed_three_times_and_then_void() -> None:
    person = new_person()
    client = Client()
    client.post(reverse("account_request_login_code"), {"email": person.email})
    code = latest_code(str(person.email))
    for _ in range(3):
        client.post(reverse("account_confirm_login_code"), {"code": "WRONG"})
    client.post(reverse("account_confirm_login_code"), {"code": code})
    assert who(client) is None


def test_an_unknown_address_gets_the_same_page_as_a_known_one() -> None:
    person = new_person()
    answers = [
        Client().post(reverse("account_request_login_code"), {"email": email})
        for email in (person.email, "nobody@example.com")
    ]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {
        (302, reverse("account_confirm_login_code"))
    }


def test_an_operators_own_account_needs_no_letter() -> None:
    person = User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    assert signs_in(person.email)


def test_the_administration_has_no_sign_in_of_its_own() -> None:
    answer = Client().post("/admin/login/", {"username": "root@example.com", "password": PASSWORD})
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, reverse("account_login"))


def test_one_address_is_one_person_whatever_its_case() -> None:
    person = new_person()
    client = Client()
    typed = {"email": str(person.email).upper(), "password1": PASSWORD, "name": "Twin"}
    client.post(reverse("account_signup"), typed)
    assert "_auth_user_id" not in client.session
    assert list(User.objects.filter(email__iexact=str(person.email))) == [person]
