"""A restarted simulator has forgotten everything: what was running is vended afresh, with its reason told."""

import uuid

import pytest

from provisioning.domain import leases, simulator
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, Lease, SimulatorGeneration
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


@pytest.mark.parametrize("stop_compute", [False, True])
def test_a_frozen_lease_comes_back_frozen(machine: Machine, stop_compute: bool) -> None:
    assert simulator.notice_restart(now=sandboxes.now())
    lease = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)
    leases.freeze_lease(now=machine.clock(), lease=lease, actor=None, reason="found mining", stop_compute=stop_compute)

    assert simulator.adopt(now=machine.clock(), generation=str(uuid.uuid4()))
    # Even a second restart, before it is ready again, does not make it forget.
    assert simulator.adopt(now=machine.clock(), generation=str(uuid.uuid4()))

    seen: set[str] = set()
    machine.until(lambda: seen.add(_state(lease)) or (_state(lease), lease.step) == (LeaseState.FROZEN, ""))
    assert not seen & {LeaseState.READY, LeaseState.ACTIVE}
    assert lease.reason == "it was frozen before it had to start over"
    assert lease.stops_compute is stop_compute

    leases.unfreeze_lease(now=machine.clock(), lease=lease, actor=None, reason="talked to them")
    assert not Lease.objects.get(pk=lease.pk).stays_frozen
    assert _state(lease) == LeaseState.ACTIVE


def _state(lease: Lease) -> str:
    lease.refresh_from_db()
    return lease.state


def test_the_same_generation_changes_nothing(machine: Machine) -> None:
    assert simulator.notice_restart(now=sandboxes.now())
    lease = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)

    assert not simulator.notice_restart(now=sandboxes.now())

    lease.refresh_from_db()
    assert lease.state == LeaseState.ACTIVE
    assert SimulatorGeneration.objects.count() == 1
    assert lease.account is not None
    assert lease.account.generation == SimulatorGeneration.objects.get().generation
