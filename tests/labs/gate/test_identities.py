"""Who is let in: the hub, the sessions issued here while they live, each in its own account, and nobody else."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.labs.gate.process import Account, Keys, RunningGate, refusal

pytestmark = pytest.mark.services

HUB_ACCOUNT = "123456789012"
INVENTED = Keys("ASIAINVENTED0000000A", "x" * 40, "token")
CHEAP_CALLS: dict[str, Callable[[Any], Any]] = {
    "iam": lambda client: client.list_roles,
    "ec2": lambda client: client.describe_vpcs,
    "dynamodb": lambda client: client.list_tables,
    "sqs": lambda client: client.list_queues,
    "s3": lambda client: client.list_buckets,
}


def role_in(gate: RunningGate, account: Account, name: str, **trust: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{HUB_ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement | trust]})
    created = gate.client("iam", account.admin).create_role(RoleName=name, AssumeRolePolicyDocument=document)
    return str(created["Role"]["Arn"])


def test_the_hub_acts_in_the_management_account(gate: RunningGate) -> None:
    assert gate.client("sts").get_caller_identity()["Account"] == HUB_ACCOUNT
    assert gate.client("organizations").describe_organization()["Organization"]["MasterAccountId"] == HUB_ACCOUNT


def test_a_session_acts_in_its_account(gate: RunningGate, account: Account) -> None:
    identity = gate.client("sts", account.admin).get_caller_identity()
    assert identity["Account"] == account.id
    assert identity["Arn"] == f"arn:aws:sts::{account.id}:assumed-role/OrganizationAccountAccessRole/tests"


def test_the_aws_cli_gets_in(gate: RunningGate, account: Account, tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": account.admin.access_key_id,
        "AWS_SECRET_ACCESS_KEY": account.admin.secret,
        "AWS_SESSION_TOKEN": account.admin.token or "",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": gate.url,
    }
    command = [str(Path(sys.executable).with_name("aws")), "sts", "get-caller-identity", "--output", "json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout)["Account"] == account.id


@pytest.mark.parametrize(
    ("service", "unknown", "unsigned_right"),
    [
        ("iam", ("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403)),
        ("ec2", ("AuthFailure", 401), ("AuthFailure", 401)),
        ("dynamodb", ("UnrecognizedClientException", 400), ("InvalidSignatureException", 400)),
        ("sqs", ("InvalidClientTokenId", 400), ("SignatureDoesNotMatch", 400)),
        ("s3", ("InvalidAccessKeyId", 403), ("SignatureDoesNotMatch", 403)),
    ],
)
def test_invented_keys_and_wrong_secrets_are_refused_in_the_services_own_words(
    gate: RunningGate, account: Account, service: str, unknown: tuple[str, int], unsigned_right: tuple[str, int]
) -> None:
    admin = account.admin
    cheap = CHEAP_CALLS[service]
    assert refusal(cheap(gate.client(service, INVENTED))) == unknown
    assert refusal(cheap(gate.client(service, Keys(admin.access_key_id, "wrong" * 8, admin.token)))) == unsigned_right
    assert refusal(cheap(gate.client(service, Keys(admin.access_key_id, admin.secret, "another")))) == unknown
    assert refusal(cheap(gate.client(service, Keys(admin.access_key_id, admin.secret)))) == unknown
    assert refusal(cheap(gate.client(service, Keys(gate.hub.access_key_id, "wrong" * 8)))) == unsigned_right


def test_keys_made_inside_an_account_are_not_accepted(gate: RunningGate, account: Account) -> None:
    iam = gate.client("iam", account.admin)
    iam.create_user(UserName="sleeper")
    made = iam.create_access_key(UserName="sleeper")["AccessKey"]
    keys = Keys(made["AccessKeyId"], made["SecretAccessKey"])
    assert refusal(gate.client("iam", keys).list_roles) == ("InvalidClientTokenId", 403)


def test_one_team_cannot_read_another(gate: RunningGate, account: Account, other_account: Account) -> None:
    theirs = gate.client("s3", other_account.admin)
    bucket = f"nest-{other_account.id}"
    theirs.create_bucket(Bucket=bucket)
    theirs.put_object(Bucket=bucket, Key="egg", Body=b"theirs")
    topic = gate.client("sns", other_account.admin).create_topic(Name="calls")["TopicArn"]
    gate.client("sqs", other_account.admin).create_queue(QueueName="letters")
    mine = gate.client("s3", account.admin)
    assert refusal(mine.get_object, Bucket=bucket, Key="egg")[1] in (400, 403)
    assert refusal(mine.list_objects_v2, Bucket=bucket)[1] in (400, 403)
    assert refusal(mine.put_object, Bucket=bucket, Key="egg", Body=b"mine")[1] in (400, 403)
    assert refusal(gate.client("sns", account.admin).publish, TopicArn=topic, Message="hi")[0] == "AccessDenied"
    sqs = gate.client("sqs", account.admin)
    assert sqs.list_queues().get("QueueUrls", []) == []
    asked = {"QueueName": "letters", "QueueOwnerAWSAccountId": other_account.id}
    assert refusal(sqs.get_queue_url, **asked)[0] == "AccessDenied"
    assert theirs.get_object(Bucket=bucket, Key="egg")["Body"].read() == b"theirs"


def test_one_team_cannot_build_in_another(gate: RunningGate, account: Account, other_account: Account) -> None:
    stacks = gate.client("cloudformation", account.admin)
    template = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    stacks.create_stack_set(StackSetName="spread", TemplateBody=template)
    wanted = {"StackSetName": "spread", "Accounts": [other_account.id], "Regions": ["us-east-1"]}
    assert refusal(stacks.create_stack_instances, **wanted) == ("AccessDenied", 403)


def test_one_team_cannot_assume_anothers_role(gate: RunningGate, account: Account, other_account: Account) -> None:
    role_in(gate, other_account, "open-to-all", Principal={"AWS": "*"})
    sts = gate.client("sts", account.admin)
    for name in ("OrganizationAccountAccessRole", "open-to-all"):
        wanted = {"RoleArn": f"arn:aws:iam::{other_account.id}:role/{name}", "RoleSessionName": "thief"}
        assert refusal(sts.assume_role, **wanted) == ("AccessDenied", 403)


@pytest.mark.parametrize("role", ["arn:aws:iam::999999999999:role/OrganizationAccountAccessRole", "unknown"])
def test_unknown_accounts_and_roles_cannot_be_assumed(gate: RunningGate, account: Account, role: str) -> None:
    arn = role if role.startswith("arn:") else f"arn:aws:iam::{account.id}:role/{role}"
    assert refusal(gate.client("sts").assume_role, RoleArn=arn, RoleSessionName="ghost") == ("AccessDenied", 403)


def test_a_closed_account_is_shut(gate: RunningGate, account: Account) -> None:
    gate.client("organizations").close_account(AccountId=account.id)
    assert refusal(gate.client("sqs", account.admin).list_queues)[0] == "AccessDenied"
    again = {"RoleArn": account.access_role, "RoleSessionName": "again"}
    assert refusal(gate.client("sts").assume_role, **again) == ("AccessDenied", 403)


def test_the_external_id_must_match(gate: RunningGate, account: Account) -> None:
    role = role_in(gate, account, "outside", Condition={"StringEquals": {"sts:ExternalId": "seven-dodos"}})
    assume = gate.client("sts").assume_role
    assert refusal(assume, RoleArn=role, RoleSessionName="tests") == ("AccessDenied", 403)
    assert refusal(assume, RoleArn=role, RoleSessionName="tests", ExternalId="guess") == ("AccessDenied", 403)
    keys = gate.assume(role, ExternalId="seven-dodos")
    assert gate.client("sts", keys).get_caller_identity()["Account"] == account.id


def test_source_identity_and_tags_need_the_trust_policys_leave(gate: RunningGate, account: Account) -> None:
    named = {"SourceIdentity": "person-1", "Tags": [{"Key": "event", "Value": "e1"}]}
    plain = role_in(gate, account, "plain")
    refused = refusal(gate.client("sts").assume_role, RoleArn=plain, RoleSessionName="tests", **named)
    assert refused == ("AccessDenied", 403)
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]
    full = role_in(gate, account, "full", Action=actions)
    answer = gate.client("sts").assume_role(RoleArn=full, RoleSessionName="tests", **named)
    assert answer["SourceIdentity"] == "person-1"


def test_a_chained_session_lasts_an_hour_at_most(gate: RunningGate, account: Account) -> None:
    role = role_in(gate, account, "inner", Principal={"AWS": account.access_role})
    sts = gate.client("sts", account.admin)
    gate.client("iam", account.admin).update_role(RoleName="inner", MaxSessionDuration=7200)
    too_long = {"RoleArn": role, "RoleSessionName": "chained", "DurationSeconds": 7200}
    assert refusal(sts.assume_role, **too_long) == ("ValidationError", 400)
    keys = gate.assume(role, account.admin, DurationSeconds=3600)
    assert gate.client("sts", keys).get_caller_identity()["Arn"].endswith(":assumed-role/inner/tests")


@pytest.mark.parametrize(
    "path",
    ["/moto-api/reset", "/moto-api/", "/%6doto-api/reset", "/latest/meta-data/iam/security-credentials/"],
)
def test_the_simulators_own_addresses_are_closed(gate: RunningGate, account: Account, path: str) -> None:
    with pytest.raises(HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(gate.url + path, method="POST"), timeout=10)
    assert caught.value.code == 403
    assert gate.client("sts", account.admin).get_caller_identity()["Account"] == account.id


def test_a_signed_reset_is_refused_too(gate: RunningGate) -> None:
    assert refusal(gate.client("s3").put_object, Bucket="moto-api", Key="reset", Body=b"") == ("AccessDenied", 403)
    assert gate.client("organizations").describe_organization()["Organization"]["MasterAccountId"] == HUB_ACCOUNT


def test_health_names_the_generation_and_every_answer_carries_it(gate: RunningGate) -> None:
    with urllib.request.urlopen(f"{gate.url}/_gate/health", timeout=10) as answer:
        health = json.load(answer)
    metadata = gate.client("sts").get_caller_identity()["ResponseMetadata"]
    assert metadata["HTTPHeaders"]["x-gate-generation"] == health["generation"]
    assert set(health) == {"generation", "started_at", "sessions"}
    with pytest.raises(HTTPError) as caught:
        urllib.request.urlopen(f"{gate.url}/_gate/anything", timeout=10)
    assert caught.value.code == 404
