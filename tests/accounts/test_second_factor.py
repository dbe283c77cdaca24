"""Second factors: setting them up, signing in with them, and who must have one."""

import re
from datetime import datetime

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.models import User
from quests.domain.joining import join_event
from quests.models import Event
from tests.accounts.mail import who
from tests.quests.conftest import new_person

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

PASSWORD = "a-good-password"
PAGES = ("/", "/events/new/", "/staff/", "/admin/")


def password_in(person: User) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    return client


def confirmed(client: Client) -> Client:
    """Type the password once more, as changes of the second factor ask for."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def code_of(secret: str, step: int = 0) -> str:
    """Return what an authenticator app shows around now; each of steps 0, 1 and 2 is taken once."""
    return format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[step]))


def with_app(person: User) -> tuple[Client, str]:
    """Set an authenticator app up through the pages; return the browser and the app's secret."""
    client = confirmed(password_in(person))
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r'id="authenticator_secret"[^>]*value="([A-Z2-7]+)"', page)
    assert secret, page
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret[1])})
    assert answer.status_code == 302
    return client, secret[1]


def test_an_authenticator_app_is_asked_for_at_every_sign_in() -> None:
    person = new_person()
    _, secret = with_app(person)
    client = password_in(person)
    assert who(client) is None
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert who(client) is None
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret, 2)})
    assert who(client) == str(person.pk)


def test_a_second_factor_is_changed_only_after_the_password_is_typed_again() -> None:
    client = password_in(new_person())
    leads = client.get(reverse("mfa_activate_totp"))
    assert (leads.status_code, leads["Location"].partition("?")[0]) == (302, reverse("account_reauthenticate"))


def test_a_recovery_code_works_once() -> None:
    person = new_person()
    client, _ = with_app(person)
    codes = client.get(reverse("mfa_download_recovery_codes")).content.decode().split()
    assert len(codes) == 10
    for expected in (str(person.pk), None):
        again = password_in(person)
        again.post(reverse("mfa_authenticate"), {"code": codes[0]})
        assert who(again) == expected


def test_secrets_are_stored_encrypted_under_a_key_that_can_be_rotated(settings: Settings) -> None:
    person = new_person()
    client, secret = with_app(person)
    codes = client.get(reverse("mfa_download_recovery_codes")).content.decode().split()
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored and not any(code in stored for code in codes)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a-new-key" * 8
    app = Authenticator.objects.get(type="totp")
    assert TOTP(app).validate_code(code_of(secret, 2))


def test_a_new_second_factor_signs_the_other_browsers_out() -> None:
    person = new_person()
    other = password_in(person)
    here, _ = with_app(person)
    assert here.get(reverse("profile")).status_code == 200
    assert other.get(reverse("profile")).status_code == 302


def led_away(client: Client, path: str) -> bool:
    answer = client.get(path)
    return answer.status_code == 302 and answer["Location"] == reverse("mfa_index")


@pytest.mark.parametrize("rule, led", [("none", []), ("staff", ["staff"]), ("organizers", ["staff", "organizer"])])
def test_who_must_set_a_second_factor_up_first(
    settings: Settings, event: Event, organizer: User, now: datetime, rule: str, led: list[str]
) -> None:
    settings.REQUIRE_SECOND_FACTOR = rule
    player = new_person("Player")
    join_event(now=now, code=event.join_code, user=player)
    people = {"staff": new_person("Staff", is_staff=True), "organizer": organizer, "player": player}
    browsers = {name: password_in(person) for name, person in people.items()}
    assert {name: [led_away(client, path) for path in PAGES] for name, client in browsers.items()} == {
        name: [name in led] * len(PAGES) for name in people
    }


def test_the_api_says_so_in_its_own_way(settings: Settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = "staff"
    answer = password_in(new_person(is_staff=True)).get("/api/v1/leases")
    assert (answer.status_code, list(answer.json())) == (403, ["code", "error"])


def test_with_a_second_factor_the_pages_are_open(settings: Settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = "staff"
    client, _ = with_app(new_person(is_staff=True))
    assert not any(led_away(client, path) for path in PAGES)


def test_the_way_to_a_second_factor_and_out_is_open(settings: Settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = "staff"
    client = confirmed(password_in(new_person(is_staff=True)))
    for name in ("mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "account_email", "usersessions_list"):
        assert client.get(reverse(name)).status_code == 200
    assert client.post(reverse("account_logout")).status_code == 302
    assert who(client) is None
