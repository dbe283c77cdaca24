"""The API gives the pages' numbers in pages of its own, and refuses with a code and a sentence."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, User
from provisioning.enums import AccountState, LeaseState
from provisioning.models import CleanCertificate, LeaseMove
from tests.provisioning import sandboxes
from tests.provisioning.rows import move_account, new_account, new_lease, new_staff

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def now() -> datetime:
    return sandboxes.now()


@pytest.fixture
def staff() -> User:
    return new_staff("Olive Operator")


@pytest.fixture
def browser(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


def post(browser: Client, name: str, *arguments: object, body: Any = None, **headers: str) -> Any:
    return browser.post(
        reverse(name, args=arguments),
        body if isinstance(body, str) else json.dumps(body or {}),
        content_type="application/json",
        headers=headers,
    )


def test_pages_go_on_by_cursor_and_lose_nothing_that_moves(browser: Client, now: datetime) -> None:
    made = [new_account(now - timedelta(minutes=number)) for number in range(5)]
    first = browser.get(reverse("api_accounts"), {"limit": 2}).json()
    made[3].state_since = now + timedelta(minutes=1)
    made[3].save()
    new_account(now + timedelta(minutes=1))
    second = browser.get(reverse("api_accounts"), {"limit": 2, "cursor": first["next"]}).json()
    third = browser.get(reverse("api_accounts"), {"limit": 2, "cursor": second["next"]}).json()

    seen = [row["account_id"] for page in (first, second, third) for row in page["accounts"]]
    assert seen == [each.account_id for each in made]
    assert third["next"] is None


def test_leases_have_cursors_too_also_within_one_moment(browser: Client, now: datetime) -> None:
    made = {str(new_lease(now).pk) for _ in range(5)}
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = browser.get(reverse("api_leases"), {"limit": 2, "cursor": cursor}).json()
        seen += [row["id"] for row in page["leases"]]
        cursor = page["next"]
    assert len(seen) == 5
    assert set(seen) == made


def test_an_account_says_what_its_page_says(browser: Client, staff: User, now: datetime) -> None:
    account = new_account(now, AccountState.CLEANING, attempts=2, due_at=now + timedelta(minutes=10))
    lease = new_lease(now, account=account, cost_usd="2.5", cost_at=now)
    move_account(account, now + timedelta(seconds=1), AccountState.QUARANTINED, "a bucket is left", actor=staff.pk)
    CleanCertificate.objects.create(
        account=account, at=now, is_clean=False, rounds=3, regions=["us-east-1"], resource_types=["s3"], leftovers=["x"]
    )

    seen = browser.get(reverse("api_account", args=[account.account_id])).json()

    assert {key: seen[key] for key in ("id", "state", "health", "reason", "attempts", "lease", "certified_clean")} == {
        "id": account.account_id,
        "state": "quarantined",
        "health": "needs_person",
        "reason": "a bucket is left",
        "attempts": 2,
        "lease": str(lease.pk),
        "certified_clean": False,
    }
    assert seen["cost_estimate_usd"] == 2.5
    assert seen["certificates"][0]["leftovers"] == ["x"]
    assert [(move["what"], move["to"], move["actor"]) for move in seen["moves"]] == [
        ("account", "quarantined", "Olive Operator"),
        ("lease", "active", ""),
    ]


def test_a_lease_is_ended_by_its_staff(browser: Client, staff: User, now: datetime) -> None:
    lease = new_lease(now, account=new_account(now, AccountState.LEASED))

    answer = post(
        browser, "api_lease_act", lease.pk, "end", body={"reason": "Over early", "confirm": str(lease.pk)[:8]}
    )

    assert answer.status_code == 200
    assert answer.json()["lease"]["state"] == "ending"
    assert "is ending" in answer.json()["done"]
    move = LeaseMove.objects.filter(lease=lease).last()
    assert move is not None
    assert (move.actor, move.reason) == (staff.pk, "Over early")
    assert AuditEntry.objects.filter(action="lease.end", actor=staff.pk).count() == 1


def test_a_lease_is_extended_to_a_moment(browser: Client, now: datetime) -> None:
    lease = new_lease(now)
    ends_at = (now + timedelta(hours=9)).replace(microsecond=0)
    answer = post(
        browser, "api_lease_act", lease.pk, "extend", body={"reason": "They asked", "ends_at": ends_at.isoformat()}
    )
    assert answer.status_code == 200, answer.content
    lease.refresh_from_db()
    assert lease.ends_at == ends_at


@pytest.mark.parametrize(
    ("action", "body", "status", "code"),
    [
        ("end", {"reason": "Over"}, 422, "InvalidInput"),
        ("end", {"reason": "Over", "confirm": "something"}, 422, "InvalidInput"),
        ("end", {"confirm": "right"}, 422, "InvalidInput"),
        ("end", "{", 400, "InvalidJson"),
        ("end", "[1]", 400, "InvalidJson"),
        ("explode", {"reason": "Why not"}, 404, "NoSuchAction"),
        ("extend", {"reason": "They asked", "ends_at": "soon"}, 422, "InvalidInput"),
        ("extend", {"reason": "They asked", "ends_at": "2001-01-01T00:00:00Z"}, 409, "NotPossible"),
    ],
)
def test_bad_requests_change_nothing_and_say_why(
    browser: Client, now: datetime, action: str, body: Any, status: int, code: str
) -> None:
    lease = new_lease(now)
    if isinstance(body, dict) and body.get("confirm") == "right":
        body = {"confirm": str(lease.pk)[:8]}
    answer = post(browser, "api_lease_act", lease.pk, action, body=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["error"]
    lease.refresh_from_db()
    assert lease.state == LeaseState.ACTIVE
    assert LeaseMove.objects.filter(lease=lease).count() == 1


def test_an_action_of_another_state_is_refused(browser: Client, now: datetime) -> None:
    lease = new_lease(now, LeaseState.ENDED)
    answer = post(browser, "api_lease_act", lease.pk, "end", body={"reason": "Over", "confirm": str(lease.pk)[:8]})
    assert (answer.status_code, answer.json()["code"]) == (409, "NotPossible")
    assert answer.json()["error"] == f"{str(lease.pk)[:8]} is ended: “End” does nothing there. Nothing was changed."


@pytest.mark.parametrize(
    "query", [{"state": "nonsense"}, {"limit": "0"}, {"limit": "many"}, {"limit": "999"}, {"cursor": "made-up"}]
)
def test_a_list_refuses_what_it_does_not_understand(browser: Client, query: dict[str, str]) -> None:
    for name in ("api_accounts", "api_leases"):
        answer = browser.get(reverse(name), query)
        assert (answer.status_code, answer.json()["code"]) == (422, "InvalidInput")


def test_what_is_not_there_and_what_may_not_be_asked(browser: Client) -> None:
    missing = browser.get(reverse("api_account", args=["999999999999"]))
    assert (missing.status_code, missing.json()) == (
        404,
        {"code": "NotFound", "error": "There is no account '999999999999' in the pool."},
    )
    wrong = browser.post(reverse("api_accounts"))
    assert (wrong.status_code, wrong.json()["code"], wrong["Allow"]) == (405, "MethodNotAllowed", "GET, HEAD")


def test_without_the_token_nothing_is_posted(staff: User, now: datetime) -> None:
    lease = new_lease(now)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(staff)
    body = {"reason": "Over", "confirm": str(lease.pk)[:8]}

    refused = post(browser, "api_lease_act", lease.pk, "end", body=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "CsrfFailed")
    lease.refresh_from_db()
    assert lease.state == LeaseState.ACTIVE

    browser.get(reverse("staff_lease_act", args=[lease.pk, "end"]))
    token = browser.cookies["csrftoken"].value
    taken = post(browser, "api_lease_act", lease.pk, "end", body=body, **{"X-CSRFToken": token})
    assert taken.status_code == 200
