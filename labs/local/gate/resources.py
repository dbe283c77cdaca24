"""The ARN that a call touches, for services whose guardrails name resources; None for every other call."""

from __future__ import annotations

from collections.abc import Callable

from labs.local.gate.operations import Call
from labs.local.gate.state import State

_Finder = Callable[[Call, str, State], "str | None"]


def resource_arn(call: Call, *, account: str, state: State) -> str | None:
    """Return the ARN that IAM would compare with a statement's Resource, when the gate can tell it."""
    finder = _FINDERS.get(call.service)
    return finder(call, account, state) if finder else None


def _iam(call: Call, account: str, state: State) -> str | None:
    path = call.parameter("Path") or "/"
    if role := call.parameter("RoleName"):
        existing = state.role(account, role)
        return existing.arn if existing else f"arn:aws:iam::{account}:role{path}{role}"
    if profile := call.parameter("InstanceProfileName"):
        return f"arn:aws:iam::{account}:instance-profile{path}{profile}"
    if user := call.parameter("UserName"):
        return f"arn:aws:iam::{account}:user{path}{user}"
    if group := call.parameter("GroupName"):
        return f"arn:aws:iam::{account}:group{path}{group}"
    if call.operation == "CreatePolicy" and (policy := call.parameter("PolicyName")):
        return f"arn:aws:iam::{account}:policy{path}{policy}"
    return call.parameter("PolicyArn")


def _sts(call: Call, _account: str, _state: State) -> str | None:
    return call.parameter("RoleArn")


def _s3(call: Call, _account: str, _state: State) -> str | None:
    bucket, key = call.parameter("Bucket"), call.parameter("Key")
    if not bucket or call.operation == "DeleteObjects":
        return None
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"


def _sqs(call: Call, account: str, _state: State) -> str | None:
    name = call.parameter("QueueName") or (call.parameter("QueueUrl") or "").rpartition("/")[2]
    return f"arn:aws:sqs:{call.region}:{account}:{name}" if name else None


def _dynamodb(call: Call, account: str, _state: State) -> str | None:
    table = call.parameter("TableName")
    if not table or table.startswith("arn:"):
        return table
    return f"arn:aws:dynamodb:{call.region}:{account}:table/{table}"


def _sns(call: Call, account: str, _state: State) -> str | None:
    if topic := call.parameter("TopicArn"):
        return topic
    name = call.parameter("Name")
    return f"arn:aws:sns:{call.region}:{account}:{name}" if name else None


def _ec2(call: Call, account: str, _state: State) -> str | None:
    # Only the machines that a call starts: guardrails name no other resource of EC2.
    starts = call.operation in ("RunInstances", "StartInstances")
    return f"arn:aws:ec2:{call.region}:{account}:instance/*" if starts else None


def _cloudformation(call: Call, account: str, _state: State) -> str | None:
    stack = call.parameter("StackName")
    if not stack or stack.startswith("arn:"):
        return stack
    # The last part is a random id; statements about stacks end with a wildcard there.
    return f"arn:aws:cloudformation:{call.region}:{account}:stack/{stack}/*"


_FINDERS: dict[str, _Finder] = {
    "iam": _iam,
    "sts": _sts,
    "s3": _s3,
    "sqs": _sqs,
    "dynamodb": _dynamodb,
    "sns": _sns,
    "cloudformation": _cloudformation,
    "ec2": _ec2,
}
