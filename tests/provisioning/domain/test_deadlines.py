"""No step takes for ever: vending goes elsewhere, an end goes to a person, and what people use is told and stays."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from provisioning.aws.sessions import platform_session
from provisioning.domain import cleaning, deadlines, leases
from provisioning.domain.steps import extras, freezing, playing, vending
from provisioning.enums import LIVE_LEASE_STATES, AccountState, LeaseState
from provisioning.models import Account, Lease
from tests.faults import Faults
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]

A_LOOK = timedelta(minutes=4)  # Less than deadlines.UNATTENDED, so that somebody has looked all the time.


def _pass_time(machine: Machine, reached: Callable[[], bool], looks: int = 60) -> None:
    """Let time go on in looks, minutes apart, as it does when AWS keeps answering that it is still at work."""
    for _ in range(looks):
        if reached():
            return
        machine.turn()
        machine.offset += A_LOOK
    raise AssertionError(f"not reached in {looks} looks; {sandboxes.describe()}")


def _is_at(lease: Lease, step: str) -> Callable[[], bool]:
    def reached() -> bool:
        lease.refresh_from_db()
        return lease.step == step

    return reached


def test_every_step_of_a_lease_has_a_deadline() -> None:
    limited = {state: set(steps) for state, steps in deadlines.PATIENCE.items()}

    assert limited[LeaseState.RESERVED] | limited[LeaseState.PROVISIONING] == {
        *vending.STEPS,
        *extras.VENDING_STEPS,
    }
    assert limited[LeaseState.ENDING] == set(cleaning.STEPS) - {"look", "look-again"}  # Those are a person's.
    assert limited[LeaseState.FROZEN] | limited[LeaseState.ACTIVE] == {
        *playing.STEPS,
        *freezing.STEPS,
        *extras.STEPS,
    }
    assert set(limited) == set(LIVE_LEASE_STATES)


def test_a_stack_that_is_for_ever_in_progress_moves_the_lease_to_another_account(
    machine: Machine, faults: Faults
) -> None:
    for earlier in [sandboxes.request() for _ in range(2)]:
        machine.until_state(earlier, LeaseState.ACTIVE)
    for earlier in Lease.objects.all():
        leases.end_lease(now=machine.clock(), lease=earlier, reason="over")
    machine.until(lambda: Account.objects.filter(state=AccountState.AVAILABLE).count() == 2)
    lease = sandboxes.request()
    faults.add("slow", service="cloudformation", operation="CreateStack", looks=1000, times=1)
    machine.until(_is_at(lease, "stack"))
    first, began = lease.account, machine.clock()
    assert first is not None

    def has_moved() -> bool:
        lease.refresh_from_db()
        return lease.attempt == 2

    _pass_time(machine, has_moved)

    assert machine.clock() - began >= deadlines.PATIENCE[LeaseState.PROVISIONING]["stack"].longest
    assert lease.swaps == 1
    assert lease.moves.filter(reason="stack is not done after 45 minutes").exists()
    first.refresh_from_db()
    # Slow is not broken: it is cleaned by the pool, and not lost.
    assert first.state != AccountState.QUARANTINED
    Lease.objects.filter(pk=lease.pk).update(ends_at=machine.clock() + timedelta(hours=5))
    machine.until_state(lease, LeaseState.ACTIVE)
    faults.clear()
    assert lease.account != first
    machine.until(lambda: Account.objects.get(pk=first.pk).state == AccountState.AVAILABLE)
    assert platform_session(str(first.account_id)).items("cloudformation", "describe_stacks", "Stacks[]") == []


def test_an_end_that_never_comes_quarantines_the_account_with_the_reason(machine: Machine, faults: Faults) -> None:
    lease = sandboxes.vended(machine)
    faults.add("slow", service="cloudformation", operation="DeleteStack", looks=1000)
    leases.end_lease(now=machine.clock(), lease=lease, reason="over")

    def is_over() -> bool:
        lease.refresh_from_db()
        return lease.state == LeaseState.ENDED

    _pass_time(machine, is_over, looks=200)

    assert lease.account is not None
    lease.account.refresh_from_db()
    assert lease.account.state == AccountState.QUARANTINED
    assert lease.account.reason
    assert lease.reason == f"over; its account is quarantined: {lease.account.reason}"


def test_time_in_which_nobody_looked_is_not_the_steps(machine: Machine) -> None:
    lease = sandboxes.request()
    machine.until(lambda: Account.objects.filter(state=AccountState.AVAILABLE).exists(), only="account")
    account_id = str(Account.objects.get().account_id)
    sandboxes.deny_the_platform(account_id, "iam:CreatePolicy")
    machine.until(_is_at(lease, "guardrails"))
    Lease.objects.filter(pk=lease.pk).update(ends_at=machine.clock() + timedelta(hours=9))

    machine.offset += timedelta(hours=2)  # The platform was down.
    machine.turn()

    lease.refresh_from_db()
    assert (lease.swaps, lease.step) == (0, "guardrails")
    assert lease.deadline_at is not None and lease.deadline_at > machine.clock()
    sandboxes.let_the_platform(account_id)
    machine.until_state(lease, LeaseState.ACTIVE)
    assert lease.swaps == 0


def test_a_lease_that_waits_long_for_an_account_is_told_once_and_goes_on_waiting(
    machine: Machine, settings: Settings, told: list[dict[str, Any]]
) -> None:
    settings.AWS_ACCOUNT_LIMIT = 1
    sandboxes.vended(machine, hours=9)
    lease = sandboxes.request(hours=9)

    for _ in range(30):
        machine.turn()
        machine.offset += A_LOOK

    lease.refresh_from_db()
    assert lease.state == LeaseState.REQUESTED
    assert [notice["key"] for notice in told] == [f"lease:{lease.pk}:overdue:requested:reserve"]
    assert told[0]["title"] == "A sandbox waits for an account"


def test_what_is_in_use_stays_and_a_person_is_told(machine: Machine, told: list[dict[str, Any]]) -> None:
    lease = sandboxes.vended(machine)
    assert lease.account is not None
    account_id = str(lease.account.account_id)
    sandboxes.deny_the_platform(account_id, "iam:CreatePolicyVersion")
    later = lease.ends_at + timedelta(hours=9)
    leases.extend_lease(now=machine.clock(), lease=lease, ends_at=later)

    _pass_time(machine, lambda: bool(told))

    lease.refresh_from_db()
    assert (lease.state, lease.step) == (LeaseState.ACTIVE, "limits")
    assert told[0]["key"] == f"lease:{lease.pk}:overdue:active:limits"
    assert "iam:CreatePolicyVersion" in told[0]["text"]
    sandboxes.let_the_platform(account_id)
    _pass_time(machine, _is_at(lease, ""))
