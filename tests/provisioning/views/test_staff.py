"""The staff's pages: what needs attention first, every filter, the whole story of one row; closed to everybody else."""

import re
import uuid
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.domain import audit
from accounts.models import User
from provisioning.domain import notices
from provisioning.enums import AccountState, LeaseState
from provisioning.models import AccessToken, Booking, CleanCertificate, CostEstimate, Notice
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


def listed(browser: Client, name: str, **query: str) -> list[str]:
    """Return the references of a list's rows, in order."""
    page = browser.get(reverse(name), query).content.decode()
    return re.findall(r'<th scope="row">.*?href="/staff/(?:accounts|leases)/([^"/]+)/"', page, re.DOTALL)


def text_of(browser: Client, name: str, *arguments: object, **query: str) -> str:
    page = browser.get(reverse(name, args=arguments), query).content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_accounts_are_sorted_by_what_needs_attention(browser: Client, now: datetime) -> None:
    available = new_account(now)
    cleaning = new_account(now, AccountState.CLEANING, due_at=now)
    retrying = new_account(now, AccountState.CLEANING, due_at=now, attempts=3)
    overdue = new_account(now, AccountState.CLEANING, due_at=now, state_since=now - timedelta(hours=4))
    quarantined = new_account(now, AccountState.QUARANTINED)
    retired = new_account(now - timedelta(days=9), AccountState.RETIRED)

    expected = [each.account_id for each in (quarantined, overdue, retrying, cleaning, available, retired)]
    assert listed(browser, "staff_accounts") == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"state": "quarantined"}, ["bad"]),
        ({"source": "prepared"}, ["prepared"]),
        ({"reason": "bucket"}, ["bad"]),
        ({"overdue": "on"}, ["late"]),
        ({"q": "gameday-good"}, ["good"]),
        ({"state": "nonsense"}, ["bad", "late", "prepared", "good"]),
    ],
)
def test_accounts_are_filtered(browser: Client, now: datetime, query: dict[str, str], expected: list[str]) -> None:
    known = {
        "good": new_account(now, name="gameday-good"),
        "bad": new_account(now, AccountState.QUARANTINED, reason="a bucket is left"),
        "late": new_account(now, AccountState.VERIFYING, state_since=now - timedelta(hours=2), due_at=now),
        "prepared": new_account(
            now - timedelta(minutes=1), source="prepared", email=None, confirmed_at=now - timedelta(days=1)
        ),
    }
    assert listed(browser, "staff_accounts", **query) == [known[name].account_id for name in expected]


def test_an_account_is_found_by_its_id_in_groups_and_by_its_lease(browser: Client, now: datetime) -> None:
    account, _other = new_account(now, AccountState.LEASED), new_account(now)
    lease = new_lease(now, account=account)
    digits = str(account.account_id)

    assert listed(browser, "staff_accounts", q=f"{digits[:4]} {digits[4:8]} {digits[8:]}") == [digits]
    assert listed(browser, "staff_accounts", q=str(lease.pk)[:8]) == [digits]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["failed", "late", "active", "ended"]),
        ({"state": "active"}, ["active"]),
        ({"reason": "three accounts"}, ["failed"]),
        ({"overdue": "on"}, ["late"]),
        ({"scope": "spring"}, ["active"]),
    ],
)
def test_leases_are_sorted_and_filtered(
    browser: Client, now: datetime, query: dict[str, str], expected: list[str]
) -> None:
    scope = uuid.uuid4()
    Booking.objects.create(
        scope=scope,
        label="Spring gameday",
        accounts=1,
        starts_at=now,
        ends_at=now + timedelta(hours=1),
        created_at=now,
    )
    known = {
        "active": new_lease(now, scope=scope, due_at=now + timedelta(hours=1)),
        "ended": new_lease(now, LeaseState.ENDED),
        "failed": new_lease(now, LeaseState.FAILED, reason="three accounts were tried"),
        "late": new_lease(now, LeaseState.REQUESTED, deadline_at=now - timedelta(hours=1), due_at=now),
    }
    assert listed(browser, "staff_leases", **query) == [str(known[name].pk) for name in expected]


def test_a_lease_is_found_by_the_start_of_its_id_by_its_holder_and_by_its_account(
    browser: Client, now: datetime
) -> None:
    account = new_account(now, AccountState.LEASED)
    lease = new_lease(now, account=account)
    new_lease(now)
    for text in (str(lease.pk)[:7], str(lease.holder), str(account.account_id)):
        assert listed(browser, "staff_leases", q=text) == [str(lease.pk)]
    assert browser.get(reverse("staff_lease", args=[str(lease.pk)[:8]])).status_code == 200


def test_a_row_says_when_it_is_tried_next_and_why_it_waits(browser: Client, now: datetime) -> None:
    new_account(now, AccountState.CLEANING, step="sweep", attempts=2, due_at=now + timedelta(minutes=3, seconds=40),
                reason="sns: Throttling")  # fmt: skip
    new_account(now, AccountState.CLEANING, step="stacks", due_at=now, claimed_until=now + timedelta(minutes=1))

    page = text_of(browser, "staff_accounts")

    assert "sweep in 3 min 2 failed tries" in page
    assert "sns: Throttling" in page
    assert "stacks claimed by a worker" in page


def test_one_stuck_account_is_named_and_the_others_go_on(browser: Client, now: datetime) -> None:
    new_account(now, AccountState.CLEANING, state_since=now - timedelta(hours=5), due_at=now + timedelta(minutes=1))
    new_account(now)

    page = text_of(browser, "staff_accounts")

    assert "cleaning for 5 h 00 min, normally less than 3 h 00 min" in page
    assert page.count("overdue overdue") == 1
    assert "available" in page


def test_the_list_goes_on_on_another_page_and_keeps_the_filter(browser: Client, now: datetime) -> None:
    for number in range(52):
        new_account(now - timedelta(minutes=number), state="available", name=f"gameday-{number}")
    assert len(listed(browser, "staff_accounts", state="available")) == 50
    assert len(listed(browser, "staff_accounts", state="available", page="2")) == 2
    page = browser.get(reverse("staff_accounts"), {"state": "available", "part": "live"}).content.decode()
    assert 'href="/staff/accounts/?state=available&amp;page=2"' in page
    assert "<html" not in page


def test_as_many_queries_for_many_accounts_as_for_few(browser: Client, now: datetime) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            browser.get(reverse("staff_accounts"))
            browser.get(reverse("staff_leases"))
            browser.get(reverse("staff"))
        return len(seen)

    for _ in range(2):
        new_lease(now, account=new_account(now, AccountState.LEASED))
    # The first visit also writes down that this browser was seen.
    queries()
    few = queries()
    for _ in range(7):
        new_lease(now, account=new_account(now, AccountState.LEASED))
    assert queries() == few


def test_an_account_s_page_tells_its_whole_story(browser: Client, staff: User, now: datetime) -> None:
    account = new_account(now, AccountState.CLEANING, leftovers=["arn:aws:s3:::left-behind"], leases_served=4)
    lease = new_lease(now, account=account, reason="access has started")
    move_account(account, now, AccountState.QUARANTINED, "a bucket is left", actor=staff.pk)
    CleanCertificate.objects.create(
        account=account, at=now, is_clean=False, rounds=3, regions=["us-east-1"], resource_types=["s3"], leftovers=["x"]
    )
    audit.record(now=now, action="account.quarantine", subject=f"account:{account.pk}", actor=staff.pk, reason="Smoke")

    page = text_of(browser, "staff_account", account.account_id)

    for said in (
        "cleaning → quarantined",
        "a bucket is left",
        "Olive Operator",
        "arn:aws:s3:::left-behind",
        "1 thing left in it",
        f"lease {str(lease.pk)[:8]}",
        "access has started",
        "account.quarantine",
        "reason Smoke",
        "4 times",
        "1 resource type",
    ):
        assert said in page, said


def test_a_lease_s_page_tells_its_whole_story(browser: Client, staff: User, now: datetime) -> None:
    account = new_account(now, AccountState.LEASED)
    lease = new_lease(
        now,
        account=account,
        outputs={"QueueUrl": "https://queue"},
        inventory={"at": now.isoformat(), "resources": [{"type": "sqs", "arn": "arn:q", "region": "us-east-1"}]},
        cost_usd="1.2345",
        cost_at=now - timedelta(minutes=4),
        budget_usd=10,
    )
    AccessToken.objects.create(lease=lease, person=staff.pk, token_hash="x" * 64, created_at=now)
    audit.record(now=now, action="access.credentials", subject=f"lease:{lease.pk}", actor=staff.pk, scope=lease.scope)
    CostEstimate.objects.create(
        lease=lease,
        account_id=str(account.account_id),
        at=now,
        total_usd="1.2345",
        lines=[{"type": "ec2", "arn": "arn:aws:ec2:i-1", "hours": 2, "usd": 1.2345}],
        omitted=["data transfer"],
        prices_as_of=now.date(),
    )

    page = text_of(browser, "staff_lease", lease.pk)

    for said in (
        "https://queue",
        "arn:q",
        "1.23 of 10.00 USD",
        "4 min old",
        "arn:aws:ec2:i-1",
        "Not in it: data transfer.",
        "Olive Operator 1 session 1 token, 1 alive",
        "access.credentials",
    ):
        assert said in page, said


def test_the_overview_shows_what_needs_a_person_and_somebody_takes_it_on(
    browser: Client, staff: User, now: datetime
) -> None:
    account = new_account(now, AccountState.QUARANTINED, reason="a bucket is left")
    notices.review(now=now)
    page = text_of(browser, "staff")
    assert f"Account {account.account_id} is quarantined" in page
    where = f'href="{reverse("staff_account", args=[account.account_id])}"'
    assert where in browser.get(reverse("staff")).content.decode()

    told = Notice.objects.get()
    answer = browser.post(reverse("staff_notice_acknowledge", args=[told.pk]), follow=True)

    assert "taken on by Olive Operator" in " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())
    told.refresh_from_db()
    assert told.acknowledged_by == staff.pk


def test_the_overview_sums_the_estimates_of_live_leases(browser: Client, now: datetime) -> None:
    new_lease(now, cost_usd=3, cost_at=now - timedelta(minutes=2))
    new_lease(now, cost_usd=4.5, cost_at=now - timedelta(minutes=9))
    new_lease(now)
    new_lease(now, LeaseState.ENDED, cost_usd=100, cost_at=now)

    page = text_of(browser, "staff")

    assert "7.50 USD" in page
    assert "Sum of 2 of 3 live leases; the oldest estimate is 9 min old" in page


def test_what_is_not_there_is_404(browser: Client) -> None:
    for name, arguments in (
        ("staff_account", ["999999999999"]),
        ("staff_account", ["nothing"]),
        ("staff_account", ["99999999999999999999"]),
        ("staff_lease", [uuid.uuid4()]),
        ("staff_lease", ["abc"]),
        ("staff_lease_act", [uuid.uuid4(), "end"]),
        ("staff_notice_acknowledge", [4711]),
    ):
        ask = browser.post if name == "staff_notice_acknowledge" else browser.get
        assert ask(reverse(name, args=arguments)).status_code == 404, name


def test_posting_is_for_staff_too(client: Client, now: datetime) -> None:
    lease, person = new_lease(now), User.objects.create_user("p@example.com", "x", name="P")
    where = reverse("staff_lease_act", args=[lease.pk, "end"])
    words = {"reason": "because", "confirm": str(lease.pk)[:8]}
    assert client.post(where, words)["Location"].startswith(reverse("account_login"))
    client.force_login(person)
    assert client.post(where, words).status_code == 404
    lease.refresh_from_db()
    assert lease.state == LeaseState.ACTIVE
