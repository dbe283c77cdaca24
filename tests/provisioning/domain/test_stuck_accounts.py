"""One stuck account never delays another, however it is stuck: silent, refusing, or never done."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from provisioning.aws import sessions
from provisioning.domain import leases, work
from provisioning.domain.work import Work
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, Lease
from tests.faults import Faults
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services]

SILENCE = 6.0


@pytest.mark.django_db(transaction=True)
def test_a_silent_account_holds_one_worker_and_the_other_vends(machine: Machine, faults: Faults) -> None:
    """Two workers as in a deployment: threads with connections of their own, fed by one tick."""
    stuck = sandboxes.vended(machine)
    assert stuck.account is not None
    sessions.forget()
    faults.add(kind="timeout", account=str(stuck.account.account_id), seconds=SILENCE)
    leases.end_lease(now=sandboxes.now(), lease=stuck, reason="over")
    others = [sandboxes.request() for _ in range(2)]
    wanted = [lease.pk for lease in others]

    def worker(message: Work) -> None:
        try:
            work.do(work=message, clock=sandboxes.now)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        deadline = time.monotonic() + 120
        try:
            while Lease.objects.filter(pk__in=wanted, state=LeaseState.ACTIVE).count() < len(wanted):
                assert time.monotonic() < deadline, sandboxes.describe()
                for message in work.find(now=sandboxes.now()):
                    pool.submit(worker, message)
                time.sleep(0.02)  # The beat's pause between ticks.
            stuck.refresh_from_db()
            silent = faults.injected(kind="timeout")
        finally:
            faults.clear()

    assert (stuck.state, stuck.step) == (LeaseState.ENDING, "revoke")
    assert silent >= 1


@pytest.mark.django_db
def test_an_account_that_refuses_everything_waits_alone_and_is_named(machine: Machine) -> None:
    stuck = sandboxes.vended(machine)
    assert stuck.account is not None
    sandboxes.deny_the_platform(str(stuck.account.account_id), "*")
    leases.end_lease(now=machine.clock(), lease=stuck, reason="over")

    others = [sandboxes.vended(machine) for _ in range(2)]

    assert all(lease.account != stuck.account for lease in others)
    machine.until_state(stuck, LeaseState.ENDED)
    account = Account.objects.get(pk=stuck.account.pk)
    assert account.state == AccountState.QUARANTINED
    assert "AccessDenied" in account.reason


@pytest.mark.django_db
def test_an_account_that_aws_never_finishes_making_holds_nobody_up(machine: Machine, faults: Faults) -> None:
    faults.add(kind="slow", service="organizations", operation="CreateAccount", times=1, looks=1000)
    unlucky, lucky = sandboxes.request(), sandboxes.request()

    def one_is_ready() -> bool:
        return Lease.objects.filter(pk__in=[unlucky.pk, lucky.pk], state=LeaseState.ACTIVE).exists()

    machine.until(one_is_ready)
    assert Account.objects.filter(state=AccountState.CREATING).count() == 1
    faults.clear()
    machine.until_state(unlucky, LeaseState.ACTIVE)
    machine.until_state(lucky, LeaseState.ACTIVE)
