"""Every address of the account pages and of the administration: what a stranger, a person and staff meet there."""

import pytest
from django.urls import get_resolver, reverse

from tests.access.tables import everybody, seen_by_everybody
from tests.quests.views.conftest import World
from tests.quests.views.test_access import patterns

pytestmark = [pytest.mark.services, pytest.mark.django_db]

SIGN_IN, HOME, CONFIRM = "to account_login", "to home", "to account_reauthenticate"
WRONG_METHOD = "405"
NUMBER = "00000000-0000-4000-8000-000000000000"

# What a stranger and what anybody who is signed in meets, by looking.
TABLE: dict[str, tuple[str, str]] = {
    "profile": (SIGN_IN, "200"),
    "tokens": (SIGN_IN, "200"),
    "token_revoke": (SIGN_IN, WRONG_METHOD),
    "privacy": (SIGN_IN, "200"),
    "privacy_export": (SIGN_IN, "200"),
    "privacy_erase": (SIGN_IN, WRONG_METHOD),
    "usersessions_list": (SIGN_IN, "200"),
    "session_end": (SIGN_IN, WRONG_METHOD),
    "sessions_end_others": (SIGN_IN, WRONG_METHOD),
    "sessions_end_all": (SIGN_IN, WRONG_METHOD),
    "account_login": ("200", HOME),
    "account_logout": (HOME, "200"),
    "account_inactive": ("200", "200"),
    "account_signup": ("200", HOME),
    "account_reauthenticate": (SIGN_IN, "200"),
    "account_email": (SIGN_IN, "200"),
    "account_email_verification_sent": (SIGN_IN, "to account_email"),
    "account_change_password": (SIGN_IN, "200"),
    "account_set_password": (SIGN_IN, "to account_change_password"),
    "account_reset_password": ("200", "200"),
    "account_confirm_login_code": ("to account_request_login_code", HOME),
    "account_reset_password_from_key_done": ("200", "200"),
    "account_reset_password_from_key": ("200", "200"),
    "account_reset_password_done": ("200", "200"),
    "account_signup_by_passkey": ("200", HOME),
    "account_request_login_code": ("200", HOME),
    "mfa_index": (SIGN_IN, "200"),
    "mfa_authenticate": (SIGN_IN, HOME),
    "mfa_reauthenticate": (SIGN_IN, CONFIRM),
    "mfa_activate_totp": (SIGN_IN, CONFIRM),
    "mfa_deactivate_totp": (SIGN_IN, "404"),
    "mfa_view_recovery_codes": (SIGN_IN, "404"),
    "mfa_generate_recovery_codes": (SIGN_IN, CONFIRM),
    "mfa_download_recovery_codes": (SIGN_IN, "404"),
    "mfa_list_webauthn": (SIGN_IN, "200"),
    "mfa_add_webauthn": (SIGN_IN, CONFIRM),
    "mfa_reauthenticate_webauthn": (SIGN_IN, CONFIRM),
    "mfa_remove_webauthn": (SIGN_IN, CONFIRM),
    "mfa_edit_webauthn": (SIGN_IN, CONFIRM),
    "mfa_login_webauthn": (SIGN_IN, HOME),
    "mfa_signup_webauthn": ("to account_signup", HOME),
    "socialaccount_login_cancelled": ("200", "200"),
    "socialaccount_login_error": ("401", "401"),
    "socialaccount_signup": (SIGN_IN, SIGN_IN),
    "socialaccount_connections": (SIGN_IN, "200"),
    "openid_connect_login": ("404", "404"),
    "openid_connect_callback": ("404", "404"),
}
GIVEN = {
    "token_revoke": {"token": NUMBER},
    "session_end": {"session": 1},
    "account_reset_password_from_key": {"uidb36": "1", "key": "invented"},
    "mfa_remove_webauthn": {"pk": 1},
    "mfa_edit_webauthn": {"pk": 1},
    "openid_connect_login": {"provider_id": "organization"},
    "openid_connect_callback": {"provider_id": "organization"},
}


def test_every_address_has_a_row() -> None:
    # Some old addresses of allauth's lead on to others and have no name.
    ours = {name for route, name in patterns(get_resolver()) if route.startswith("accounts/") and name}
    assert ours == set(TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_access(world: World, name: str) -> None:
    stranger, person = TABLE[name]
    where = reverse(name, kwargs=GIVEN.get(name, {}))
    assert seen_by_everybody(world, lambda client: client.get(where)) == everybody(person, anonymous=stranger)


def administration() -> list[str]:
    """Return each address of the administration, with something in the place of what it names."""
    found = {route for route, _ in patterns(get_resolver()) if route.startswith("admin/") and "^" not in route}
    plain = {route.replace("<path:object_id>", "1").replace("<path:content_type_id>", "1") for route in found}
    return sorted(route for route in plain if "(" not in route)


@pytest.mark.parametrize("route", administration())
def test_the_administration_is_for_staff(world: World, route: str) -> None:
    seen = seen_by_everybody(world, lambda client: client.get(f"/{route}"))
    seen.pop("staff")
    # Its sign-in leads strangers to the site's own, and tells others that it is not for them.
    expected = {"admin/login/": {SIGN_IN, "403"}, "admin/logout/": {"to admin:index"}}
    assert set(seen.values()) == expected.get(route, {"to admin:login"})
