"""Service control policies bind what they are attached to, and what is below; machine types are told apart."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.labs.gate.process import Account, RunningGate, refusal, running_gate

pytestmark = pytest.mark.services

NO_QUEUES = {"Sid": "NoQueues", "Effect": "Deny", "Action": "sqs:*", "Resource": "*"}
DENIED = ("AccessDenied", 400)


@pytest.fixture(scope="module")
def gate() -> Iterator[RunningGate]:
    """A gate of its own: these tests change the whole organization."""
    with running_gate() as running:
        yield running


@pytest.fixture(autouse=True)
def _disabled_again(gate: RunningGate) -> Iterator[None]:
    yield
    gate.client("organizations").disable_policy_type(RootId=_root(gate), PolicyType="SERVICE_CONTROL_POLICY")


def _attach(gate: RunningGate, target: str, *statements: dict[str, Any]) -> str:
    organizations = gate.client("organizations")
    content = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    policy = organizations.create_policy(
        Content=content, Description="", Name=f"guard-of-{target}", Type="SERVICE_CONTROL_POLICY"
    )
    policy_id = str(policy["Policy"]["PolicySummary"]["Id"])
    organizations.attach_policy(PolicyId=policy_id, TargetId=target)
    return policy_id


def _root(gate: RunningGate) -> str:
    return str(gate.client("organizations").list_roots()["Roots"][0]["Id"])


def _enable(gate: RunningGate) -> None:
    gate.client("organizations").enable_policy_type(RootId=_root(gate), PolicyType="SERVICE_CONTROL_POLICY")


def test_they_bind_even_administrators_of_what_is_below_and_nobody_elsewhere(gate: RunningGate) -> None:
    organizations, root = gate.client("organizations"), _root(gate)
    inside, outside = gate.new_account(), gate.new_account()
    unit = organizations.create_organizational_unit(ParentId=root, Name="sandboxes")["OrganizationalUnit"]["Id"]
    organizations.move_account(AccountId=inside.id, SourceParentId=root, DestinationParentId=unit)
    policy = _attach(gate, unit, NO_QUEUES)
    assert gate.client("sqs", inside.admin).list_queues()  # nothing counts before the organization enables them

    _enable(gate)
    with pytest.raises(ClientError, match=f"organizational unit {unit} applies .NoQueues"):
        gate.client("sqs", inside.admin).list_queues()
    assert gate.client("sns", inside.admin).list_topics()["Topics"] == []
    assert gate.client("sqs", outside.admin).list_queues()

    organizations.detach_policy(PolicyId=policy, TargetId=unit)
    assert gate.client("sqs", inside.admin).list_queues()


def test_an_account_whose_full_access_is_detached_may_nothing(gate: RunningGate) -> None:
    _enable(gate)
    account = gate.new_account()
    gate.client("organizations").detach_policy(PolicyId="p-FullAWSAccess", TargetId=account.id)
    assert refusal(gate.client("sqs", account.admin).list_queues) == DENIED
    assert gate.client("sts", account.admin).get_caller_identity()["Account"] == account.id


def test_the_management_account_is_never_bound(gate: RunningGate) -> None:
    _enable(gate)
    policy = _attach(gate, _root(gate), NO_QUEUES)
    assert gate.client("sqs").list_queues()
    assert refusal(gate.client("sqs", gate.new_account().admin).list_queues) == DENIED
    gate.client("organizations").detach_policy(PolicyId=policy, TargetId=_root(gate))


def _machine_account(gate: RunningGate) -> Account:
    _enable(gate)
    account = gate.new_account()
    others = {
        "Sid": "Machines",
        "Effect": "Deny",
        "Action": ["ec2:RunInstances", "ec2:StartInstances"],
        "Resource": "arn:aws:ec2:*:*:instance/*",
        "Condition": {"StringNotEquals": {"ec2:InstanceType": ["t3.micro"]}},
    }
    _attach(gate, account.id, others)
    return account


def test_only_listed_machines_start_and_start_again(gate: RunningGate) -> None:
    ec2 = gate.client("ec2", _machine_account(gate).admin)
    image = ec2.register_image(Name="egg", RootDeviceName="/dev/sda1")["ImageId"]
    launch = {"ImageId": image, "MinCount": 1, "MaxCount": 1}
    machine = ec2.run_instances(**launch, InstanceType="t3.micro")["Instances"][0]["InstanceId"]
    assert refusal(lambda: ec2.run_instances(**launch, InstanceType="m5.large"))[0] == "UnauthorizedOperation"
    assert refusal(lambda: ec2.run_instances(**launch))[0] == "UnauthorizedOperation"

    ec2.stop_instances(InstanceIds=[machine])
    assert ec2.start_instances(InstanceIds=[machine])["StartingInstances"]
    ec2.stop_instances(InstanceIds=[machine])
    ec2.modify_instance_attribute(InstanceId=machine, InstanceType={"Value": "m5.large"})
    assert refusal(lambda: ec2.start_instances(InstanceIds=[machine]))[0] == "UnauthorizedOperation"
