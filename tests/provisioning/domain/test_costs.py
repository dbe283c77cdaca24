"""Estimates grow with what stands, keep what is gone, are made a few at a time, and are final before anything goes."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from provisioning.aws.errors import AwsError
from provisioning.aws.sessions import Session, platform_session
from provisioning.aws.sweeper import Resource
from provisioning.domain import costs, leases
from provisioning.domain.queries.costs import TypeCost, cost_of_scope, estimate_of
from provisioning.enums import LeaseState
from provisioning.models import CostEstimate, Lease
from tests.conftest import NOW
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

HOUR = timedelta(hours=1)


def _gateway(**changes: Any) -> Resource:
    """A NAT gateway: 0.045 USD an hour."""
    named = {"type": "ec2:natgateway", "arn": "arn:nat", "region": "us-east-1", "handle": "nat"}
    return Resource(**{**named, "price": "ec2:natgateway", "created_at": NOW, **changes})


def _reckon(standing: list[Resource], *, after: timedelta, earlier: Any = (), looked: timedelta | None = None) -> Any:
    return costs.reckon(
        earlier, standing, now=NOW + after, looked_at=None if looked is None else NOW + looked, began=NOW
    )


def _usd(lines: list[dict[str, Any]]) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(line["hours"]), Decimal(line["usd"])) for line in lines]


def test_something_new_counts_since_aws_made_it_but_not_before_the_lease() -> None:
    assert _usd(_reckon([_gateway(created_at=NOW + HOUR)], after=3 * HOUR)) == [(2, Decimal("0.09"))]
    assert _usd(_reckon([_gateway(created_at=NOW - HOUR)], after=3 * HOUR)) == [(3, Decimal("0.135"))]


def test_where_aws_does_not_tell_it_counts_since_the_look_before_or_the_lease_began() -> None:
    assert _usd(_reckon([_gateway(created_at=None)], after=3 * HOUR)) == [(3, Decimal("0.135"))]
    assert _usd(_reckon([_gateway(created_at=None)], after=3 * HOUR, looked=2 * HOUR)) == [(1, Decimal("0.045"))]


def test_each_span_is_charged_by_what_the_thing_was_then() -> None:
    def instance(state: str) -> Resource:
        details = {"instance_type": "m5.large", "state": state}
        return _gateway(type="ec2:instance", arn="arn:i", price="ec2:instance", details=details)

    first = _reckon([instance("running")], after=2 * HOUR)
    second = _reckon([instance("stopped")], after=5 * HOUR, earlier=first)
    third = _reckon([instance("running")], after=6 * HOUR, earlier=second)

    assert [_usd(lines) for lines in (first, second, third)] == [
        [(2, Decimal("0.192"))],
        [(5, Decimal("0.192"))],
        [(6, Decimal("0.288"))],
    ]


def test_what_is_gone_keeps_having_cost_what_it_cost_and_is_summed_by_type() -> None:
    two = [_gateway(), _gateway(arn="arn:other")]
    first = _reckon(two, after=2 * HOUR)
    second = _reckon([], after=9 * HOUR, earlier=first)
    third = _reckon([_gateway(arn="arn:new", created_at=NOW + 9 * HOUR)], after=10 * HOUR, earlier=second)
    fourth = _reckon([], after=11 * HOUR, earlier=third)

    assert second == [{"type": "ec2:natgateway", "arn": "", "gone": 2, "hours": "4.00000000", "usd": "0.18000000"}]
    assert _usd(third) == [(1, Decimal("0.045")), (4, Decimal("0.18"))]
    assert fourth == [{"type": "ec2:natgateway", "arn": "", "gone": 3, "hours": "5.00000000", "usd": "0.22500000"}]


def test_something_made_anew_under_its_old_name_does_not_cost_for_the_gap() -> None:
    first = _reckon([_gateway()], after=2 * HOUR)
    second = _reckon([_gateway(created_at=NOW + 5 * HOUR)], after=6 * HOUR, earlier=first)

    assert _usd(second) == [(3, Decimal("0.135"))]


def _active(machine: Machine, **changes: Any) -> tuple[Lease, Session]:
    lease = sandboxes.vended(machine, sandboxes.blueprint(**changes), hours=9)
    assert lease.account is not None
    return Lease.objects.select_related("account", "blueprint").get(pk=lease.pk), platform_session(
        str(lease.account.account_id)
    )


def _instance(session: Session, kind: str) -> None:
    session.call("ec2", "run_instances", ImageId="ami-12345678", MinCount=1, MaxCount=1, InstanceType=kind)


@pytest.mark.services
@pytest.mark.django_db
def test_an_estimate_is_inventory_times_age_times_price(machine: Machine) -> None:
    lease, session = _active(machine)
    _instance(session, "m5.large")
    machine.offset += 2 * HOUR

    made = costs.estimate(now=machine.clock(), lease=lease)

    assert made is not None
    [line] = [each for each in made.lines if each["type"] == "ec2:instance"]
    assert (line["usd_per_hour"], line["note"], line["region"]) == ("0.09600000", "", "us-east-1")
    assert float(line["usd"]) == pytest.approx(2 * 0.096, rel=0.02)
    lease.refresh_from_db()
    assert (lease.cost_usd, lease.cost_at) == (made.total_usd, made.at)
    assert lease.cost_due_at is not None and lease.cost_due_at > made.at
    cost = estimate_of(now=made.at + timedelta(minutes=2), lease=lease)
    assert cost is not None
    assert (cost.total_usd, cost.age, cost.budget_usd, cost.share) == (made.total_usd, timedelta(minutes=2), None, None)
    assert "data transfer" in cost.omitted
    assert cost.by_type[0] == TypeCost("ec2:instance", 1, Decimal(line["usd"]))
    total = cost_of_scope(scope=lease.scope)
    assert total is not None
    assert (total.total_usd, total.oldest, total.budget_usd, total.without) == (made.total_usd, made.at, None, 0)


@pytest.mark.services
@pytest.mark.django_db
def test_the_last_estimate_is_stored_before_anything_is_deleted(machine: Machine) -> None:
    lease, session = _active(machine)
    _instance(session, "m5.large")
    machine.offset += HOUR
    costs.estimate(now=machine.clock(), lease=lease)
    machine.offset += HOUR

    leases.end_lease(now=machine.clock(), lease=lease, reason="over")
    sandboxes.step_until(machine, CostEstimate.objects.filter(lease=lease, is_final=True).exists)

    assert len(session.items("ec2", "describe_instances", "Reservations[].Instances[?State.Name=='running'][]")) == 1
    machine.until_state(lease, LeaseState.ENDED)
    final = CostEstimate.objects.get(lease=lease, is_final=True)
    assert float(final.total_usd) == pytest.approx(2 * 0.096, rel=0.02)
    assert (lease.cost_usd, lease.cost_due_at) == (final.total_usd, None)
    assert final.account_id == session.account_id


@pytest.mark.services
@pytest.mark.django_db
def test_few_estimates_are_under_way_at_a_time_and_each_is_made_once(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costs, "AT_ONCE", 2)
    lease, _ = _active(machine)
    others = [sandboxes.request() for _ in range(2)]
    due_at = machine.clock()
    for each in others:
        Lease.objects.filter(pk=each.pk).update(state=LeaseState.FROZEN, cost_due_at=due_at + timedelta(seconds=1))
    waiting = sandboxes.request()
    Lease.objects.filter(pk=waiting.pk).update(cost_due_at=due_at)
    Lease.objects.filter(pk=lease.pk).update(cost_due_at=due_at)

    now = due_at + timedelta(seconds=2)
    first = costs.estimate_due(now=now)
    assert first[0].key == str(lease.pk)
    assert len(first) == 2
    assert costs.estimate_due(now=now) == []

    assert costs.do(due=first[0], clock=machine.clock) is not None
    assert costs.do(due=first[0], clock=machine.clock) is None
    assert [due.key for due in costs.estimate_due(now=now)] == [
        str(each.pk) for each in others if str(each.pk) != first[1].key
    ]
    lease.refresh_from_db()
    assert lease.cost_claimed_until is None


@pytest.mark.services
@pytest.mark.django_db
def test_a_listing_that_fails_is_unknown_and_the_last_estimate_stays(machine: Machine) -> None:
    lease, session = _active(machine)
    machine.offset += HOUR
    made = costs.estimate(now=machine.clock(), lease=lease)
    sandboxes.deny_the_platform(session.account_id, "dynamodb:ListTables")
    with pytest.raises(AwsError, match="dynamodb:ListTables"):
        costs.estimate(now=machine.clock(), lease=lease)
    Lease.objects.filter(pk=lease.pk).update(cost_due_at=machine.clock())

    [due] = costs.estimate_due(now=machine.clock())
    assert costs.do(due=due, clock=machine.clock) is None

    lease.refresh_from_db()
    assert made is not None
    assert (lease.cost_usd, lease.cost_at, lease.cost_claimed_until) == (made.total_usd, made.at, None)
    assert lease.cost_due_at is not None and lease.cost_due_at > machine.clock()
    assert costs.estimate_due(now=machine.clock()) == []


@pytest.mark.services
@pytest.mark.django_db
def test_an_estimate_that_comes_after_the_end_changes_nothing(machine: Machine) -> None:
    lease, _ = _active(machine)
    leases.end_lease(now=machine.clock(), lease=lease, reason="over")

    assert costs.estimate(now=machine.clock(), lease=lease) is None

    assert not CostEstimate.objects.exists()


@pytest.mark.services
@pytest.mark.django_db
def test_an_estimate_disturbs_no_worker_that_has_the_lease(machine: Machine) -> None:
    lease, _ = _active(machine)

    costs.estimate(now=machine.clock(), lease=lease)

    assert Lease.objects.get(pk=lease.pk).version == lease.version
