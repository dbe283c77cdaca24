"""What people do to accounts: each act is refused or recorded, and none makes an unproven account available."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from accounts.models import AuditEntry
from provisioning.aws.sessions import platform_session
from provisioning.domain import accounts, leases, pool_actions
from provisioning.domain.pool_actions import UnableToAct
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, AccountMove, CleanCertificate
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]

ANN = uuid.UUID(int=0xA)


def do(act: str, account: Account, reason: str = "because") -> Account:
    acted: Account = getattr(pool_actions, act)(now=sandboxes.now(), account=account, actor=ANN, reason=reason)
    return acted


@pytest.fixture
def account(machine: Machine) -> Account:
    """An account that is free."""
    lease = sandboxes.vended(machine)
    leases.end_lease(now=machine.clock(), lease=lease, reason="over")
    machine.until_state(lease, LeaseState.ENDED)
    return Account.objects.get(state=AccountState.AVAILABLE)


def quarantined(account: Account, queue: str = "") -> Account:
    """Quarantine a free account, with something left in it."""
    if queue:
        platform_session(str(account.account_id)).call("sqs", "create_queue", QueueName=queue)
    return do("quarantine", account, "smells")


def row(state: str, **changes: Any) -> Account:
    fields = {"account_id": "111111111111", "email": "a@sandboxes.example.com", "name": "a", "state": state}
    return Account.objects.create(
        **{**fields, "state_since": sandboxes.now(), "created_at": sandboxes.now(), **changes}
    )


def test_a_quarantined_account_is_lent_to_nobody_and_says_why(machine: Machine, account: Account) -> None:
    quarantined(account)
    lease = sandboxes.vended(machine)

    assert lease.account != account
    account.refresh_from_db()
    assert (account.state, account.reason) == (AccountState.QUARANTINED, "smells")
    move = AccountMove.objects.filter(account=account).latest("at")
    assert (move.from_state, move.to_state, move.actor, move.reason) == (
        "available",
        "quarantined",
        ANN,
        "quarantine: smells",
    )
    entry = AuditEntry.objects.get(action="account.quarantine")
    assert (entry.actor, entry.subject, entry.details) == (
        ANN,
        f"account:{account.account_id}",
        {"reason": "smells", "before": "available"},
    )


def test_retrying_cleans_a_quarantined_account(machine: Machine, account: Account) -> None:
    do("retry", quarantined(account, "left"))
    machine.until(lambda: Account.objects.filter(state=AccountState.AVAILABLE).exists())
    assert platform_session(str(account.account_id)).items("sqs", "list_queues", "QueueUrls[]") == []


def test_releasing_deletes_nothing_and_refuses_what_is_not_clean(machine: Machine, account: Account) -> None:
    do("release", quarantined(account, "left"))
    machine.until(lambda: Account.objects.filter(state=AccountState.QUARANTINED).exists())

    account.refresh_from_db()
    left = f"arn:aws:sqs:us-east-1:{account.account_id}:left"
    assert (account.leftovers, account.reason) == (
        [left],
        f"it was released, but 1 resources still stand or are missing: {left}",
    )
    session = platform_session(str(account.account_id))
    [url] = session.items("sqs", "list_queues", "QueueUrls[]")
    assert CleanCertificate.objects.filter(account=account).latest("at").is_clean is False

    session.call("sqs", "delete_queue", QueueUrl=url)
    before = CleanCertificate.objects.filter(account=account, is_clean=True).count()
    do("release", account)
    machine.until(lambda: Account.objects.filter(state=AccountState.AVAILABLE).exists())
    told = AccountMove.objects.filter(account=account).order_by("-pk")[:3]
    assert [(move.to_state, move.step) for move in told] == [
        ("available", ""),
        ("verifying", "look-again"),
        ("verifying", "look"),
    ]
    assert CleanCertificate.objects.filter(account=account, is_clean=True).count() == before + 1


def test_a_retired_account_is_out_for_good(machine: Machine, account: Account) -> None:
    do("retire", account)
    with pytest.raises(UnableToAct, match="there is nothing to try again"):
        do("retry", account)
    with pytest.raises(UnableToAct, match="retired already"):
        do("retire", account)
    with pytest.raises(UnableToAct, match="only a quarantined one is released"):
        do("release", account)


def test_a_retired_account_of_the_company_is_registered_anew(machine: Machine) -> None:
    account = row(AccountState.RETIRED, source="prepared", email=None, confirmed_at=sandboxes.now())
    do("retry", account)
    account.refresh_from_db()
    assert (account.state, account.step, account.confirmed_at) == (AccountState.REGISTERED, "inventory", None)


@pytest.mark.parametrize("act", ["retry", "quarantine", "release", "retire"])
def test_an_account_that_is_lent_is_left_to_its_lease(machine: Machine, act: str) -> None:
    lease = sandboxes.vended(machine)
    assert lease.account is not None
    with pytest.raises(UnableToAct, match=rf"is held by the lease {lease.pk} \(active\)"):
        do(act, lease.account)
    leases.end_lease(now=machine.clock(), lease=lease, reason="over")
    with pytest.raises(UnableToAct, match=r"\(ending\)"):
        do(act, lease.account)
    lease.account.refresh_from_db()
    assert lease.account.state == AccountState.LEASED


@pytest.mark.parametrize("act", ["retry", "quarantine", "release", "retire"])
def test_an_act_needs_a_reason(act: str) -> None:
    account = row(AccountState.QUARANTINED, baseline_regions=["us-east-1"])
    with pytest.raises(UnableToAct, match="Say why"):
        do(act, account, "  ")
    assert not AuditEntry.objects.exists()


def test_an_account_that_aws_may_be_making_is_not_retired() -> None:
    account = row(AccountState.CREATING, account_id=None, create_request_id="car-1", step="await")
    with pytest.raises(UnableToAct, match="AWS may be making this account right now"):
        do("retire", account)
    with pytest.raises(UnableToAct, match="not made this account yet"):
        do("quarantine", account)


def test_what_is_failing_can_be_tried_at_once(machine: Machine, account: Account) -> None:
    sandboxes.deny_the_platform(str(account.account_id), "sns:ListTopics")
    do("retry", quarantined(account))
    machine.until(lambda: Account.objects.filter(pk=account.pk, attempts__gte=2).exists())
    sandboxes.let_the_platform(str(account.account_id))

    account.refresh_from_db()
    do("retry", account)

    account.refresh_from_db()
    assert (account.attempts, account.reason) == (0, "")
    assert account.due_at is not None and account.due_at <= sandboxes.now()
    machine.until(lambda: Account.objects.filter(state=AccountState.AVAILABLE).exists())


def test_a_clean_account_rests_before_it_is_lent_again(machine: Machine, settings: Settings) -> None:
    settings.ACCOUNT_COOLING_SECONDS = 15
    lease = sandboxes.vended(machine)
    leases.end_lease(now=machine.clock(), lease=lease, reason="over")
    machine.until_state(lease, LeaseState.ENDED)

    account = Account.objects.get(pk=lease.account_id)
    assert (account.state, account.step) == (AccountState.COOLING, "cool")
    assert accounts.provide(now=machine.clock()) == 0
    following = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)
    assert following.account == account
    resting_since = account.state_since
    account.refresh_from_db()
    assert account.state_since - resting_since >= timedelta(seconds=settings.ACCOUNT_COOLING_SECONDS)
    states = AccountMove.objects.filter(account=account).values_list("to_state", flat=True)
    assert list(states)[-3:] == ["cooling", "available", "leased"]
