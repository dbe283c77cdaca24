"""Before a sweep, what makes other things is brought to rest; what refuses holds nothing up."""

import json

import pytest

from provisioning.aws import compute
from provisioning.aws.sessions import platform_session
from provisioning.domain import leases
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Lease
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def _step_until(machine: Machine, lease: Lease, step: str) -> None:
    def reached() -> bool:
        lease.refresh_from_db()
        return lease.step == step

    sandboxes.step_until(machine, reached)


def test_producers_rest_before_the_first_deletion(machine: Machine) -> None:
    lease = sandboxes.vended(machine)
    assert lease.account is not None
    session = platform_session(str(lease.account.account_id))
    session.call("events", "put_rule", Name="hourly", ScheduleExpression="rate(1 hour)", State="ENABLED")
    session.call(
        "scheduler",
        "create_schedule",
        Name="nightly",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:sqs:us-east-1:123456789012:orders", "RoleArn": "arn:aws:iam::123456789012:role/worker"},
    )
    machine_arn = session.call(
        "stepfunctions",
        "create_state_machine",
        name="waiting",
        roleArn=sandboxes.worker_role(session),
        definition=json.dumps({"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 900, "End": True}}}),
    )["stateMachineArn"]
    session.call("stepfunctions", "start_execution", stateMachineArn=machine_arn)
    instance = session.call("ec2", "run_instances", ImageId="ami-12345678", MinCount=1, MaxCount=1)["Instances"][0]
    kinds = {each.kind for each in compute.running(session, ["us-east-1"], kinds=compute.PRODUCERS)}
    assert kinds == {"events:rule", "scheduler:schedule", "states:execution"}

    leases.end_lease(now=machine.clock(), lease=lease, reason="over")
    _step_until(machine, lease, "stacks")

    assert compute.running(session, ["us-east-1"], kinds=compute.PRODUCERS) == []
    assert len(session.items("cloudformation", "describe_stacks", "Stacks[]")) == 1
    assert session.items("events", "list_rules", "Rules[].[Name, State]") == [["hourly", "DISABLED"]]
    state = session.items(
        "ec2", "describe_instances", "Reservations[].Instances[].State.Name", InstanceIds=[instance["InstanceId"]]
    )
    assert state == ["running"]
    machine.until_state(lease, LeaseState.ENDED)
    lease.account.refresh_from_db()
    assert lease.account.state == AccountState.AVAILABLE


def test_a_producer_that_refuses_holds_the_sweep_up_for_nothing(machine: Machine) -> None:
    lease = sandboxes.vended(machine)
    assert lease.account is not None
    session = platform_session(str(lease.account.account_id))
    session.call("events", "put_rule", Name="hourly", ScheduleExpression="rate(1 hour)", State="ENABLED")
    sandboxes.deny_the_platform(session.account_id, "events:DisableRule")

    leases.end_lease(now=machine.clock(), lease=lease, reason="over")
    machine.until_state(lease, LeaseState.ENDED)

    assert lease.moves.filter(reason__contains="events:DisableRule", step="stacks").exists()
    lease.account.refresh_from_db()
    assert lease.account.state == AccountState.AVAILABLE
    assert session.items("events", "list_rules", "Rules[].Name") == []
