"""The role's live documents decide: revocation, the absolute end, the boundary, regions, session policies."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.labs.gate.process import Account, Keys, RunningGate, refusal, running_gate

pytestmark = pytest.mark.services

DENIED = ("AccessDenied", 400)
TRUST = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Player:
    """A participant's role in an account, with a session of it."""

    def __init__(
        self, gate: RunningGate, account: Account, *statements: dict[str, Any], boundary: str | None = None
    ) -> None:
        self.gate, self.account = gate, account
        self.iam = gate.client("iam", account.admin)
        extra = {"PermissionsBoundary": boundary} if boundary else {}
        role = self.iam.create_role(RoleName="player", AssumeRolePolicyDocument=document(TRUST), **extra)
        self.arn = role["Role"]["Arn"]
        self.put("play", *statements)
        self.keys = gate.assume(self.arn)

    def put(self, name: str, *statements: dict[str, Any]) -> None:
        self.iam.put_role_policy(RoleName="player", PolicyName=name, PolicyDocument=document(*statements))

    def client(self, service: str, region: str = "us-east-1", keys: Keys | None = None) -> Any:
        return self.gate.client(service, keys or self.keys, region)


def test_a_role_without_a_policy_may_only_ask_who_it_is(gate: RunningGate, account: Account) -> None:
    player = Player(gate, account, {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"})
    assert player.client("sts").get_caller_identity()["Account"] == account.id
    assert player.client("dynamodb").list_tables()["TableNames"] == []
    assert refusal(player.client("sqs").list_queues) == DENIED
    assert refusal(player.client("ec2").describe_vpcs) == ("UnauthorizedOperation", 403)


def test_revoking_older_sessions_ends_them_and_spares_newer_ones_and_the_platform(
    gate: RunningGate, account: Account
) -> None:
    player = Player(gate, account, ALLOW_ALL)
    player.client("sqs").list_queues()
    revoke = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": datetime.now(UTC).isoformat()}},
    }
    player.put("AWSRevokeOlderSessions", revoke)
    assert refusal(player.client("sqs").list_queues) == DENIED
    assert gate.client("sqs", account.admin).list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200
    fresh = gate.assume(player.arn)
    assert player.client("sqs", keys=fresh).list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_access_ends_at_the_absolute_end(gate: RunningGate, account: Account) -> None:
    player = Player(gate, account, ALLOW_ALL)

    def end_at(moment: datetime) -> None:
        condition = {"DateGreaterThan": {"aws:CurrentTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}}
        player.put("end", {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition})

    end_at(datetime.now(UTC) + timedelta(hours=1))
    player.client("sqs").list_queues()
    end_at(datetime.now(UTC) - timedelta(seconds=2))
    assert refusal(player.client("sqs").list_queues) == DENIED


def test_the_boundary_limits_services_and_regions(gate: RunningGate, account: Account) -> None:
    outside = {
        "Effect": "Deny",
        "NotAction": ["iam:*", "sts:*"],
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1"]}},
    }
    allowed = {"Effect": "Allow", "Action": ["sqs:*", "s3:*"], "Resource": "*"}
    created = gate.client("iam", account.admin).create_policy(
        PolicyName="edge", PolicyDocument=document(allowed, outside)
    )
    player = Player(gate, account, ALLOW_ALL, boundary=created["Policy"]["Arn"])
    player.client("sqs", "eu-west-1").create_queue(QueueName="inside")
    assert refusal(player.client("sqs", "us-east-1").create_queue, QueueName="outside") == DENIED
    assert refusal(player.client("dynamodb", "eu-west-1").list_tables) == ("AccessDeniedException", 400)
    assert refusal(player.client("iam").list_roles) == ("AccessDenied", 403)


def test_a_region_named_elsewhere_than_in_the_signature_does_not_count(gate: RunningGate, account: Account) -> None:
    sqs = gate.client("sqs", account.admin, "eu-west-1")
    spoofed = "Boto3/1.0 region/us-west-2"
    sqs.meta.events.register("before-send", lambda request, **_: request.headers.__setitem__("User-Agent", spoofed))
    sqs.create_queue(QueueName="here")
    assert gate.client("sqs", account.admin, "us-west-2").list_queues().get("QueueUrls", []) == []
    assert len(gate.client("sqs", account.admin, "eu-west-1").list_queues()["QueueUrls"]) == 1


def test_a_body_cannot_smuggle_another_action(gate: RunningGate, account: Account) -> None:
    queue = gate.client("sqs", account.admin).create_queue(QueueName="letters")["QueueUrl"]
    player = Player(gate, account, {"Effect": "Allow", "Action": "sqs:*Message", "Resource": "*"})
    player.client("sqs").send_message(QueueUrl=queue, MessageBody="x&Action=DeleteQueue&y")
    received = player.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert [message["Body"] for message in received] == ["x&Action=DeleteQueue&y"]


def test_resources_in_statements_count(gate: RunningGate, account: Account) -> None:
    player = Player(
        gate, account, ALLOW_ALL, {"Effect": "Deny", "Action": "iam:*", "Resource": f"{account.access_role}*"}
    )
    assert refusal(player.client("iam").get_role, RoleName="OrganizationAccountAccessRole") == ("AccessDenied", 403)
    assert player.client("iam").get_role(RoleName="player")["Role"]["RoleName"] == "player"


def test_roles_without_the_boundary_can_be_forbidden(gate: RunningGate, account: Account) -> None:
    boundary = f"arn:aws:iam::{account.id}:policy/edge"
    gate.client("iam", account.admin).create_policy(PolicyName="edge", PolicyDocument=document(ALLOW_ALL))
    guard = {
        "Effect": "Deny",
        "Action": ["iam:CreateRole", "iam:AttachRolePolicy"],
        "Resource": "*",
        "Condition": {"StringNotEquals": {"iam:PermissionsBoundary": boundary}},
    }
    player = Player(gate, account, ALLOW_ALL, guard)
    wanted = {"RoleName": "helper", "AssumeRolePolicyDocument": document(TRUST)}
    attached = {"PolicyArn": boundary}
    assert refusal(player.client("iam").create_role, **wanted) == ("AccessDenied", 403)
    player.client("iam").create_role(**wanted, PermissionsBoundary=boundary)
    player.client("iam").attach_role_policy(RoleName="helper", **attached)
    assert refusal(player.client("iam").attach_role_policy, RoleName="player", **attached) == ("AccessDenied", 403)


def test_a_session_policy_narrows_the_session(gate: RunningGate, account: Account) -> None:
    narrow = document({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"})
    keys = gate.assume(account.access_role, Policy=narrow)
    gate.client("sqs", keys).list_queues()
    assert refusal(gate.client("dynamodb", keys).list_tables) == ("AccessDeniedException", 400)


def test_a_session_dies_with_its_role_even_if_the_name_comes_back(gate: RunningGate, account: Account) -> None:
    player = Player(gate, account, ALLOW_ALL)
    player.iam.delete_role_policy(RoleName="player", PolicyName="play")
    player.iam.delete_role(RoleName="player")
    assert refusal(player.client("sqs").list_queues) == DENIED
    again = Player(gate, account, ALLOW_ALL)
    assert refusal(player.client("sqs").list_queues) == DENIED
    again.client("sqs").list_queues()


def test_the_organization_is_the_hubs_alone(gate: RunningGate, account: Account) -> None:
    organizations = gate.client("organizations", account.admin)
    assert refusal(organizations.list_accounts) == ("AccessDeniedException", 400)
    assert refusal(organizations.describe_organization) == ("AccessDeniedException", 400)


@pytest.fixture(scope="module")
def short_gate() -> Iterator[RunningGate]:
    """A gate whose sessions last two seconds."""
    with running_gate(GATE_SESSION_SECONDS="2") as running:
        yield running


def test_an_expired_session_is_refused(short_gate: RunningGate) -> None:
    admin = short_gate.new_account().admin
    queues = short_gate.client("sqs", admin)
    queues.list_queues()
    deadline = time.monotonic() + 20
    code = None
    while code is None and time.monotonic() < deadline:
        try:
            queues.list_queues()
        except ClientError as error:
            code = error.response["Error"]["Code"]
    assert code == "ExpiredToken"
    assert refusal(short_gate.client("dynamodb", admin).list_tables) == ("ExpiredTokenException", 400)
    assert refusal(short_gate.client("s3", admin).list_buckets) == ("ExpiredToken", 400)


def test_the_answer_says_when_a_shortened_session_ends(short_gate: RunningGate) -> None:
    role = short_gate.new_account().access_role
    before = datetime.now(UTC)
    answer = short_gate.client("sts").assume_role(RoleArn=role, RoleSessionName="tests")
    assert timedelta(0) < answer["Credentials"]["Expiration"] - before < timedelta(seconds=30)
