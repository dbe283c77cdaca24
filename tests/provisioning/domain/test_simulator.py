"""A restarted simulator has forgotten everything: what was running is vended afresh, with its reason told."""

import uuid

import pytest

from provisioning.domain import leases, simulator
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, SimulatorGeneration
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def test_a_new_generation_vends_running_leases_afresh_and_ends_ending_ones(machine: Machine) -> None:
    assert simulator.notice_restart(now=sandboxes.now())
    running = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)
    ending = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)
    leases.end_lease(now=sandboxes.now(), lease=ending, reason="over")
    first_account, first_outputs = running.account, running.outputs

    assert simulator.adopt(now=sandboxes.now(), generation=str(uuid.uuid4()))

    for lease in (running, ending):
        lease.refresh_from_db()
    assert (ending.state, ending.reason) == (LeaseState.ENDED, "the simulator restarted")
    assert (running.state, running.reason) == (LeaseState.REQUESTED, "the simulator restarted")
    assert (running.account, running.outputs, running.attempt) == (None, {}, 2)
    assert set(Account.objects.values_list("state", "reason")) == {(AccountState.RETIRED, "the simulator restarted")}

    machine.until_state(running, LeaseState.ACTIVE)
    assert running.account != first_account
    assert running.outputs != first_outputs


def test_the_same_generation_changes_nothing(machine: Machine) -> None:
    assert simulator.notice_restart(now=sandboxes.now())
    lease = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)

    assert not simulator.notice_restart(now=sandboxes.now())

    lease.refresh_from_db()
    assert lease.state == LeaseState.ACTIVE
    assert SimulatorGeneration.objects.count() == 1
    assert lease.account is not None
    assert lease.account.generation == SimulatorGeneration.objects.get().generation
