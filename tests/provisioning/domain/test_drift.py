"""What is changed outside is noticed: one strike is forgiven, two in a row quarantine, and an unknown is neither."""

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from accounts.models import AuditEntry
from provisioning.aws import organization, policies, sessions
from provisioning.aws.sessions import bootstrap_session, hub_session, platform_session
from provisioning.domain import drift, leases, registration
from provisioning.domain.steps import vending
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, Lease
from provisioning.signals import person_needed
from tests.faults import Faults
from tests.provisioning import prepared, sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def told() -> Iterator[list[dict[str, Any]]]:
    """What operators are told while the test runs."""
    heard: list[dict[str, Any]] = []

    def hear(**said: Any) -> None:
        heard.append(said)

    person_needed.connect(hear, weak=False)
    yield heard
    person_needed.disconnect(hear)


@pytest.fixture
def account(machine: Machine) -> Account:
    """An account that is free."""
    lease = sandboxes.vended(machine)
    leases.end_lease(now=machine.clock(), lease=lease, reason="over")
    machine.until_state(lease, LeaseState.ENDED)
    return Account.objects.get(state=AccountState.AVAILABLE)


@pytest.fixture
def lease(machine: Machine) -> Lease:
    return sandboxes.vended(machine)


def scan(account: Account) -> Account:
    """Scan an account now."""
    Account.objects.filter(pk=account.pk).update(drift_due_at=sandboxes.now())
    [due] = drift.scan_due(now=sandboxes.now())
    drift.do(due=due, clock=sandboxes.now)
    account.refresh_from_db()
    return account


def move_out(account: Account) -> None:
    root = str(hub_session().items("organizations", "list_roots", "Roots[].Id")[0])
    organization.move(str(account.account_id), source=organization.sandbox_unit(), destination=root)


def move_back(account: Account) -> None:
    account_id = str(account.account_id)
    organization.move(account_id, source=organization.parent_of(account_id), destination=organization.sandbox_unit())


def test_an_account_as_it_should_be_is_left_alone(account: Account) -> None:
    scan(account)
    assert (account.strikes, account.drift_seen, account.state) == (0, "", AccountState.AVAILABLE)
    assert not AuditEntry.objects.filter(action="account.drift").exists()


def test_one_strike_is_forgiven_and_two_in_a_row_quarantine(account: Account) -> None:
    move_out(account)
    assert scan(account).strikes == 1
    assert (account.state, account.drift_seen) == (AccountState.AVAILABLE, "it was moved out of gameday-sandboxes")

    move_back(account)
    assert scan(account).strikes == 0
    assert account.drift_seen == ""

    move_out(account)
    scan(account)
    scan(account)
    assert account.state == AccountState.QUARANTINED
    assert account.reason == "changed outside, as 2 scans in a row found: it was moved out of gameday-sandboxes"
    assert account.moves.order_by("-pk")[0].reason == account.reason
    assert AuditEntry.objects.filter(action="account.drift").count() == 3


def test_a_scan_that_aws_does_not_answer_is_neither_strike_nor_forgiveness(account: Account, faults: Faults) -> None:
    move_out(account)
    assert scan(account).strikes == 1

    faults.add(kind="error", service="organizations", operation="DescribeAccount")
    assert scan(account).strikes == 1
    assert account.state == AccountState.AVAILABLE
    assert account.drift_due_at is not None and account.drift_due_at > sandboxes.now()

    faults.clear()
    assert scan(account).state == AccountState.QUARANTINED


def test_a_closed_account_is_noticed(account: Account) -> None:
    hub_session().call("organizations", "close_account", AccountId=account.account_id)
    assert scan(account).drift_seen.startswith("it is ")
    assert account.strikes == 1


@pytest.mark.parametrize(
    ("field", "words"), [("email", "its e-mail address is now "), ("name", "its name is now gameday-")]
)
def test_another_address_or_name_is_noticed(account: Account, field: str, words: str) -> None:
    Account.objects.filter(pk=account.pk).update(**{field: f"former-{uuid.uuid4().hex[:6]}@example.com"})
    assert words in scan(account).drift_seen
    assert account.strikes == 1


def test_a_changed_platform_role_is_set_right_where_it_is_ours(account: Account) -> None:
    strangers = policies.text(policies.trust("999999999999"))
    bootstrap_session(str(account.account_id)).call(
        "iam", "update_assume_role_policy", RoleName="gameday-platform", PolicyDocument=strangers
    )

    scan(account)

    assert account.drift_seen == "set right: corrected who may assume gameday-platform"
    assert (account.strikes, account.state) == (0, AccountState.AVAILABLE)
    sessions.forget()
    assert platform_session(str(account.account_id)).account_id == account.account_id


def test_a_lent_account_stays_with_its_holder_and_operators_are_told(
    machine: Machine, lease: Lease, told: list[dict[str, Any]]
) -> None:
    account = lease.account
    assert account is not None
    move_out(account)
    scan(account)
    assert told == []
    scan(account)

    lease.refresh_from_db()
    assert (account.strikes, account.state, lease.state) == (2, AccountState.LEASED, LeaseState.ACTIVE)
    [said] = told
    assert (said["key"], said["subject"]) == (f"drift:{account.pk}:{lease.pk}", f"account:{account.account_id}")
    assert "2 scans in a row found: it was moved out of gameday-sandboxes" in said["text"]

    # It comes back clean, and is lent to nobody while it is in doubt.
    move_back(account)
    leases.end_lease(now=machine.clock(), lease=lease, reason="over")
    machine.until_state(lease, LeaseState.ENDED)
    account.refresh_from_db()
    assert account.state == AccountState.AVAILABLE
    following = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)
    assert following.account != account
    assert scan(account).strikes == 0


def test_limits_that_were_changed_outside_are_set_again(
    machine: Machine, lease: Lease, told: list[dict[str, Any]]
) -> None:
    assert lease.account is not None
    account_id = lease.account.account_id
    arn = f"arn:aws:iam::{account_id}:policy/platform/gameday-boundary"
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    bootstrap_session(str(account_id)).call(
        "iam", "create_policy_version", PolicyArn=arn, PolicyDocument=json.dumps(everything), SetAsDefault=True
    )
    assert not vending.has_limits(lease)

    scan(lease.account)
    machine.until(lambda: Lease.objects.filter(pk=lease.pk, step="").exists())

    lease.refresh_from_db()
    assert vending.has_limits(lease)
    assert (lease.state, lease.account.strikes) == (LeaseState.ACTIVE, 0)
    assert [said["title"] for said in told] == ["A sandbox's limits were changed outside"]
    assert lease.moves.filter(step="limits", reason="its limits were changed outside and are set again").exists()


def test_a_prepared_account_must_stay_declared_and_let_us_in(machine: Machine) -> None:
    account_id = prepared.make()
    [account] = registration.register(now=sandboxes.now(), account_ids=[account_id], actor=None)
    machine.until(lambda: Account.objects.filter(step="confirm").exists())
    account.refresh_from_db()
    registration.confirm(now=sandboxes.now(), account=account, typed_id=account_id, actor=None)
    machine.until(lambda: Account.objects.filter(state=AccountState.AVAILABLE).exists())
    assert scan(account).drift_seen == ""

    prepared.undeclare(account_id)
    assert scan(account).drift_seen == "it is no longer declared a sandbox"
    prepared.declare(account_id)
    bootstrap_session(account_id).call(
        "iam",
        "update_assume_role_policy",
        RoleName="gameday-platform",
        PolicyDocument=policies.text(policies.trust("999999999999")),
    )
    scan(account)
    assert account.state == AccountState.QUARANTINED
    assert "the platform is not let in: assume_role: AccessDenied" in account.reason


def test_when_most_accounts_look_changed_none_is_quarantined(account: Account, told: list[dict[str, Any]]) -> None:
    for number in range(4):
        Account.objects.create(
            account_id=f"{number:012}",
            email=f"a{number}@sandboxes.example.com",
            name=f"a{number}",
            state=AccountState.AVAILABLE,
            state_since=sandboxes.now(),
            created_at=sandboxes.now(),
            strikes=2,
            drift_due_at=sandboxes.now() + timedelta(hours=1),
        )
    move_out(account)
    scan(account)
    scan(account)

    assert (account.strikes, account.state) == (2, AccountState.AVAILABLE)
    assert [said["title"] for said in told] == ["Most accounts look changed"]


def test_accounts_that_are_being_cleaned_are_not_scanned(machine: Machine, lease: Lease) -> None:
    account = lease.account
    assert account is not None
    Account.objects.update(drift_due_at=sandboxes.now())
    leases.end_lease(now=machine.clock(), lease=lease, reason="over")
    assert drift.scan_due(now=sandboxes.now()) == []

    machine.until_state(lease, LeaseState.ENDED)
    assert len(drift.scan_due(now=machine.clock())) == 1


def test_scans_are_spread_over_the_interval_and_few_at_a_time(settings: Settings) -> None:
    settings.DRIFT_SCAN_SECONDS = 3600
    now = sandboxes.now()
    for number in range(40):
        Account.objects.create(
            account_id=f"{number:012}",
            email=f"a{number}@sandboxes.example.com",
            name=f"a{number}",
            state=AccountState.AVAILABLE,
            state_since=now,
            created_at=now,
        )
    drift.scan_due(now=now)
    planned = [account.drift_due_at - now for account in Account.objects.all() if account.drift_due_at]
    assert len(planned) == 40
    assert min(planned) < timedelta(minutes=15) < timedelta(minutes=45) < max(planned) < timedelta(hours=1)

    later = now + timedelta(hours=2)
    assert len(drift.scan_due(now=later)) == drift.AT_ONCE
    settings.DRIFT_SCAN_SECONDS = 0
    assert drift.scan_due(now=later) == []


def test_a_doubled_message_scans_once(account: Account) -> None:
    Account.objects.update(drift_due_at=sandboxes.now())
    [due] = drift.scan_due(now=sandboxes.now())
    assert drift.do(due=due, clock=sandboxes.now) is not None
    assert drift.do(due=due, clock=sandboxes.now) is None
