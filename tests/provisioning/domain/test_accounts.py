"""The pool makes what leases wait for, no more, and gets over whatever creation does to it."""

import uuid
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from provisioning.aws.sessions import hub_session
from provisioning.domain import accounts, leases
from provisioning.domain.steps import reserving
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, Lease
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def test_as_many_accounts_are_made_as_leases_wait() -> None:
    for _ in range(3):
        sandboxes.request()

    assert accounts.provide(now=sandboxes.now()) == 3
    assert accounts.provide(now=sandboxes.now()) == 0


@pytest.mark.django_db(transaction=True)
def test_a_lease_that_takes_an_account_while_it_is_counted_gets_no_second_one() -> None:
    lease = sandboxes.request()
    free = Account.objects.create(
        email="free@sandboxes.example.com",
        name="free",
        account_id="222222222222",
        state=AccountState.AVAILABLE,
        state_since=sandboxes.now(),
        created_at=sandboxes.now(),
    )
    took: list[Thread] = []

    def take() -> None:
        reserving.reserve(sandboxes.now(), Lease.objects.get(pk=lease.pk))
        connection.close()

    def taken_after_the_first_count(execute: Any, sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        if not took and sql.startswith("SELECT") and '"provisioning_' in sql:
            took.append(Thread(target=take))
            took[0].start()
            took[0].join()
        return answer

    with connection.execute_wrapper(taken_after_the_first_count):
        made = accounts.provide(now=sandboxes.now())

    lease.refresh_from_db()
    assert (lease.state, lease.account) == (LeaseState.RESERVED, free)
    assert made == 0


def test_the_limit_holds_and_the_waiting_lease_gets_the_account_that_comes_back(
    machine: Machine, settings: Settings
) -> None:
    settings.AWS_ACCOUNT_LIMIT = 1
    first = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)
    second = sandboxes.request()
    machine.until(lambda: type(second).objects.filter(pk=second.pk, reason__contains="come back").exists())

    leases.end_lease(now=machine.clock(), lease=first, reason="over")
    machine.until_state(second, LeaseState.ACTIVE)

    first.refresh_from_db()
    assert second.account == first.account
    assert Account.objects.count() == 1


def test_a_lease_fails_when_no_account_is_left_to_try(machine: Machine, settings: Settings) -> None:
    settings.AWS_ACCOUNT_LIMIT = 1
    Account.objects.create(
        email="broken@sandboxes.example.com",
        name="broken",
        account_id="111111111111",
        state=AccountState.QUARANTINED,
        state_since=sandboxes.now(),
        created_at=sandboxes.now(),
    )

    lease = machine.until_state(sandboxes.request(), LeaseState.FAILED)

    assert lease.reason == "no account is left to try: all 1 are quarantined"


def test_a_taken_e_mail_address_is_replaced_by_another(machine: Machine) -> None:
    lease = sandboxes.request()
    accounts.provide(now=sandboxes.now())
    account = Account.objects.get()
    theirs = f"gameday-{uuid.uuid4().hex[:10]}"
    hub_session().call(
        "organizations", "create_account", Email=f"{theirs}@sandboxes.example.com", AccountName="somebody-elses"
    )
    request = hub_session().call(
        "organizations", "create_account", Email=f"{theirs}@sandboxes.example.com", AccountName=account.name
    )
    Account.objects.update(create_request_id=request["CreateAccountStatus"]["Id"])

    machine.until_state(lease, LeaseState.ACTIVE)

    taken = account.email
    account.refresh_from_db()
    assert account.email != taken
    assert account.state == AccountState.LEASED


def test_a_holder_has_one_live_lease() -> None:
    holder = uuid.uuid4()

    assert sandboxes.request(holder=holder) == sandboxes.request(holder=holder)


def test_a_lease_that_never_got_an_account_ends_at_once_and_by_the_clock(machine: Machine) -> None:
    asked, forgotten = sandboxes.request(), sandboxes.request()
    leases.end_lease(now=sandboxes.now(), lease=asked, reason="not needed")
    asked.refresh_from_db()
    assert (asked.state, asked.reason) == (LeaseState.ENDED, "not needed")

    machine.offset = timedelta(hours=2)
    machine.until_state(forgotten, LeaseState.ENDED)
    assert forgotten.reason == "its time was over"


def test_a_running_lease_is_torn_down_by_the_clock_alone(machine: Machine) -> None:
    lease = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)

    machine.offset = timedelta(hours=2)
    machine.until_state(lease, LeaseState.ENDED)

    assert lease.reason == "its time was over"
    assert lease.account is not None
    assert lease.account.state == AccountState.AVAILABLE
