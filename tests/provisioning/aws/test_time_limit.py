"""Calls end with the time that their step has, and what was not asked is unknown, never empty."""

import threading
from datetime import timedelta

import pytest

from provisioning.aws import organization, sweeper, time_limit
from provisioning.aws.errors import Transient
from provisioning.aws.sessions import bootstrap_session, hub_session
from provisioning.aws.time_limit import OutOfTime, calls_begin_within
from provisioning.domain import claims
from provisioning.enums import LeaseState
from provisioning.models import Lease
from tests.faults import Faults
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine


def test_what_other_threads_do_has_the_same_limit() -> None:
    left: list[float] = []

    with calls_begin_within(0):
        asked = time_limit.carried(lambda _: left.append(time_limit.seconds_left()))
        thread = threading.Thread(target=asked, args=[None])
        thread.start()
        thread.join()

    assert left == [0]
    assert time_limit.seconds_left() == float("inf")


def test_a_wider_limit_inside_does_not_lengthen_it() -> None:
    with calls_begin_within(0), calls_begin_within(100):
        assert time_limit.seconds_left() == 0


@pytest.mark.services
def test_no_call_begins_once_the_time_is_over(faults: Faults) -> None:
    session = hub_session()
    faults.clear()

    with calls_begin_within(0), pytest.raises(OutOfTime) as refusal:
        session.call("organizations", "list_roots")

    assert str(refusal.value).startswith("ListRoots: OutOfTime: not asked")
    assert isinstance(refusal.value, Transient)
    assert faults.calls() == 0
    assert session.call("organizations", "list_roots")["Roots"]


@pytest.mark.services
def test_no_further_attempt_begins_either(faults: Faults) -> None:
    session = hub_session()
    faults.clear()
    faults.add(kind="timeout", service="organizations", operation="ListRoots", seconds=4)

    with calls_begin_within(3), pytest.raises(OutOfTime):
        session.call("organizations", "list_roots")

    assert faults.calls(operation="ListRoots") == 1


@pytest.mark.services
def test_a_look_that_ends_too_early_is_unknown_and_not_empty() -> None:
    organization.sandbox_unit()
    made = hub_session().call(
        "organizations", "create_account", Email="hurried@sandboxes.example.com", AccountName="hurried"
    )["CreateAccountStatus"]
    session = bootstrap_session(made["AccountId"])

    with calls_begin_within(0), pytest.raises(OutOfTime):
        sweeper.survey(session, [sandboxes.REGION])


@pytest.mark.services
@pytest.mark.django_db
def test_a_step_without_time_left_is_taken_up_again(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    sandboxes.stock()
    lease = sandboxes.request()
    monkeypatch.setattr(claims, "CALLS_FOR", timedelta(0))
    machine.until(lambda: bool(Lease.objects.get(pk=lease.pk).error), turns=5)
    lease.refresh_from_db()
    assert "the time for this step is over; it will be taken up again" in lease.error
    assert (lease.state, lease.attempts, lease.claimed_until) == (LeaseState.RESERVED, 1, None)

    monkeypatch.undo()
    machine.until_state(lease, LeaseState.ACTIVE)

    assert (lease.error, lease.attempt) == ("", 1)
