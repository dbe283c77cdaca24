"""Accounts are created five at a time, once each, and not at all when AWS says that it will not."""

from datetime import timedelta

import pytest

from provisioning.aws.organization import Creation
from provisioning.aws.sessions import hub_session
from provisioning.domain import accounts, pool_actions
from provisioning.domain.queries.pool import pool
from provisioning.domain.steps import creating
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, Lease
from tests.faults import Faults
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]

_MANY = 8


def asked_for(count: int = 1) -> list[Account]:
    """Let leases wait for accounts, and write their rows."""
    for _ in range(count):
        sandboxes.request()
    accounts.provide(now=sandboxes.now())
    return list(Account.objects.order_by("pk"))


def failed(reason: str) -> Creation:
    return Creation("car-1", "FAILED", None, reason)


def decide(account: Account, creation: Creation) -> Account:
    """Write what AWS's word on a creation means."""
    Account.objects.filter(pk=account.pk).update(**creating.decided(sandboxes.now(), account, creation))
    account.refresh_from_db()
    return account


def test_at_most_five_are_in_progress_and_all_come_into_being(machine: Machine, faults: Faults) -> None:
    faults.add(kind="slow", service="organizations", operation="CreateAccount", looks=12)
    asked_for(_MANY)
    most = 0

    def all_stand() -> bool:
        nonlocal most
        in_progress = Account.objects.filter(state=AccountState.CREATING).exclude(create_request_id="").count()
        most = max(most, in_progress, faults.report()["in_progress"])
        return Account.objects.filter(state=AccountState.LEASED).count() == _MANY

    machine.until(all_stand)

    assert most == creating.MOST_IN_PROGRESS == 5
    assert faults.calls(service="organizations", operation="CreateAccount") == _MANY
    assert Account.objects.count() == _MANY


def test_a_taken_address_is_exchanged_however_late_aws_says_so(machine: Machine, faults: Faults) -> None:
    faults.add(kind="email_taken", service="organizations", operation="CreateAccount", times=2)
    [account] = asked_for()

    machine.until(lambda: Account.objects.filter(state=AccountState.LEASED).exists())

    former = account.email
    account.refresh_from_db()
    assert account.email != former
    assert faults.calls(service="organizations", operation="CreateAccount") == 3
    listed = hub_session().items("organizations", "list_accounts", "Accounts[]")
    assert [each["Id"] for each in listed if each["Email"] == account.email] == [account.account_id]


def test_a_limit_of_aws_stops_all_creation_until_a_person_retries(machine: Machine, faults: Faults) -> None:
    first, second, third = asked_for(3)

    decide(first, failed("ACCOUNT_LIMIT_EXCEEDED"))
    assert (first.state, first.due_at) == (AccountState.QUARANTINED, None)
    assert first.reason.startswith("AWS does not create accounts: ACCOUNT_LIMIT_EXCEEDED. No further one is asked for.")
    decide(second, failed("ACCOUNT_LIMIT_EXCEEDED"))
    assert second.state == AccountState.RETIRED

    sandboxes.request()
    machine.turn()
    assert faults.calls(service="organizations", operation="CreateAccount") == 0
    third.refresh_from_db()
    assert (third.step, third.reason) == ("queue", f"waiting: {first.reason}")
    assert Account.objects.count() == 3
    waiting = Lease.objects.filter(state=LeaseState.REQUESTED, reason__startswith="waiting for an account to come back")
    assert waiting.count() == 4

    pool_actions.retry(now=machine.clock(), account=first, actor=None, reason="the limit was raised")
    machine.until(lambda: Account.objects.filter(state=AccountState.LEASED).count() == 4)
    assert pool().by_state == {AccountState.LEASED: 4, AccountState.RETIRED: 1}


def test_what_passes_is_tried_again_with_patience_and_then_stops_too() -> None:
    [account] = asked_for()
    now = sandboxes.now()

    changes = creating.decided(now, account, failed("CONCURRENT_ACCOUNT_MODIFICATION"))
    assert (changes["step"], changes["create_request_id"], changes["attempts"]) == ("create", "", 1)
    assert timedelta(0) < changes["due_at"] - now <= timedelta(seconds=60)

    account.attempts = creating.PASSING_TRIES - 1
    assert decide(account, failed("INTERNAL_FAILURE")).state == AccountState.QUARANTINED


def test_trouble_on_the_way_to_aws_never_stops_creation(machine: Machine, faults: Faults) -> None:
    faults.add(kind="unavailable", service="organizations", operation="CreateAccount")
    [account] = asked_for()

    machine.until(lambda: Account.objects.filter(pk=account.pk, attempts__gte=7).exists(), only="account")

    account.refresh_from_db()
    assert account.state == AccountState.CREATING
    assert "create_account: " in account.reason
    faults.clear()
    machine.until(lambda: Account.objects.filter(state=AccountState.LEASED).exists())
