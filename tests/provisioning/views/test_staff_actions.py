"""What staff do is said before, confirmed where it destroys, kept with name and reason, and said after."""

import re
from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, User
from provisioning.domain.account_interventions import ACCOUNT
from provisioning.domain.lease_interventions import LEASE
from provisioning.enums import AccountSource, AccountState, LeaseState
from provisioning.models import Account, AccountMove, Lease, LeaseMove
from tests.provisioning import sandboxes
from tests.provisioning.rows import new_account, new_lease, new_staff

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


def words(content: bytes) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", content.decode()).split())


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("retry", AccountState.QUARANTINED, AccountState.CLEANING),
        ("release", AccountState.QUARANTINED, AccountState.VERIFYING),
        ("quarantine", AccountState.AVAILABLE, AccountState.QUARANTINED),
        ("retire", AccountState.QUARANTINED, AccountState.RETIRED),
    ],
)
def test_accounts(browser: Client, staff: User, now: datetime, action: str, before: str, after: str) -> None:
    account = new_account(now, before, baseline_regions=["us-east-1"])
    where = reverse("staff_account_act", args=[account.account_id, action])

    asked = words(browser.get(where).content)
    assert ACCOUNT[action].sentence(account) in asked

    typed = {"confirm": str(account)} if ACCOUNT[action].is_destructive else {}
    done = browser.post(where, {"reason": "Because of the smoke", **typed}, follow=True)

    account.refresh_from_db()
    assert account.state == after
    page = words(done.content)
    assert str(ACCOUNT[action].did) % {"name": account} in page
    move = AccountMove.objects.get(account=account)
    assert (move.actor, move.to_state) == (staff.pk, after)
    assert "Because of the smoke" in move.reason
    assert "Olive Operator" in page
    assert AuditEntry.objects.filter(action=f"account.{action}", actor=staff.pk).count() == 1


@pytest.mark.parametrize(
    ("action", "before", "after", "answers"),
    [
        ("retry", LeaseState.FAILED, LeaseState.REQUESTED, {}),
        ("freeze", LeaseState.ACTIVE, LeaseState.FROZEN, {"stop_compute": "on"}),
        ("freeze", LeaseState.ACTIVE, LeaseState.FROZEN, {}),
        ("unfreeze", LeaseState.FROZEN, LeaseState.ACTIVE, {}),
        ("swap", LeaseState.PROVISIONING, LeaseState.REQUESTED, {}),
        ("end", LeaseState.ACTIVE, LeaseState.ENDING, {}),
    ],
)
def test_leases(
    browser: Client, staff: User, now: datetime, action: str, before: str, after: str, answers: dict[str, str]
) -> None:
    account = new_account(now, AccountState.LEASED) if before != LeaseState.FAILED else None
    lease = new_lease(now - timedelta(minutes=5), before, account=account)
    where = reverse("staff_lease_act", args=[lease.pk, action])
    assert LEASE[action].sentence(lease) in words(browser.get(where).content)

    typed = {"confirm": str(lease.pk)[:8]} if LEASE[action].is_destructive else {}
    done = browser.post(where, {"reason": "Because of the smoke", **typed, **answers}, follow=True)

    lease.refresh_from_db()
    assert lease.state == after
    assert lease.stops_compute == ("stop_compute" in answers)
    assert str(LEASE[action].did) % {"name": str(lease.pk)[:8]} in words(done.content)
    move = LeaseMove.objects.filter(lease=lease).last()
    assert move is not None
    assert move.actor == staff.pk
    assert "Because of the smoke" in move.reason
    assert AuditEntry.objects.filter(action=f"lease.{action}", actor=staff.pk).count() == 1


def test_a_lease_is_extended_in_the_person_s_own_zone(browser: Client, staff: User, now: datetime) -> None:
    User.objects.filter(pk=staff.pk).update(time_zone="Asia/Tokyo")
    lease = new_lease(now)
    where = reverse("staff_lease_act", args=[lease.pk, "extend"])
    assert "In your own time zone, Asia/Tokyo." in words(browser.get(where).content)

    tomorrow = (now + timedelta(days=2)).date()
    browser.post(where, {"reason": "They asked", "ends_at": f"{tomorrow}T09:30"})

    lease.refresh_from_db()
    assert lease.ends_at.isoformat() == f"{tomorrow}T00:30:00+00:00"
    assert AuditEntry.objects.filter(action="lease.extend.reason", details__reason="They asked").count() == 1


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"reason": "Over"}, "This field is required."),
        ({"reason": "Over", "confirm": "something"}, "Nothing was changed."),
        ({"confirm": "right"}, "This field is required."),
        ({"reason": "x", "confirm": "right"}, "at least 3 characters"),
    ],
)
def test_without_a_reason_and_the_typed_name_nothing_is_destroyed(
    browser: Client, now: datetime, answers: dict[str, str], said: str
) -> None:
    lease, account = new_lease(now), new_account(now)
    for row, name in ((lease, str(lease.pk)[:8]), (account, str(account))):
        kind, action = ("lease", "end") if isinstance(row, Lease) else ("account", "retire")
        typed = {**answers, "confirm": name} if answers.get("confirm") == "right" else answers
        answer = browser.post(reverse(f"staff_{kind}_act", args=[row.pk, action]), typed)
        assert answer.status_code == 422
        assert said in words(answer.content)
    assert Lease.objects.get().state == LeaseState.ACTIVE
    assert Account.objects.get().state == AccountState.AVAILABLE


def test_a_refusal_says_why_and_keeps_what_was_typed(browser: Client, now: datetime) -> None:
    account = new_account(now, AccountState.CLEANING)
    new_lease(now, LeaseState.ENDING, account=account)
    answer = browser.post(
        reverse("staff_account_act", args=[account.account_id, "retry"]), {"reason": "Slow <b>today</b>"}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "is held by the lease" in page
    assert "Slow &lt;b&gt;today&lt;/b&gt;" in page
    assert AccountMove.objects.count() == 0


def test_only_what_makes_sense_is_offered(browser: Client, now: datetime) -> None:
    def offers(name: str, reference: object) -> list[str]:
        return re.findall(r'id="act-(\w+)"', browser.get(reverse(name, args=[reference])).content.decode())

    quarantined, retired = new_account(now, AccountState.QUARANTINED), new_account(now, AccountState.RETIRED)
    held = new_account(now, AccountState.LEASED)
    active, ended = new_lease(now, account=held), new_lease(now, LeaseState.ENDED)
    assert offers("staff_account", quarantined.account_id) == ["retry", "release", "retire"]
    assert offers("staff_account", retired.account_id) == ["retry"]
    assert offers("staff_account", held.account_id) == []
    assert offers("staff_lease", active.pk) == ["retry", "freeze", "extend", "end"]
    assert offers("staff_lease", ended.pk) == []


def test_accounts_are_registered_from_a_list_and_a_file(browser: Client, staff: User) -> None:
    file = SimpleUploadedFile("ids.csv", b"account_id,owner\r\n888800000003,Team Red\r\n")
    done = browser.post(
        reverse("staff_account_register"), {"ids": "888800000001, 888800000002", "name": "from finance"}, follow=True
    )
    assert "2 accounts are registered." in words(done.content)
    browser.post(reverse("staff_account_register"), {"file": file})

    made = Account.objects.order_by("account_id")
    assert [(each.account_id, each.state, each.source) for each in made] == [
        (f"88880000000{number}", AccountState.REGISTERED, AccountSource.PREPARED) for number in (1, 2, 3)
    ]
    assert {move.actor for move in AccountMove.objects.all()} == {staff.pk}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"ids": ""}, "Give at least one account id."),
        ({"ids": "888800000001\n12345"}, "Line 2: &#x27;12345&#x27; has 5 digits instead of 12"),
        ({"ids": "888800000001\n888800000001"}, "is listed twice"),
        ({"file": SimpleUploadedFile("ids.xls", b"\xd0\xcf\x11\xe0")}, "This file is not text in UTF-8."),
        ({"file": SimpleUploadedFile("ids.csv", b"account_id\n1")}, "Line 2: &#x27;1&#x27; has 1 digits"),
        (
            {"ids": "888800000001", "file": SimpleUploadedFile("ids.csv", b"888800000002")},
            "Give either a list or a file.",
        ),
    ],
)
def test_a_bad_list_registers_nothing(browser: Client, sent: dict[str, object], said: str) -> None:
    answer = browser.post(reverse("staff_account_register"), sent)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Account.objects.count() == 0


def registered(now: datetime, **inventory: object) -> Account:
    things = [
        {"type": "s3 bucket", "arn": "arn:aws:s3:::payroll", "region": "us-east-1", "default": False},
        {"type": "sns topic", "arn": "arn:aws:sns:x", "region": "us-east-1", "default": False},
        {"type": "ec2 vpc", "arn": "arn:aws:ec2:vpc", "region": "us-east-1", "default": True},
    ]
    found = {"at": now.isoformat(), "regions": ["us-east-1"], "owner": "organization", "resources": things}
    return new_account(
        now, AccountState.REGISTERED, source=AccountSource.PREPARED, email=None, inventory={**found, **inventory}
    )


def test_an_account_is_confirmed_by_its_typed_id_after_reading_what_goes(browser: Client, now: datetime) -> None:
    account = registered(now)
    where = reverse("staff_account_act", args=[account.account_id, "confirm"])
    asked = words(browser.get(where).content)
    for said in ("2 things that would be deleted", "arn:aws:s3:::payroll", "1 thing that stays", "arn:aws:ec2:vpc"):
        assert said in asked

    wrong = browser.post(where, {"typed_id": "888800000009"})
    assert wrong.status_code == 422
    assert "is not" in words(wrong.content)
    account.refresh_from_db()
    assert account.confirmed_at is None

    browser.post(where, {"typed_id": str(account.account_id), "keep": ["arn:aws:s3:::payroll"]})
    account.refresh_from_db()
    assert account.state == AccountState.BOOTSTRAPPING
    assert "arn:aws:s3:::payroll" in account.baseline
    assert "arn:aws:sns:x" not in account.baseline


def test_an_account_that_nobody_declared_a_sandbox_is_not_confirmed(browser: Client, now: datetime) -> None:
    account = registered(now, owner="")
    assert "It is not declared a sandbox" in words(
        browser.get(reverse("staff_account", args=[account.account_id])).content
    )
    answer = browser.post(
        reverse("staff_account_act", args=[account.account_id, "confirm"]), {"typed_id": str(account.account_id)}
    )
    assert answer.status_code == 422
    assert "is not declared a sandbox" in words(answer.content)
