"""The organization's own sign-in, against a provider in another process."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.models import User
from tests.accounts import provider
from tests.accounts.mail import who
from tests.accounts.provider import Provider
from tests.quests.conftest import new_person

pytestmark = [pytest.mark.services, pytest.mark.django_db]

CALLBACK = "/accounts/oidc/organization/login/callback/"
PEOPLE: list[dict[str, object]] = [
    {"username": "ada", "name": "Ada Company", "email": "ada@company.example", "verified": True},
    {"username": "mallory", "name": "Mallory", "email": "victim@company.example", "verified": False},
    {"username": "cy", "name": "Cy", "email": "cy@elsewhere.example", "verified": True},
]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder = tmp_path_factory.mktemp("provider")
    with provider.running(folder, redirect_uri=f"http://testserver{CALLBACK}", people=PEOPLE) as running:
        yield running


@pytest.fixture(autouse=True)
def configured(settings: Settings, company: Provider) -> None:
    app: dict[str, Any] = {
        "provider_id": "organization",
        "name": "The Company",
        "client_id": provider.CLIENT_ID,
        "secret": provider.CLIENT_SECRET,
        "settings": {"server_url": company.url},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}


def come_in(company: Provider, username: str, client: Client | None = None) -> tuple[Client, HttpResponse]:
    """Go through the whole dance; return our site's browser and its answer to the callback."""
    client = client or Client()
    company.enter(username)
    leads = client.get(reverse("openid_connect_login", args=["organization"]))
    assert leads["Location"].startswith(company.url)
    return client, client.get(company.authorize(leads["Location"]))


def test_the_sign_in_page_names_it() -> None:
    assert "Go on with The Company" in Client().get(reverse("account_login")).content.decode()


def test_a_new_person_signs_up_and_signs_in_again_as_the_same(company: Provider) -> None:
    first, _ = come_in(company, "ada")
    ada = User.objects.get(email="ada@company.example")
    assert (who(first), ada.name, ada.has_usable_password()) == (str(ada.pk), "Ada Company", False)
    second, _ = come_in(company, "ada")
    assert who(second) == str(ada.pk)
    assert SocialAccount.objects.filter(user=ada).count() == 1


def test_a_person_with_the_same_verified_address_is_linked(company: Provider) -> None:
    here = new_person("Ada Here")
    EmailAddress.objects.filter(user=here).update(email="ada@company.example")
    User.objects.filter(pk=here.pk).update(email="ada@company.example")
    client, _ = come_in(company, "ada")
    assert who(client) == str(here.pk)
    assert SocialAccount.objects.get(user=here).uid
    here.refresh_from_db()
    assert here.name == "Ada Here"


def test_an_address_that_the_provider_did_not_verify_opens_nobodys_account(company: Provider) -> None:
    victim = new_person("Victim")
    EmailAddress.objects.filter(user=victim).update(email="victim@company.example")
    User.objects.filter(pk=victim.pk).update(email="victim@company.example")
    client, page = come_in(company, "mallory")
    assert who(client) is None
    assert page.status_code == 403
    assert "has not verified your address victim@company.example" in page.content.decode()
    assert not SocialAccount.objects.exists()


def test_an_address_that_nobody_verified_is_proven_by_a_code_first(company: Provider) -> None:
    client, answer = come_in(company, "mallory")
    assert who(client) is None
    assert answer["Location"] == reverse("account_email_verification_sent")


def test_an_existing_person_connects_while_signed_in(company: Provider) -> None:
    victim = new_person("Victim")
    client = Client()
    client.force_login(victim, backend="django.contrib.auth.backends.ModelBackend")
    company.enter("mallory")
    leads = client.get(reverse("openid_connect_login", args=["organization"]) + "?process=connect")
    client.get(company.authorize(leads["Location"]))
    assert SocialAccount.objects.get().user == victim


def test_only_the_named_domains_come_in(company: Provider, settings: Settings) -> None:
    settings.OIDC_ALLOWED_DOMAINS = ["company.example"]
    outsider, page = come_in(company, "cy")
    assert (who(outsider), page.status_code) == (None, 403)
    assert "Only people with a verified address of company.example" in page.content.decode()
    unverified, page = come_in(company, "mallory")
    assert (who(unverified), page.status_code) == (None, 403)
    insider, _ = come_in(company, "ada")
    assert who(insider) is not None


def test_a_callback_that_nobody_asked_for_signs_nobody_in(company: Provider) -> None:
    asked = Client()
    company.enter("ada")
    leads = asked.get(reverse("openid_connect_login", args=["organization"]))
    callback = company.authorize(leads["Location"])
    other = Client()
    page = other.get(callback)
    assert who(other) is None
    assert "You were not signed in" in page.content.decode()
