"""A whole GameDay, as its people see it."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
import yaml
from botocore.config import Config
from botocore.exceptions import ClientError
from playwright.sync_api import Browser, Page, expect

from labs.local.stack import LocalStack
from tests.journey.conftest import CHECKOUT, ORGANIZER, ask, letter_code

pytestmark = pytest.mark.journey

EVENT, TEAM = "The big rehearsal", "Hippo Ballerinas"
SLUG = "the-big-rehearsal"
PASSWORD = "Dodos-do-not-fly-7"
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)
PACK = CHECKOUT / "packs" / "first-flight"


class Person:
    """Somebody with a browser of their own."""

    def __init__(self, browser: Browser, stack: LocalStack) -> None:
        self.stack, self.base = stack, stack.env["PUBLIC_BASE_URL"]
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(PATIENCE)
        self.page: Page = context.new_page()
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", lambda line: self.troubles.append(line.text) if line.type == "error" else None)

    def go(self, path: str) -> None:
        self.page.goto(f"{self.base}{path}")

    def sign_in(self, email: str, password: str) -> None:
        self.go("/accounts/login/")
        self.page.fill("input[name=login]", email)
        self.page.fill("input[name=password]", password)
        self.page.get_by_role("button", name="Sign in").last.click()
        expect(self.page).to_have_title(re.compile("Your events"))

    def sign_up(self, name: str, email: str) -> None:
        self.go("/accounts/signup/")
        self.page.fill("input[name=email]", email)
        self.page.fill("input[name=password1]", PASSWORD)
        self.page.fill("input[name=name]", name)
        self.page.locator("main form button[type=submit]").click()
        self.page.fill("input[name=code]", letter_code(self.stack, email))
        self.page.get_by_role("button", name="Confirm").click()
        expect(self.page).to_have_title(re.compile("Your events"))

    def join(self, code: str) -> None:
        self.go("/")
        self.page.fill("input[name=code]", code)
        self.page.get_by_role("button", name="Join").click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(EVENT)


def check_now(person: Person) -> None:
    """Press the button, unless the scheduled check was faster and the quest is done."""
    button = person.page.get_by_role("button", name="Check now")
    expect(person.page.locator("#tasks")).to_be_visible()
    if button.is_visible():
        button.click()


def schedule(organizer: Person) -> str:
    """Schedule the event through the form and return its join code."""
    page = organizer.page
    organizer.go("/events/new/")
    page.fill("input[name=name]", EVENT)
    page.fill("input[name=starts_at]", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M"))
    page.select_option("select[name=time_zone]", "UTC")
    page.fill("input[name=duration_minutes]", "60")
    page.fill("input[name=planned_teams]", "1")
    page.fill("input[name=spares]", "0")
    page.get_by_role("button", name="Schedule the event").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Control room")
    return page.locator(".join-code code").inner_text().strip()


def exported(block: str) -> dict[str, str]:
    """Read the variables out of the shell block on the page."""
    return {name: value.strip("'") for name, value in re.findall(r"^export (\w+)=(.*)$", block, re.MULTILINE)}


def client(service: str, variables: dict[str, str]) -> Any:
    """Return a boto3 client with the very keys that the page showed."""
    return boto3.client(
        service,
        region_name=variables["AWS_REGION"],
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=variables["AWS_SESSION_TOKEN"],
        config=Config(retries={"max_attempts": 1}),
    )


def fill(value: Any, outputs: dict[str, str]) -> Any:
    """Put the stack's outputs into the pack's solution."""
    if isinstance(value, str):
        return re.sub(r"\$\{outputs\.(\w+)\}", lambda match: outputs[match[1]], value)
    if isinstance(value, dict):
        return {key: fill(item, outputs) for key, item in value.items()}
    return [fill(item, outputs) for item in value] if isinstance(value, list) else value


def solution(quest: str) -> list[dict[str, Any]]:
    """Return the calls of the pack's own solution of a quest."""
    text = (PACK / "solution" / "quests" / quest / "solve.yaml").read_text()
    return list(yaml.safe_load(text)["calls"])


def sandbox(stack: LocalStack) -> dict[str, Any]:
    """Return what the platform knows about the team's sandbox."""
    code = f"""
import json
from quests.models import Enrollment
lease = Enrollment.objects.get(name={TEAM!r}).place.lease
account = lease.account
certificate = account.certificates.first()
print(json.dumps({{"outputs": lease.outputs, "lease": lease.state, "account": account.account_id,
  "state": account.state, "leftovers": account.leftovers, "clean": bool(certificate and certificate.clean)}}))
"""
    known: dict[str, Any] = ask(stack, code)
    return known


def test_a_whole_gameday(stack: LocalStack, browser: Browser) -> None:
    organizer, ada, bo = (Person(browser, stack) for _ in range(3))
    organizer.sign_in(*ORGANIZER)
    code = schedule(organizer)

    # Two people sign up, join, and make a team that has a place.
    ada.sign_up("Ada", "ada@example.com")
    bo.sign_up("Bo", "bo@example.com")
    ada.join(code)
    ada.page.fill("input[name=name]", TEAM)
    ada.page.get_by_role("button", name="Create the team").click()
    expect(ada.page.locator("#sandbox")).to_contain_text("ready")
    bo.join(code)
    bo.page.get_by_role("button", name=f"Join {TEAM}").click()
    expect(bo.page.locator("#sandbox")).to_contain_text("ready")
    expect(organizer.page.locator("#places")).to_contain_text("1 of 1 ready")

    # Ada solves a quest through boto3 with the keys that the page shows; Bo watches without reloading.
    bo.go(f"/events/{SLUG}/play/open-nest/")
    ada.go(f"/events/{SLUG}/access/")
    ada.page.get_by_role("button", name="Show one-off keys").click()
    keys = exported(ada.page.locator("#exports-block").inner_text())
    known = sandbox(stack)
    assert client("sts", keys).get_caller_identity()["Account"] == known["account"]
    for call in solution("open-nest"):
        getattr(client(call["service"], keys), call["operation"])(**fill(call["parameters"], known["outputs"]))
    ada.go(f"/events/{SLUG}/play/open-nest/")
    check_now(ada)
    for person in (ada, bo):
        expect(person.page.locator("#tasks [data-state=pass]")).to_have_count(3)
        expect(person.page.locator("#points")).to_have_text("100")

    # Bo solves another one in the workbench alone; Ada sees the points.
    for call in solution("long-memory"):
        bo.go(f"/events/{SLUG}/workbench/?service={call['service']}&operation={call['operation']}")
        bo.page.fill("#parameters", json.dumps(fill(call["parameters"], known["outputs"])))
        bo.page.locator("#run").click()
        expect(bo.page.locator("#answer")).to_contain_text("AWS did it")
    bo.go(f"/events/{SLUG}/play/long-memory/")
    check_now(bo)
    for person in (ada, bo):
        expect(person.page.locator("#points")).to_have_text("250")

    # A hint is bought once although both click.
    for person in (ada, bo):
        person.go(f"/events/{SLUG}/play/lost-letters/")
        expect(person.page.locator("#reveal-1")).to_be_visible()
    price = int(re.findall(r"\d+", ada.page.locator("#reveal-1").inner_text())[0])
    for person in (ada, bo):
        person.page.evaluate("document.getElementById('reveal-1')?.click()")
    for person in (ada, bo):
        expect(person.page.locator("#hint-1[data-state=revealed]")).to_be_visible()
        expect(person.page.locator("#points")).to_have_text(str(250 - price))

    # The board shows it, on the page and in the API.
    ada.go(f"/events/{SLUG}/board/")
    expect(ada.page.locator("#board .points")).to_have_text(str(250 - price))
    board = ada.page.request.get(f"{ada.base}/api/v1/events/{SLUG}/board").json()
    assert [(row["team"], row["points"], row["rank"]) for row in board["standings"]] == [(TEAM, 250 - price, 1)]

    # Something that no template knows stands in the account when the event ends.
    client("sqs", keys).create_queue(QueueName="forgotten")
    organizer.go(f"/events/{SLUG}/control/")
    organizer.page.get_by_text("End the event now").click()
    organizer.page.fill("#confirm", EVENT)
    organizer.page.get_by_role("button", name="End it for all teams").click()
    expect(organizer.page.locator("#places li.tone-soft")).to_contain_text("ended")

    # Credentials stop, the account is proven empty.
    with pytest.raises(ClientError):
        client("sqs", keys).list_queues()
    after = sandbox(stack)
    assert (after["lease"], after["state"], after["leftovers"], after["clean"]) == ("ended", "available", [], True)

    # Another team can get the account.
    again = """
import json, uuid
from datetime import timedelta
from django.utils import timezone
from provisioning.domain.leases import request_lease
from provisioning.models import Blueprint
now = timezone.now()
lease = request_lease(now=now, holder=uuid.uuid4(), scope=uuid.uuid4(), blueprint=Blueprint.objects.get(),
                      access_starts_at=now, ends_at=now + timedelta(hours=1))
print(json.dumps(str(lease.pk)))
"""
    lease = ask(stack, again)
    look = f"""
import json, time
from provisioning.models import Lease
deadline = time.monotonic() + 40
while (lease := Lease.objects.get(pk={lease!r})).state not in ("active", "failed") and time.monotonic() < deadline:
    time.sleep(0.2)
print(json.dumps([lease.state, lease.account.account_id]))
"""
    assert ask(stack, look) == ["active", known["account"]]
    assert [person.troubles for person in (organizer, ada, bo)] == [[], [], []]
