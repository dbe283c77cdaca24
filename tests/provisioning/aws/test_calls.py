"""Calls are checked against AWS's own models before anybody is asked."""

import datetime as dt
import io

import pytest
from botocore.response import StreamingBody

from provisioning.aws import calls


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("sqs", "list_queues", {}),
        ("sqs", "get_queue_attributes", {"QueueUrl": "${outputs.Queue}", "AttributeNames": ["All"]}),
        ("sqs", "receive_message", {"QueueUrl": "x", "MaxNumberOfMessages": "${outputs.Count}"}),
        ("dynamodb", "put_item", {"TableName": "t", "Item": {"id": {"S": "${nonce}"}}}),
        ("sts", "get_caller_identity", {}),
    ],
)
def test_a_right_call_has_no_problems(service: str, operation: str, parameters: dict[str, object]) -> None:
    assert calls.validate_call(service, operation, parameters) == []


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "named"),
    [
        ("squs", "list_queues", {}, "squs"),
        ("sqs", "list_ques", {}, "list_ques"),
        ("sqs", "ListQueues", {}, "ListQueues"),
        ("sqs", "create_queue", {}, "QueueName"),
        ("sqs", "create_queue", {"QueueName": 3}, "QueueName"),
        ("sqs", "create_queue", {"QueueName": "q", "Colour": "red"}, "Colour"),
        ("dynamodb", "put_item", {"TableName": "t", "Item": {"id": {"S": 1}}}, "Item.id"),
    ],
)
def test_a_wrong_call_names_what_is_wrong(
    service: str, operation: str, parameters: dict[str, object], named: str
) -> None:
    problems = calls.validate_call(service, operation, parameters)

    assert len(problems) == 1
    assert named in problems[0]


def test_an_operation_is_described_with_its_required_parameters_first() -> None:
    described = calls.describe_operation("sqs", "send_message")

    assert [member.name for member in described.members if member.required] == ["QueueUrl", "MessageBody"]
    assert described.members[0].required
    assert described.documentation.startswith("Delivers a message")
    assert "<" not in described.documentation


def test_operations_are_listed_in_snake_case() -> None:
    assert "get_queue_attributes" in calls.operations("sqs")
    with pytest.raises(calls.UnknownOperation, match="squs"):
        calls.operations("squs")


@pytest.mark.parametrize("operation", ["describe_vpcs", "get_item", "head_bucket", "scan", "query"])
def test_reading_is_told_by_name(operation: str) -> None:
    assert calls.is_read_only(operation)


@pytest.mark.parametrize("operation", ["delete_queue", "receive_message", "put_item", "getaway", "scanner"])
def test_what_changes_something_does_not_only_read(operation: str) -> None:
    assert not calls.is_read_only(operation)


def test_answers_become_json() -> None:
    body = StreamingBody(io.BytesIO(b"hello"), 5)
    at = dt.datetime(2030, 1, 2, tzinfo=dt.UTC)

    assert calls.json_safe({"At": at, "Body": body, "Raw": b"\xff\x00", "Items": [1, 2.5, True, None, "x"]}) == {
        "At": "2030-01-02T00:00:00+00:00",
        "Body": "hello",
        "Raw": "/wA=",
        "Items": [1, 2.5, True, None, "x"],
    }


def test_a_long_body_is_cut() -> None:
    size = calls.BODY_BYTES + 10
    assert len(calls.json_safe(StreamingBody(io.BytesIO(b"x" * size), size))) == calls.BODY_BYTES
