"""Requests are recognised in every protocol; requests that could be read in two ways are refused."""

import io
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.config import Config
from botocore.session import Session

from labs.local.gate.__main__ import read_settings
from labs.local.gate.operations import Call, dialect_of, recognise
from labs.local.gate.refusals import Kind, Protocol, Refusal
from labs.local.gate.request import FORM, AwsRequest

SESSION = Session()
JSON = "application/x-amz-json-1.0"


def read(method: str, target: str, body: bytes = b"", **headers: str) -> AwsRequest:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "REQUEST_URI": target,
        "PATH_INFO": urlsplit(target).path,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    if "content_type" in headers:
        environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE")
    return AwsRequest.read(environ)


class Kept(Exception):
    """Carries a request out of botocore before it is sent."""

    def __init__(self, request: Any) -> None:
        self.request = request


def keep(request: Any, **_: Any) -> None:
    raise Kept(request)


@cache
def client_of(service: str) -> Any:
    client = SESSION.create_client(
        service,
        region_name="eu-west-1",
        endpoint_url="http://127.0.0.1:5005",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"total_max_attempts": 1}),
    )
    client.meta.events.register("before-send", keep)
    return client


def call_of(service: str, operation: str, **parameters: Any) -> Call:
    """Let botocore serialize a real call and recognise what it would have sent."""
    client = client_of(service)
    with pytest.raises(Kept) as kept:
        getattr(client, operation)(**parameters)
    request = kept.value.request
    url = urlsplit(request.url)
    headers = {
        name.replace("-", "_").lower(): value.decode() if isinstance(value, bytes) else value
        for name, value in request.headers.items()
    }
    body = request.body or b""
    if not isinstance(body, bytes):
        body = body.encode() if isinstance(body, str) else body.read()
    target = f"{url.path}?{url.query}" if url.query else url.path
    signing_name = client.meta.service_model.signing_name
    return recognise(read(request.method, target, body, **headers), signing_name=signing_name, region="eu-west-1")


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "recognised", "actions"),
    [
        ("iam", "create_role", {"RoleName": "r", "AssumeRolePolicyDocument": "{}"}, "CreateRole", ("iam:CreateRole",)),
        ("ec2", "describe_vpcs", {}, "DescribeVpcs", ("ec2:DescribeVpcs",)),
        ("sqs", "send_message", {"QueueUrl": "http://q/1/q", "MessageBody": "x"}, "SendMessage", ("sqs:SendMessage",)),
        ("sqs", "delete_message_batch", {"QueueUrl": "q", "Entries": []}, "DeleteMessageBatch", ("sqs:DeleteMessage",)),
        ("dynamodbstreams", "list_streams", {}, "ListStreams", ("dynamodb:ListStreams",)),
        ("cloudwatch", "list_metrics", {}, "ListMetrics", ("cloudwatch:ListMetrics",)),
        (
            "elbv2",
            "describe_load_balancers",
            {},
            "DescribeLoadBalancers",
            ("elasticloadbalancing:DescribeLoadBalancers",),
        ),
        ("lambda", "invoke", {"FunctionName": "f"}, "Invoke", ("lambda:InvokeFunction",)),
        ("apigateway", "get_rest_apis", {}, "GetRestApis", ("apigateway:GET",)),
        ("s3", "list_buckets", {}, "ListBuckets", ("s3:ListAllMyBuckets",)),
        ("s3", "list_objects_v2", {"Bucket": "b-b"}, "ListObjectsV2", ("s3:ListBucket",)),
        ("s3", "head_bucket", {"Bucket": "b-b"}, "HeadBucket", ("s3:ListBucket",)),
        ("s3", "create_bucket", {"Bucket": "b-b"}, "CreateBucket", ("s3:CreateBucket",)),
        ("s3", "put_object", {"Bucket": "b-b", "Key": "k/l", "Body": b"x"}, "PutObject", ("s3:PutObject",)),
        ("s3", "get_object", {"Bucket": "b-b", "Key": "k/"}, "GetObject", ("s3:GetObject",)),
        ("s3", "get_bucket_policy", {"Bucket": "b-b"}, "GetBucketPolicy", ("s3:GetBucketPolicy",)),
        ("s3", "get_bucket_encryption", {"Bucket": "b-b"}, "GetBucketEncryption", ("s3:GetEncryptionConfiguration",)),
        (
            "s3",
            "copy_object",
            {"Bucket": "b-b", "Key": "k", "CopySource": "c-c/k"},
            "CopyObject",
            ("s3:GetObject", "s3:PutObject"),
        ),
        ("route53", "list_hosted_zones", {}, "ListHostedZones", ("route53:ListHostedZones",)),
        ("sesv2", "list_email_identities", {}, "ListEmailIdentities", ("ses:ListEmailIdentities",)),
    ],
)
def test_what_botocore_sends_is_recognised(
    service: str, operation: str, parameters: dict[str, Any], recognised: str, actions: tuple[str, ...]
) -> None:
    call = call_of(service, operation, **parameters)
    assert (call.service, call.operation, call.actions) == (service, recognised, actions)


ACTION = b"Action=DescribeVpcs&Version=2016-11-15"


@pytest.mark.parametrize(
    ("request_", "signing_name", "kind"),
    [
        (read("POST", "/?Action=DeleteVpc", ACTION, content_type=FORM), "ec2", Kind.INVALID_REQUEST),
        (read("POST", "/", ACTION + b"&Action=DeleteVpc", content_type=FORM), "ec2", Kind.INVALID_REQUEST),
        (
            read("POST", "/?Action=DescribeVpcs", b"Action=DeleteVpc", content_type="text/plain"),
            "ec2",
            Kind.INVALID_REQUEST,
        ),
        (read("POST", "/", b"Action=Nothing", content_type=FORM), "ec2", Kind.UNKNOWN_OPERATION),
        (
            read("POST", "/?Action=X", b"{}", content_type=JSON, x_amz_target="AmazonSQS.ListQueues"),
            "sqs",
            Kind.INVALID_REQUEST,
        ),
        (
            read("POST", "/", b"Action=X", content_type=FORM, x_amz_target="AmazonSQS.ListQueues"),
            "sqs",
            Kind.INVALID_REQUEST,
        ),
        (read("POST", "/", b"{}", content_type=JSON, x_amz_target="AmazonSQS.Nothing"), "sqs", Kind.UNKNOWN_OPERATION),
        (
            read("POST", "/", b"{}", content_type=JSON, x_amz_target="DynamoDB_20120810.Scan"),
            "sqs",
            Kind.UNKNOWN_OPERATION,
        ),
        (read("POST", "/", b"[]", content_type=JSON, x_amz_target="AmazonSQS.ListQueues"), "sqs", Kind.NAMED),
        (read("GET", "/bucket?acl&policy"), "s3", Kind.INVALID_REQUEST),
        (read("GET", "/bucket?policy=1"), "s3", Kind.INVALID_REQUEST),
        (read("PATCH", "/bucket"), "s3", Kind.UNKNOWN_OPERATION),
        (read("GET", "/"), "no-such-service", Kind.UNKNOWN_OPERATION),
    ],
)
def test_ambiguous_and_unknown_requests_are_refused(request_: AwsRequest, signing_name: str, kind: Kind) -> None:
    with pytest.raises(Refusal) as caught:
        recognise(request_, signing_name=signing_name, region="eu-west-1")
    assert caught.value.kind is kind


@pytest.mark.parametrize(
    ("request_", "signing_name", "protocol"),
    [
        (read("POST", "/", ACTION, content_type=FORM), "ec2", Protocol.EC2),
        (read("POST", "/", b"Action=ListRoles", content_type=FORM), "iam", Protocol.QUERY),
        (read("POST", "/", b"Action=AssumeRoleWithSAML", content_type=FORM), None, Protocol.QUERY),
        (read("POST", "/", b"{}", x_amz_target="A.B"), "dynamodb", Protocol.JSON),
        (read("POST", "/", b"{}", x_amz_target="A.B"), None, Protocol.JSON),
        (read("GET", "/2015-03-31/functions"), "lambda", Protocol.REST_JSON),
        (read("GET", "/2013-04-01/hostedzone"), "route53", Protocol.REST_XML),
        (read("GET", "/bucket"), "s3", Protocol.S3),
        (read("GET", "/bucket"), None, Protocol.S3),
    ],
)
def test_errors_are_told_in_the_callers_protocol(
    request_: AwsRequest, signing_name: str | None, protocol: Protocol
) -> None:
    assert dialect_of(request_, signing_name).protocol is protocol


def test_a_target_that_is_no_path_is_refused() -> None:
    with pytest.raises(Refusal, match="must be a path"):
        read("GET", "http://elsewhere/moto-api/reset")


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "SIMULATOR_ACCESS_KEY_ID"),
        ({"SIMULATOR_ACCESS_KEY_ID": "A" * 20}, "SIMULATOR_SECRET_ACCESS_KEY"),
        (
            {
                "SIMULATOR_ACCESS_KEY_ID": "A" * 20,
                "SIMULATOR_SECRET_ACCESS_KEY": "s" * 20,
                "GATE_SESSION_SECONDS": "soon",
            },
            "GATE_SESSION_SECONDS",
        ),
    ],
)
def test_an_unusable_environment_is_named(environment: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_settings(environment)
