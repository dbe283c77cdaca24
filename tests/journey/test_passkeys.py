"""Passkeys in a real browser, whose authenticator is Chromium's own virtual one."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from labs.local.stack import LocalStack
from tests.journey.conftest import ORGANIZER, letter_code

pytestmark = pytest.mark.journey

PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)
HOME = re.compile("Your events")


@pytest.fixture
def page(browser: Browser, stack: LocalStack) -> Iterator[Page]:
    """A browser with a built-in authenticator that verifies its owner."""
    # Passkeys belong to a name, not to a number.
    context = browser.new_context(base_url=stack.env["PUBLIC_BASE_URL"].replace("127.0.0.1", "localhost"))
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    tools = context.new_cdp_session(opened)
    tools.send("WebAuthn.enable")
    tools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    troubles: list[str] = []
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
    yield opened
    context.close()
    assert troubles == []


def sign_out(page: Page) -> None:
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_title(re.compile("Welcome"))


def press(page: Page, button: str) -> None:
    """Press a button that only works once the page's scripts have run."""
    page.locator(button).wait_for()
    page.wait_for_load_state()
    page.locator(button).click()


def sign_in_with_passkey(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_title(HOME)


def test_signing_up_and_in_with_nothing_but_a_passkey(stack: LocalStack, page: Page) -> None:
    page.goto("/accounts/signup/")
    page.get_by_role("link", name="Sign up with a passkey").click()
    page.fill("input[name=email]", "pat@example.com")
    page.fill("input[name=name]", "Pat Passkey")
    page.locator("main form button[type=submit]").first.click()
    page.fill("input[name=code]", letter_code(stack, "pat@example.com"))
    page.get_by_role("button", name="Confirm").click()
    press(page, "#mfa_webauthn_signup")
    expect(page).to_have_title(HOME)
    sign_out(page)
    sign_in_with_passkey(page)
    expect(page.locator(".menu summary")).to_contain_text("Pat Passkey")


def test_a_person_with_a_password_adds_a_passkey(stack: LocalStack, page: Page) -> None:
    page.goto("/accounts/login/")
    page.fill("input[name=login]", ORGANIZER[0])
    page.fill("input[name=password]", ORGANIZER[1])
    page.get_by_role("button", name="Sign in", exact=True).last.click()
    expect(page).to_have_title(HOME)
    page.goto("/accounts/2fa/webauthn/add/")
    page.fill("input[name=password]", ORGANIZER[1])
    page.locator("main form button[type=submit]").first.click()
    page.check("input[name=passwordless]")
    press(page, "#mfa_webauthn_add")
    expect(page.locator("#recovery_codes")).to_be_visible()
    sign_out(page)
    sign_in_with_passkey(page)


def test_without_any_passkey_the_page_says_so(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator("#toasts")).to_contain_text("No passkey was used")
