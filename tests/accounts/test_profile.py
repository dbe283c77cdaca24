"""What people say about themselves."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.models import User
from tests.quests.conftest import new_person

pytestmark = [pytest.mark.services, pytest.mark.django_db]

TYPED = {"name": "Ada L.", "time_zone": "Europe/Berlin", "disciplines": ["data", "qa"], "experience": "4"}


@pytest.fixture
def person(db: None) -> User:
    return new_person("Ada")


@pytest.fixture
def browser(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_profile_is_kept(browser: Client, person: User) -> None:
    assert browser.post(reverse("profile"), TYPED)["Location"] == reverse("profile")
    person.refresh_from_db()
    kept = (person.name, person.time_zone, person.disciplines, person.experience)
    assert kept == ("Ada L.", "Europe/Berlin", ["data", "qa"], 4)


def test_nothing_but_a_name_and_a_zone_has_to_be_said(browser: Client, person: User) -> None:
    browser.post(reverse("profile"), {"name": "Ada", "time_zone": "UTC"})
    person.refresh_from_db()
    assert (person.disciplines, person.experience) == ([], None)


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "\u202e"}, {"time_zone": "Mars/Base"}, {"disciplines": ["magic"]}, {"experience": "6"}],
)
def test_wrong_words_change_nothing(browser: Client, person: User, wrong: dict[str, object]) -> None:
    page = browser.post(reverse("profile"), TYPED | wrong)
    assert page.status_code == 422
    assert set(page.context["form"].errors) == set(wrong)
    person.refresh_from_db()
    assert person.name == "Ada"


def test_times_are_shown_in_the_persons_zone_and_language(browser: Client, settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    browser.post(reverse("profile"), TYPED | {"language": "de"})
    page = browser.get(reverse("usersessions_list"))
    assert page["Content-Language"] == "de"
    assert '<html lang="de">' in page.content.decode()
    assert "CET" in page.content.decode() or "CEST" in page.content.decode()
