"""Each kind of fault looks to boto3 as it does on AWS, and happens exactly as often as its rule says."""

import json
import os
import secrets
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from provisioning.aws import errors
from tests.faults import Faults
from tests.labs.gate.process import ROOT, SESSION, Account, RunningGate, refusal, running_gate

TOKEN = secrets.token_urlsafe(20)
REGION = "us-east-1"
TEMPLATE = {
    "Resources": {"Orders": {"Type": "AWS::SQS::Queue"}, "News": {"Type": "AWS::SNS::Topic"}},
    "Outputs": {"Url": {"Value": {"Ref": "Orders"}}},
}


@pytest.fixture(scope="module")
def faulty_gate() -> Iterator[RunningGate]:
    with running_gate("--faults", GATE_FAULTS_TOKEN=TOKEN) as running:
        yield running


@pytest.fixture
def gate(faulty_gate: RunningGate) -> Iterator[RunningGate]:
    """Use the gate with fault injection in this module."""
    Faults(faulty_gate.url, TOKEN).clear()
    yield faulty_gate
    Faults(faulty_gate.url, TOKEN).clear()


@pytest.fixture
def faults(gate: RunningGate) -> Faults:
    return Faults(gate.url, TOKEN)


def sorted_into(call: Callable[[], Any]) -> type[errors.AwsError]:
    """Make a call that must fail; return the kind that our own sorting gives it."""
    with pytest.raises(errors.AwsError) as caught, errors.our_errors():
        call()
    return type(caught.value)


def client(gate: RunningGate, service: str, account: Account) -> Any:
    return gate.client(service, account.admin)


def impatient(gate: RunningGate, service: str, account: Account) -> Any:
    """Make a client that waits for a third of a second."""
    return SESSION.client(
        service,
        region_name=REGION,
        endpoint_url=gate.url,
        aws_access_key_id=account.admin.access_key_id,
        aws_secret_access_key=account.admin.secret,
        aws_session_token=account.admin.token,
        config=Config(read_timeout=0.33, retries={"mode": "standard", "total_max_attempts": 1}),
    )


def ask(gate: RunningGate, method: str, *, token: str | None, body: bytes | None = None) -> tuple[int, bytes]:
    headers = {"X-Gate-Faults-Token": token} if token else {}
    request = urllib.request.Request(f"{gate.url}/_gate/faults", method=method, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


# The control address


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
@pytest.mark.parametrize("token", [None, "guess", TOKEN[:-1]], ids=["none", "guessed", "cut short"])
def test_without_the_token_the_control_address_is_absent(gate: RunningGate, method: str, token: str | None) -> None:
    assert ask(gate, method, token=token, body=b'{"rules": []}') == (404, b"Not found\n")


def test_a_gate_without_the_option_has_no_control_address() -> None:
    with running_gate(GATE_FAULTS_TOKEN=TOKEN) as plain:
        assert ask(plain, "GET", token=TOKEN) == (404, b"Not found\n")
        assert ask(plain, "PUT", token=TOKEN, body=b'{"rules": [{"kind": "error"}]}')[0] == 404
        assert plain.client("sts").get_caller_identity()["Account"]


def test_the_option_without_a_token_is_refused() -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GATE_")},
        "SIMULATOR_ACCESS_KEY_ID": "A" * 20,
        "SIMULATOR_SECRET_ACCESS_KEY": "s" * 20,
    }
    command = [sys.executable, "-m", "labs.local.gate", "--port", "1", "--faults"]
    ended = subprocess.run(command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "GATE_FAULTS_TOKEN must be set to at least 16 characters when --faults is given" in ended.stderr


def test_neither_make_up_nor_the_compose_file_can_inject_faults() -> None:
    for name in ("docker-compose.yml", "labs/local/up.py", "Makefile", "Dockerfile", ".env.example"):
        assert "faults" not in (ROOT / name).read_text().lower(), name


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ({}, "kind must be one of throttle, error"),
        ({"kind": "gremlins"}, "kind must be one of throttle, error"),
        ({"kind": "error", "colour": "red"}, "A rule has no colour."),
        ({"kind": "error", "service": 7}, "service must be a text"),
        ({"kind": "error", "probability": 1.5}, "probability must be a number from 0 to 1."),
        ({"kind": "error", "times": -1}, "times must be a whole number from 0"),
        ({"kind": "error", "times": True}, "times must be a whole number from 0"),
        ({"kind": "timeout", "seconds": 3600}, "seconds must be a number from 0 to 60."),
        ("error", "A rule is an object."),
    ],
)
def test_a_rule_that_means_nothing_is_refused_with_a_sentence(gate: RunningGate, rule: Any, complaint: str) -> None:
    status, body = ask(gate, "PUT", token=TOKEN, body=json.dumps({"rules": [rule]}).encode())
    assert status == 400
    assert complaint in json.loads(body)["error"]


@pytest.mark.parametrize("body", [b"", b"no", b"[]", b'{"rules": 1}'])
def test_a_body_without_rules_is_refused(gate: RunningGate, body: bytes) -> None:
    assert ask(gate, "PUT", token=TOKEN, body=body)[0] == 400


# Refusals


@pytest.mark.parametrize(
    ("kind", "service", "operation", "code", "status"),
    [
        ("throttle", "dynamodb", "list_tables", "ThrottlingException", 400),
        ("throttle", "ec2", "describe_vpcs", "RequestLimitExceeded", 503),
        ("throttle", "iam", "list_roles", "Throttling", 400),
        ("throttle", "s3", "list_buckets", "SlowDown", 503),
        ("throttle", "lambda", "list_functions", "TooManyRequestsException", 429),
        ("error", "dynamodb", "list_tables", "InternalServerError", 500),
        ("error", "ec2", "describe_vpcs", "InternalError", 500),
        ("error", "iam", "list_roles", "InternalFailure", 500),
        ("error", "s3", "list_buckets", "InternalError", 500),
        ("unavailable", "ec2", "describe_vpcs", "Unavailable", 503),
        ("unavailable", "dynamodb", "list_tables", "ServiceUnavailableException", 503),
        ("unavailable", "s3", "list_buckets", "ServiceUnavailable", 503),
    ],
)
def test_refusals_are_spelled_as_aws_does_and_sorted_as_transient(
    gate: RunningGate, account: Account, faults: Faults, kind: str, service: str, operation: str, code: str, status: int
) -> None:
    call = getattr(client(gate, service, account), operation)
    faults.add(kind, service=service, account=account.id, times=2)

    assert refusal(call) == (code, status)
    assert sorted_into(call) is errors.Transient
    call()


def test_organizations_throttle_in_their_own_words(gate: RunningGate, faults: Faults) -> None:
    faults.add("throttle", service="organizations", operation="ListRoots", times=1)
    assert refusal(gate.client("organizations").list_roots) == ("TooManyRequestsException", 400)


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("dynamodb", "list_tables", "ExpiredTokenException"),
        ("ec2", "describe_vpcs", "RequestExpired"),
        ("iam", "list_roles", "ExpiredToken"),
        ("s3", "list_buckets", "ExpiredToken"),
    ],
)
def test_an_expired_session_stays_expired_and_is_sorted_as_denied(
    gate: RunningGate, account: Account, faults: Faults, service: str, operation: str, code: str
) -> None:
    call = getattr(client(gate, service, account), operation)
    faults.add("expired", account=account.id, times=1)

    assert refusal(call)[0] == code
    assert sorted_into(call) is errors.Denied
    assert faults.injected(kind="expired") == 1
    renewed = gate.assume(account.access_role)
    getattr(gate.client(service, renewed), operation)()


def test_the_hubs_key_never_expires(gate: RunningGate, faults: Faults) -> None:
    faults.add("expired")
    assert gate.client("sts").get_caller_identity()["Account"]


# Silence and lost replies


def test_a_call_without_an_answer_had_no_effect(gate: RunningGate, account: Account, faults: Faults) -> None:
    faults.add("timeout", service="sqs", operation="CreateQueue", seconds=20, times=2)
    call = impatient(gate, "sqs", account).create_queue

    with pytest.raises(ReadTimeoutError):
        call(QueueName="orders")
    assert sorted_into(lambda: call(QueueName="orders")) is errors.Transient
    assert "QueueUrls" not in client(gate, "sqs", account).list_queues()


def test_silence_ends_with_its_time(gate: RunningGate, account: Account, faults: Faults) -> None:
    faults.add("timeout", service="sqs", seconds=0.05, times=1)
    with pytest.raises(ConnectionClosedError):
        client(gate, "sqs", account).list_queues()


def test_a_lost_reply_leaves_its_effect(gate: RunningGate, account: Account, faults: Faults) -> None:
    sqs = client(gate, "sqs", account)
    faults.add("lost", service="sqs", operation="CreateQueue", times=2)

    with pytest.raises(ConnectionClosedError):
        sqs.create_queue(QueueName="one")
    assert sorted_into(lambda: sqs.create_queue(QueueName="two")) is errors.Transient
    assert len(sqs.list_queues()["QueueUrls"]) == 2


def test_an_effect_may_hide_behind_an_internal_error(gate: RunningGate, account: Account, faults: Faults) -> None:
    sqs = client(gate, "sqs", account)
    faults.add("lost_error", service="sqs", operation="CreateQueue", times=1)

    assert refusal(sqs.create_queue, QueueName="orders") == ("InternalFailure", 500)
    assert len(sqs.list_queues()["QueueUrls"]) == 1


def test_an_effect_may_hide_behind_silence(gate: RunningGate, account: Account, faults: Faults) -> None:
    faults.add("lost_timeout", service="sqs", operation="CreateQueue", seconds=20, times=1)

    with pytest.raises(ReadTimeoutError):
        impatient(gate, "sqs", account).create_queue(QueueName="orders")
    assert len(client(gate, "sqs", account).list_queues()["QueueUrls"]) == 1


def test_a_lost_refusal_is_not_learnt_either(gate: RunningGate, account: Account, faults: Faults) -> None:
    faults.add("lost", service="organizations", times=1)
    with pytest.raises(ConnectionClosedError):
        gate.client("organizations").move_account(
            AccountId=account.id, SourceParentId="r-none", DestinationParentId="r-none"
        )


# States that take their time


def _create_stack(cloudformation: Any) -> str:
    stack: str = cloudformation.create_stack(StackName="starter", TemplateBody=json.dumps(TEMPLATE))["StackId"]
    return stack


def _status(cloudformation: Any, stack: str) -> str:
    status: str = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
    return status


def test_a_slow_stack_is_in_progress_for_some_looks(gate: RunningGate, account: Account, faults: Faults) -> None:
    cloudformation = client(gate, "cloudformation", account)
    faults.add("slow", service="cloudformation", operation="CreateStack", looks=2, times=1)
    stack = _create_stack(cloudformation)

    first = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    assert (first["StackStatus"], first.get("Outputs")) == ("CREATE_IN_PROGRESS", None)
    assert cloudformation.list_stacks()["StackSummaries"][0]["StackStatus"] == "CREATE_IN_PROGRESS"
    last = cloudformation.describe_stacks(StackName="starter")["Stacks"][0]
    assert (last["StackStatus"], len(last["Outputs"])) == ("CREATE_COMPLETE", 1)


def test_a_slow_state_may_last_a_time_instead(gate: RunningGate, account: Account, faults: Faults) -> None:
    cloudformation = client(gate, "cloudformation", account)
    faults.add("slow", operation="CreateStack", looks=0, seconds=60, times=1)
    stack = _create_stack(cloudformation)

    assert {_status(cloudformation, stack) for _ in range(5)} == {"CREATE_IN_PROGRESS"}
    assert faults.report()["in_progress"] == 1
    faults.clear()
    assert _status(cloudformation, stack) == "CREATE_COMPLETE"


def test_a_slow_deletion_keeps_everything_until_it_is_done(gate: RunningGate, account: Account, faults: Faults) -> None:
    cloudformation, sqs = client(gate, "cloudformation", account), client(gate, "sqs", account)
    stack = _create_stack(cloudformation)
    faults.add("slow", operation="DeleteStack", looks=2, times=1)

    cloudformation.delete_stack(StackName=stack)
    cloudformation.delete_stack(StackName="starter")  # Once more changes nothing.
    assert _status(cloudformation, stack) == "DELETE_IN_PROGRESS"
    assert len(sqs.list_queues()["QueueUrls"]) == 1
    assert _status(cloudformation, "starter") == "DELETE_IN_PROGRESS"
    assert _status(cloudformation, stack) == "DELETE_COMPLETE"
    assert "QueueUrls" not in sqs.list_queues()


def test_a_stack_that_cannot_be_deleted_leaves_behind_what_is_retained(
    gate: RunningGate, account: Account, faults: Faults
) -> None:
    cloudformation = client(gate, "cloudformation", account)
    stack = _create_stack(cloudformation)
    faults.add("partial", service="cloudformation", operation="DeleteStack", times=1)

    cloudformation.delete_stack(StackName=stack)
    for _ in range(4):
        assert _status(cloudformation, stack) == "DELETE_FAILED"
    resources = cloudformation.list_stack_resources(StackName=stack)["StackResourceSummaries"]
    assert {each["LogicalResourceId"]: each["ResourceStatus"] for each in resources} == {
        "Orders": "DELETE_FAILED",
        "News": "CREATE_COMPLETE",
    }

    cloudformation.delete_stack(StackName=stack, RetainResources=["Orders"])
    assert _status(cloudformation, stack) == "DELETE_COMPLETE"
    assert len(client(gate, "sqs", account).list_queues()["QueueUrls"]) == 1
    assert client(gate, "sns", account).list_topics()["Topics"] == []


def test_a_second_deletion_that_retains_nothing_deletes_everything(
    gate: RunningGate, account: Account, faults: Faults
) -> None:
    cloudformation = client(gate, "cloudformation", account)
    stack = _create_stack(cloudformation)
    faults.add("partial", operation="DeleteStack", times=1)

    cloudformation.delete_stack(StackName=stack)
    assert _status(cloudformation, stack) == "DELETE_FAILED"
    cloudformation.delete_stack(StackName=stack)
    assert _status(cloudformation, stack) == "DELETE_COMPLETE"
    assert "QueueUrls" not in client(gate, "sqs", account).list_queues()


def test_a_table_may_take_its_time_to_go(gate: RunningGate, account: Account, faults: Faults) -> None:
    dynamodb = client(gate, "dynamodb", account)
    dynamodb.create_table(
        TableName="products",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    faults.add("slow", service="dynamodb", operation="DeleteTable", looks=2, times=1)

    assert dynamodb.delete_table(TableName="products")["TableDescription"]["TableStatus"] == "DELETING"
    assert refusal(dynamodb.delete_table, TableName="products") == ("ResourceInUseException", 400)
    assert dynamodb.describe_table(TableName="products")["Table"]["TableStatus"] == "DELETING"
    assert dynamodb.list_tables()["TableNames"] == ["products"]
    assert dynamodb.list_tables()["TableNames"] == []
    assert sorted_into(lambda: dynamodb.describe_table(TableName="products")) is errors.Missing


def test_an_account_may_take_its_time_to_be_created(gate: RunningGate, faults: Faults) -> None:
    organizations = gate.client("organizations")
    faults.add("slow", service="organizations", operation="CreateAccount", looks=3, times=1)

    asked = organizations.create_account(Email="slow@dodo.example", AccountName="slow")["CreateAccountStatus"]
    assert (asked["State"], asked.get("AccountId")) == ("IN_PROGRESS", None)
    emails = [each["Email"] for each in organizations.list_accounts()["Accounts"]]
    assert "slow@dodo.example" not in emails
    status = organizations.describe_create_account_status(CreateAccountRequestId=asked["Id"])["CreateAccountStatus"]
    assert (status["State"], status.get("AccountId")) == ("IN_PROGRESS", None)
    [listed] = [
        each
        for each in organizations.list_create_account_status()["CreateAccountStatuses"]
        if each["Id"] == asked["Id"]
    ]
    assert listed["State"] == "IN_PROGRESS"
    status = organizations.describe_create_account_status(CreateAccountRequestId=asked["Id"])["CreateAccountStatus"]
    assert status["State"] == "SUCCEEDED"
    assert organizations.describe_account(AccountId=status["AccountId"])["Account"]["Email"] == "slow@dodo.example"


def test_an_e_mail_address_may_turn_out_to_be_taken(gate: RunningGate, faults: Faults) -> None:
    organizations = gate.client("organizations")
    faults.add("email_taken", times=1)

    asked = organizations.create_account(Email="taken@dodo.example", AccountName="taken")["CreateAccountStatus"]
    assert asked["State"] == "IN_PROGRESS"
    status = organizations.describe_create_account_status(CreateAccountRequestId=asked["Id"])["CreateAccountStatus"]
    assert (status["State"], status["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")


@pytest.mark.parametrize(("keys", "deleted"), [(5, 2), (1, 0)])
def test_a_batch_of_keys_may_be_deleted_in_part(
    gate: RunningGate, account: Account, faults: Faults, keys: int, deleted: int
) -> None:
    s3 = client(gate, "s3", account)
    bucket = f"part-{account.id}"
    s3.create_bucket(Bucket=bucket)
    for number in range(keys):
        s3.put_object(Bucket=bucket, Key=f"<{number}>&", Body=b"x")
    doomed = {"Objects": [{"Key": f"<{number}>&"} for number in range(keys)]}
    faults.add("partial", service="s3", times=1)

    answer = s3.delete_objects(Bucket=bucket, Delete=doomed)
    assert [each["Key"] for each in answer.get("Deleted", [])] == [f"<{number}>&" for number in range(deleted)]
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [
        (f"<{number}>&", "InternalError") for number in range(deleted, keys)
    ]
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == keys - deleted
    assert "Errors" not in s3.delete_objects(Bucket=bucket, Delete=doomed)


# Rules and counts


def test_a_rule_skips_then_strikes_then_rests(gate: RunningGate, account: Account, faults: Faults) -> None:
    call = client(gate, "sqs", account).list_queues
    faults.add("error", service="sqs", operation="List*", skip=1, times=2)

    call()
    assert [refusal(call)[1] for _ in range(2)] == [500, 500]
    call()


@pytest.mark.parametrize(
    "elsewhere", [{"service": "sns"}, {"operation": "CreateQueue"}, {"account": "0" * 12}, {"region": "eu-*"}]
)
def test_a_rule_leaves_other_calls_alone(
    gate: RunningGate, account: Account, faults: Faults, elsewhere: dict[str, str]
) -> None:
    faults.add("error", **elsewhere)
    client(gate, "sqs", account).list_queues()


def test_the_same_seed_draws_the_same_lots(gate: RunningGate, account: Account, faults: Faults) -> None:
    call = client(gate, "sqs", account).list_queues

    def drawn(seed: int) -> list[bool]:
        faults.clear()
        faults.add("error", service="sqs", probability=0.5, seed=seed)
        return [_fails(call) for _ in range(20)]

    first = drawn(7)
    assert 3 < sum(first) < 17
    assert drawn(7) == first
    assert drawn(8) != first


def test_another_rule_does_not_disturb_one_that_stands(gate: RunningGate, account: Account, faults: Faults) -> None:
    call = client(gate, "sqs", account).list_queues
    faults.add("error", service="sqs", times=2)
    assert _fails(call)
    faults.add("throttle", service="sqs", times=1)
    assert [refusal(call)[0] for _ in range(2)] == ["InternalFailure", "Throttling"]
    assert not _fails(call)


def test_calls_and_faults_are_counted_by_account_service_and_operation(
    gate: RunningGate, account: Account, other_account: Account, faults: Faults
) -> None:
    faults.clear()  # The accounts themselves were made by calls.
    faults.add("throttle", service="sqs", account=account.id, times=1)
    for each in (account, other_account, other_account):
        _fails(client(gate, "sqs", each).list_queues)
    gate.assume(account.access_role)

    assert faults.report()["injected"] == [
        {"kind": "throttle", "account": account.id, "service": "sqs", "operation": "ListQueues", "count": 1}
    ]
    assert faults.calls(service="sqs", operation="ListQueues") == 3
    assert faults.calls(account=other_account.id) == 2
    assert faults.calls(account=account.id, operation="AssumeRole") == 1


def test_what_cannot_be_slow_is_not(gate: RunningGate, account: Account, faults: Faults) -> None:
    faults.add("slow")
    faults.add("partial")
    client(gate, "sqs", account).create_queue(QueueName="orders")
    assert faults.report()["injected"] == []


def _fails(call: Any) -> bool:
    try:
        call()
    except ClientError:
        return True
    return False
