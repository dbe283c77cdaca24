"""The messages between tick and workers, and the wake-up after a commit."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import current_app

from provisioning import receivers, tasks
from provisioning.domain import leases, work
from provisioning.enums import LeaseState
from provisioning.models import Account, Lease
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def in_this_process() -> Iterator[None]:
    """Let messages be worked on as they are sent."""
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = False


@pytest.mark.usefixtures("in_this_process")
def test_ticks_alone_bring_a_lease_to_its_holder(machine: Machine) -> None:
    lease = sandboxes.request()

    def tick() -> int:
        tasks.tick.delay()
        return 1

    machine.turn = lambda only="": tick()  # type: ignore[method-assign]
    machine.until_state(lease, LeaseState.ACTIVE)

    assert Account.objects.get().leases.get() == lease


def test_cleaning_has_a_queue_of_its_own(machine: Machine) -> None:
    lease = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)
    sandboxes.request()
    leases.end_lease(now=sandboxes.now(), lease=lease, reason="over")

    found = work.find(now=sandboxes.now())

    assert {(each.kind, each.is_sweeping) for each in found if each.key == str(lease.pk)} == {("lease", True)}
    assert {each.is_sweeping for each in found if each.key != str(lease.pk)} == {False}


def test_a_missing_broker_is_no_harm(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("redis.connection.Connection._connect", unreachable)

    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        lease = sandboxes.request()
        sandboxes.request()

    assert [each for each in callbacks if each is receivers._send_tick] == [receivers._send_tick]
    assert Lease.objects.filter(pk=lease.pk).exists()
