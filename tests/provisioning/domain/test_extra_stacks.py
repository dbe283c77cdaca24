"""Stacks beside the starter stack: made with the sandbox or when asked for, made anew, told when they fail."""

import json
from typing import Any

import pytest

from accounts.models import AuditEntry
from provisioning.aws.sessions import platform_session
from provisioning.domain import extra_stacks, leases, placeholders
from provisioning.domain.extra_stacks import UnableToRemake
from provisioning.domain.steps import extras
from provisioning.enums import ExtraStackState, LeaseState
from provisioning.models import Blueprint, Lease
from tests.faults import Faults
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import ForgetfulMachine, Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def queue(output: str) -> str:
    """Return a template with one queue, its address under that name, and a parameter."""
    return json.dumps(
        {
            "Parameters": {"Owner": {"Type": "String"}},
            "Resources": {
                "Queue": {
                    "Type": "AWS::SQS::Queue",
                    "Properties": {"Tags": [{"Key": "owner", "Value": {"Ref": "Owner"}}]},
                }
            },
            "Outputs": {output: {"Value": {"Ref": "Queue"}}},
        }
    )


def blueprint(**changes: Any) -> Blueprint:
    """Return a blueprint with one stack that belongs to a ready sandbox and one that is made later."""
    first: dict[str, Any] = {"name": "nest", "later": False, "template": queue("NestUrl")}
    second: dict[str, Any] = {"name": "egg", "later": True, "template": queue("EggUrl")}
    stacks = [{**each, "parameters": {"Owner": "${team.seed}"}} for each in (first, {**second, **changes})]
    return sandboxes.blueprint(extra_stacks=stacks)


def standing(lease: Lease) -> list[str]:
    """Return the names of the stacks that stand in the lease's account."""
    assert lease.account is not None
    found = platform_session(str(lease.account.account_id)).items(
        "cloudformation", "describe_stacks", "Stacks[]", region=sandboxes.REGION
    )
    return sorted(each["StackName"] for each in found if each["StackStatus"] != "DELETE_COMPLETE")


def settled(machine: Machine, lease: Lease) -> Lease:
    """Let the machine do whatever the lease's extra stacks need."""

    def reached() -> bool:
        lease.refresh_from_db()
        return lease.step == "" and not extra_stacks.is_any_due(lease)

    machine.until(reached)
    return lease


def ask(machine: Machine, lease: Lease, name: str = "egg") -> Lease:
    assert extra_stacks.create_extra_stack(now=machine.clock(), lease=lease, name=name)
    return settled(machine, lease)


def state_of(lease: Lease, name: str = "egg") -> str:
    return str(lease.extra_stacks[name]["state"])


def test_a_ready_sandbox_has_the_stacks_that_belong_to_it_and_not_the_later_ones(machine: Machine) -> None:
    lease = sandboxes.vended(machine, blueprint())

    assert {name: each["state"] for name, each in lease.extra_stacks.items()} == {
        "nest": ExtraStackState.STANDING,
        "egg": ExtraStackState.LATER,
    }
    starter = f"gameday-{lease.id.hex[:12]}-{lease.attempt}"
    assert standing(lease) == [starter, f"{starter}-nest-1"]
    assert set(placeholders.variables(lease)) >= {"outputs.QueueUrl", "outputs.NestUrl"}
    steps = [step for _, step in lease.moves.values_list("to_state", "step") if step]
    assert steps[steps.index("stack") : steps.index("readiness")] == ["stack", "stacks", "stacks", "seed"]


def test_a_later_stack_is_made_once_with_its_parameters_when_asked_for(machine: Machine) -> None:
    lease = ask(machine, sandboxes.vended(machine, blueprint()))

    assert state_of(lease) == ExtraStackState.STANDING
    assert not extra_stacks.create_extra_stack(now=machine.clock(), lease=lease, name="egg")
    assert not extra_stacks.create_extra_stack(now=machine.clock(), lease=lease, name="unknown")
    assert [name for name in standing(lease) if "-egg-" in name] == [extras.stack_name(lease, "egg", 1)]
    assert lease.state == LeaseState.ACTIVE
    known = placeholders.variables(lease)
    assert lease.account is not None
    tags = platform_session(str(lease.account.account_id)).call(
        "sqs", "list_queue_tags", region=sandboxes.REGION, QueueUrl=known["outputs.EggUrl"]
    )
    assert tags["Tags"]["owner"] == known["team.seed"]


def test_a_stack_is_made_anew_without_what_was_in_it_and_the_journal_says_who(machine: Machine) -> None:
    lease = ask(machine, sandboxes.vended(machine, blueprint()))
    before, starter = placeholders.variables(lease), standing(lease)[0]

    extra_stacks.remake_extra_stack(
        now=machine.clock(), lease=lease, name="egg", actor=lease.holder, reason="they broke it"
    )
    lease.refresh_from_db()
    assert "outputs.EggUrl" not in placeholders.variables(lease)
    with pytest.raises(UnableToRemake, match="being made at this moment"):
        extra_stacks.remake_extra_stack(now=machine.clock(), lease=lease, name="egg", actor=None, reason="again")
    settled(machine, lease)

    after = placeholders.variables(lease)
    assert after["outputs.EggUrl"] != before["outputs.EggUrl"]
    assert after["outputs.NestUrl"] == before["outputs.NestUrl"]
    assert standing(lease) == [starter, extras.stack_name(lease, "egg", 2), extras.stack_name(lease, "nest", 1)]
    entry = AuditEntry.objects.get(action="lease.remake_stack")
    assert (entry.actor, entry.details["stack"], entry.details["reason"]) == (lease.holder, "egg", "they broke it")


def test_what_is_not_there_cannot_be_made_anew(machine: Machine) -> None:
    lease = sandboxes.vended(machine, blueprint())

    for name in ("egg", "unknown"):
        with pytest.raises(UnableToRemake, match="There is no stack"):
            extra_stacks.remake_extra_stack(now=machine.clock(), lease=lease, name=name, actor=None, reason="why not")


def test_a_lost_answer_and_a_lost_row_make_no_second_stack(faults: Faults) -> None:
    machine = ForgetfulMachine()
    lease = sandboxes.vended(machine, blueprint())

    faults.add("lost", service="cloudformation", operation="CreateStack", times=1)
    ask(machine, lease)
    faults.add("lost", service="cloudformation", operation="DeleteStack", times=1)
    extra_stacks.remake_extra_stack(now=machine.clock(), lease=lease, name="egg", actor=None, reason="again")
    settled(machine, lease)

    assert faults.injected(kind="lost") == 2
    assert state_of(lease) == ExtraStackState.STANDING
    assert [name for name in standing(lease) if "-egg-" in name] == [extras.stack_name(lease, "egg", 2)]


def test_a_stack_that_fails_is_tried_again_then_told_and_holds_up_nothing_else(
    machine: Machine, told: list[dict[str, Any]]
) -> None:
    egg = {"name": "egg", "later": True, "template": queue("EggUrl"), "parameters": {"Owner": "${outputs.Nothing}"}}
    nest = {"name": "nest", "later": True, "template": queue("NestUrl"), "parameters": {"Owner": "us"}}
    lease = sandboxes.vended(machine, sandboxes.blueprint(extra_stacks=[egg, nest]))

    assert extra_stacks.create_extra_stack(now=machine.clock(), lease=lease, name="egg")
    ask(machine, lease, "nest")

    assert (state_of(lease), state_of(lease, "nest")) == (ExtraStackState.FAILED, ExtraStackState.STANDING)
    assert lease.state == LeaseState.ACTIVE
    assert "${outputs.Nothing} stands for nothing here" in lease.extra_stacks["egg"]["said"]
    assert [each["title"] for each in told] == ["A part of a sandbox could not be made"]
    of = lease.blueprint
    of.extra_stacks = [{**each, "parameters": {"Owner": "us"}} for each in of.extra_stacks]
    of.save()
    leases.retry_lease(now=machine.clock(), lease=lease, actor=None, reason="the pack was mended")
    assert state_of(settled(machine, lease)) == ExtraStackState.STANDING


def test_an_extension_reaches_aws_before_stacks_that_wait(machine: Machine) -> None:
    lease = sandboxes.vended(machine, blueprint())
    extra_stacks.create_extra_stack(now=machine.clock(), lease=lease, name="egg")

    leases.extend_lease(now=machine.clock(), lease=lease, ends_at=lease.ends_at + (lease.ends_at - lease.created_at))

    lease.refresh_from_db()
    assert lease.step == "limits"
    assert state_of(settled(machine, lease)) == ExtraStackState.STANDING


def test_a_frozen_sandbox_gets_its_stack_once_it_is_open_again(machine: Machine) -> None:
    lease = sandboxes.vended(machine, blueprint())
    leases.freeze_lease(now=machine.clock(), lease=lease, actor=None, reason="too dear", stop_compute=False)
    assert extra_stacks.create_extra_stack(now=machine.clock(), lease=lease, name="egg")
    machine.until(lambda: Lease.objects.get(pk=lease.pk).step == "")
    assert state_of(Lease.objects.get(pk=lease.pk)) == ExtraStackState.WANTED

    leases.unfreeze_lease(now=machine.clock(), lease=lease, actor=None, reason="paid")

    assert state_of(settled(machine, lease)) == ExtraStackState.STANDING


def test_the_end_leaves_none_of_them(machine: Machine) -> None:
    lease = ask(machine, sandboxes.vended(machine, blueprint()))
    leases.end_lease(now=machine.clock(), lease=lease, reason="over")

    machine.until_state(lease, LeaseState.ENDED)

    assert lease.account is not None
    assert lease.account.certificates.first().is_clean
    assert standing(lease) == []
    assert extra_stacks.create_extra_stack(now=machine.clock(), lease=lease, name="egg") is False


def test_a_sandbox_that_starts_over_gets_what_had_been_asked_for(machine: Machine) -> None:
    lease = ask(machine, sandboxes.vended(machine, blueprint()))

    again = extra_stacks.in_another_account(lease)

    assert {name: (each["state"], each["outputs"]) for name, each in again.items()} == {
        "nest": (ExtraStackState.WANTED, {}),
        "egg": (ExtraStackState.WANTED, {}),
    }
