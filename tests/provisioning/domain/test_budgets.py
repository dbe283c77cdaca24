"""A budget is acted on once at each threshold, and a new one arms what it is below again."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from pytest_django.fixtures import Settings

from accounts.models import AuditEntry
from provisioning.aws.sessions import Session, platform_session
from provisioning.domain import access, budgets, costs, leases, notices
from provisioning.domain.leases import UnableToLease
from provisioning.enums import CostLevel, LeaseState
from provisioning.models import Lease, Notice
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]

OLIVE = uuid.UUID(int=0x0)
AN_HOUR_COSTS = Decimal("1.212")  # g5.2xlarge; its disk adds next to nothing.


class Spending:
    """A sandbox with one dear machine in it, and the clock on which it costs."""

    def __init__(self, machine: Machine, budget_usd: str) -> None:
        self.machine = machine
        blueprint = sandboxes.blueprint(budget_usd=Decimal(budget_usd))
        self.lease = sandboxes.vended(machine, blueprint, hours=30)
        self.started = machine.clock()
        self.session.call(
            "ec2", "run_instances", ImageId="ami-12345678", MinCount=1, MaxCount=1, InstanceType="g5.2xlarge"
        )

    @property
    def session(self) -> Session:
        assert self.lease.account is not None
        return platform_session(str(self.lease.account.account_id))

    def spend(self, usd: str) -> str:
        """Let time pass until about this much has been spent, estimate, and return the level."""
        seconds = float(Decimal(usd) / AN_HOUR_COSTS) * 3600
        self.machine.offset += self.started + timedelta(seconds=seconds) - self.machine.clock()
        costs.estimate(now=self.machine.clock(), lease=self.fresh())
        return self.fresh().cost_level

    def fresh(self) -> Lease:
        self.lease = Lease.objects.select_related("account", "blueprint").get(pk=self.lease.pk)
        return self.lease

    def told(self) -> list[str]:
        """Return the titles of what operators are told about it, in order."""
        notices.review(now=self.machine.clock())
        return list(Notice.objects.order_by("created_at").values_list("title", flat=True))


def test_each_threshold_is_acted_on_once(machine: Machine) -> None:
    spending = Spending(machine, "2.00")
    short = str(spending.lease.pk)[:8]

    assert spending.spend("0.90") == CostLevel.WITHIN
    assert spending.told() == []
    assert spending.spend("1.10") == CostLevel.HALF
    assert spending.spend("1.20") == CostLevel.HALF
    assert spending.told() == [f"A sandbox has used half of its budget (lease {short})"]
    assert spending.spend("1.70") == CostLevel.NOTIFIED
    assert spending.spend("1.80") == CostLevel.NOTIFIED
    assert spending.fresh().state == LeaseState.ACTIVE

    assert spending.spend("2.10") == CostLevel.FROZEN
    lease = spending.fresh()
    assert (lease.state, lease.stops_compute) == (LeaseState.FROZEN, True)
    assert lease.reason == (
        "its estimated cost of $2.10 has reached its budget of $2.00; "
        "what computes in it is stopped, to be started again with it"
    )
    with pytest.raises(access.AccessPaused):
        access.credentials_for_person(now=machine.clock(), lease=lease, person=OLIVE)
    assert spending.spend("9.00") == CostLevel.FROZEN
    assert [entry.details["level"] for entry in AuditEntry.objects.filter(action="lease.cost").order_by("at")] == [
        "half",
        "notified",
        "frozen",
    ]
    assert list(lease.moves.filter(reason__contains="estimated cost").values_list("from_state", "to_state")) == [
        ("active", "active"),
        ("active", "active"),
        ("active", "frozen"),
    ]
    assert spending.told()[-1] == f"A sandbox was frozen because of its cost (lease {short})"


def test_a_frozen_sandbox_stops_costing_what_was_stopped(machine: Machine) -> None:
    spending = Spending(machine, "1.00")
    spending.spend("1.10")

    def is_stopped() -> bool:
        return not spending.fresh().step

    machine.until(is_stopped)
    spending.spend("1.20")
    before = spending.fresh().cost_usd

    spending.spend("5.00")

    after = spending.fresh().cost_usd
    assert before is not None and after is not None
    assert after - before < Decimal("0.05")  # Its disk.


def test_a_jump_over_several_thresholds_acts_on_the_highest_alone(machine: Machine) -> None:
    spending = Spending(machine, "1.00")

    assert spending.spend("1.30") == CostLevel.FROZEN

    assert [entry.details["level"] for entry in AuditEntry.objects.filter(action="lease.cost")] == ["frozen"]


def test_ending_for_cost_is_off_unless_set(machine: Machine, settings: Settings) -> None:
    spending = Spending(machine, "1.00")
    assert spending.spend("1.60") == CostLevel.FROZEN
    settings.COST_END_SHARE = 1.5
    settings.COST_FREEZE_STOPS_COMPUTE = False

    assert spending.spend("1.70") == CostLevel.ENDED

    assert spending.fresh().state == LeaseState.ENDING
    assert spending.fresh().reason == "its estimated cost of $1.70 has reached 150 % of its budget of $1.00"


def test_a_freeze_for_cost_leaves_compute_alone_if_told_so(machine: Machine, settings: Settings) -> None:
    settings.COST_FREEZE_STOPS_COMPUTE = False
    spending = Spending(machine, "1.00")

    spending.spend("1.10")

    assert spending.fresh().stops_compute is False
    assert spending.fresh().reason.endswith("what computes in it goes on, and costs")


def test_a_higher_budget_arms_the_thresholds_again(machine: Machine) -> None:
    spending = Spending(machine, "1.00")
    spending.spend("1.10")

    lease = budgets.set_budget(
        now=machine.clock(), lease=spending.fresh(), budget_usd=Decimal(2), actor=OLIVE, reason="they build well"
    )
    assert (lease.budget_usd, lease.cost_level, lease.state) == (2, CostLevel.HALF, LeaseState.FROZEN)
    leases.unfreeze_lease(now=machine.clock(), lease=lease, actor=OLIVE, reason="more budget")

    assert spending.spend("1.70") == CostLevel.NOTIFIED
    assert spending.spend("2.10") == CostLevel.FROZEN
    assert spending.fresh().state == LeaseState.FROZEN
    entry = AuditEntry.objects.get(action="lease.budget")
    assert (entry.actor, entry.details) == (OLIVE, {"budget_usd": "2", "reason": "they build well"})
    assert lease.moves.filter(actor=OLIVE, reason="a budget of $2.00: they build well").exists()


def test_a_lower_budget_acts_with_the_next_estimate(machine: Machine) -> None:
    spending = Spending(machine, "9.00")
    spending.spend("1.10")

    budgets.set_budget(
        now=machine.clock(), lease=spending.fresh(), budget_usd=Decimal(1), actor=OLIVE, reason="too generous"
    )

    assert spending.fresh().state == LeaseState.ACTIVE
    assert [due.key for due in costs.estimate_due(now=machine.clock())] == [str(spending.lease.pk)]
    assert spending.spend("1.15") == CostLevel.FROZEN


def test_no_budget_is_no_limit_and_nonsense_is_refused(machine: Machine) -> None:
    spending = Spending(machine, "1.00")
    budgets.set_budget(now=machine.clock(), lease=spending.fresh(), budget_usd=None, actor=OLIVE, reason="a test")

    assert spending.spend("50") == CostLevel.WITHIN
    with pytest.raises(UnableToLease, match="more than 0 USD"):
        budgets.set_budget(now=machine.clock(), lease=spending.lease, budget_usd=Decimal(0), actor=OLIVE, reason="x")
    leases.end_lease(now=machine.clock(), lease=spending.lease, reason="over")
    with pytest.raises(UnableToLease, match="The lease is ending; its budget has no effect"):
        budgets.set_budget(now=machine.clock(), lease=spending.lease, budget_usd=Decimal(1), actor=OLIVE, reason="x")


@pytest.mark.parametrize(
    ("usd", "words"), [("0", "$0.00"), ("0.004", "less than $0.01"), ("0.126", "$0.13"), ("1234.5", "$1,234.50")]
)
def test_amounts_are_written_as_people_read_them(usd: str, words: str) -> None:
    assert budgets.in_dollars(Decimal(usd)) == words
