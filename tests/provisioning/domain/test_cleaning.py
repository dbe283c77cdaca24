"""An account is available again only when it is proven empty; whatever cannot be known or deleted is named."""

import pytest
from pytest_django.fixtures import Settings

from provisioning.aws import organization, sessions
from provisioning.aws.errors import Denied
from provisioning.aws.sessions import platform_session
from provisioning.domain import guards, leases
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, CleanCertificate, Lease
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def _vended(machine: Machine) -> tuple[Lease, Account, str]:
    lease = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)
    assert lease.account is not None
    assert lease.account.account_id is not None
    return lease, lease.account, lease.account.account_id


def test_what_cannot_be_deleted_is_named_and_holds_nobody_else_up(machine: Machine) -> None:
    lease, account, account_id = _vended(machine)
    platform_session(account_id).call("sqs", "create_queue", QueueName="stuck")
    sandboxes.deny_the_platform(account_id, "sqs:DeleteQueue")

    leases.end_lease(now=machine.clock(), lease=lease, reason="over")
    other = sandboxes.request()
    machine.until_state(lease, LeaseState.ENDED)
    machine.until_state(other, LeaseState.ACTIVE)

    account.refresh_from_db()
    assert account.state == AccountState.QUARANTINED
    stuck = f"arn:aws:sqs:us-east-1:{account_id}:stuck"
    assert stuck in account.leftovers
    assert stuck in account.reason
    assert "sqs:DeleteQueue" in account.reason
    assert lease.reason.startswith("over; its account is quarantined: ")
    assert list(CleanCertificate.objects.filter(account=account, at__gte=lease.created_at).order_by("at").values_list(
        "is_clean", "rounds"
    )) == [(True, 1), (False, 1), (False, 2), (False, 3)]  # fmt: skip
    assert other.account != account


def test_a_listing_that_fails_is_unknown_and_never_empty(machine: Machine) -> None:
    lease, account, account_id = _vended(machine)
    sandboxes.deny_the_platform(account_id, "sns:ListTopics")

    leases.end_lease(now=machine.clock(), lease=lease, reason="over")
    machine.until_state(lease, LeaseState.ENDED)

    account.refresh_from_db()
    assert account.state == AccountState.QUARANTINED
    assert "sns:ListTopics" in account.reason
    assert not CleanCertificate.objects.filter(account=account, is_clean=True, at__gt=lease.state_since).exists()


def test_a_listing_that_recovers_lets_the_account_come_back_by_itself(machine: Machine) -> None:
    lease, account, account_id = _vended(machine)
    sandboxes.deny_the_platform(account_id, "sns:ListTopics")
    leases.end_lease(now=machine.clock(), lease=lease, reason="over")

    def failed_twice() -> bool:
        lease.refresh_from_db()
        return lease.attempts >= 2

    machine.until(failed_twice)
    account.refresh_from_db()
    assert account.state == AccountState.CLEANING
    assert "sns:ListTopics" in lease.error
    sandboxes.let_the_platform(account_id)
    machine.until_state(lease, LeaseState.ENDED)

    account.refresh_from_db()
    assert account.state == AccountState.AVAILABLE


def test_what_appears_between_the_two_listings_is_cleaned_again(machine: Machine) -> None:
    lease, account, account_id = _vended(machine)
    leases.end_lease(now=machine.clock(), lease=lease, reason="over")

    def first_listing_is_empty() -> bool:
        lease.refresh_from_db()
        return lease.step == "confirm"

    sandboxes.step_until(machine, first_listing_is_empty)
    platform_session(account_id).call("sqs", "create_queue", QueueName="late")
    machine.until_state(lease, LeaseState.ENDED)

    account.refresh_from_db()
    assert account.state == AccountState.AVAILABLE
    assert platform_session(account_id).items("sqs", "list_queues", "QueueUrls[]") == []
    refused = CleanCertificate.objects.get(account=account, is_clean=False)
    assert refused.leftovers == [f"arn:aws:sqs:us-east-1:{account_id}:late"]


def test_a_session_in_another_account_is_denied_not_empty(machine: Machine) -> None:
    _, _, account_id = _vended(machine)
    strangers = platform_session(account_id).credentials

    with pytest.raises(Denied, match="is in account"):
        sessions._prove("999999999999", strangers)


def test_only_sandboxes_are_ever_swept(machine: Machine, settings: Settings) -> None:
    _, account, account_id = _vended(machine)
    assert guards.require_sandbox(account) == account_id

    settings.AWS_ACCOUNT_BLOCK_LIST = [account_id]
    with pytest.raises(guards.NeverTouch, match="block list"):
        guards.require_sandbox(account)

    settings.AWS_ACCOUNT_BLOCK_LIST = []
    settings.AWS_SANDBOX_OU_NAME = "another-unit"
    with pytest.raises(guards.NeverTouch, match="not in another-unit"):
        guards.require_sandbox(account)

    account.account_id = organization.management_account_id()
    with pytest.raises(guards.NeverTouch, match="management account"):
        guards.require_sandbox(account)


def test_an_account_on_the_block_list_is_not_touched(machine: Machine, settings: Settings) -> None:
    lease, account, account_id = _vended(machine)
    settings.AWS_ACCOUNT_BLOCK_LIST = [account_id]

    leases.end_lease(now=machine.clock(), lease=lease, reason="over")
    machine.until_state(lease, LeaseState.ENDED)

    account.refresh_from_db()
    assert account.state == AccountState.QUARANTINED
    assert "block list" in account.reason
    assert len(platform_session(account_id).items("sqs", "list_queues", "QueueUrls[]")) == 1
