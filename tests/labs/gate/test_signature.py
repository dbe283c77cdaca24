"""Signatures made by botocore verify; whatever was changed after signing does not."""

import hashlib
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from labs.local.gate.refusals import Kind, Refusal
from labs.local.gate.request import AwsRequest
from labs.local.gate.signature import read_presented, verify

KEY, SECRET = "ASIAABCDEFGHIJKLMNOP", "not-a-real-secret"
HOST = "127.0.0.1:5005"


def signed(
    *,
    signer: type[SigV4Auth] = SigV4Auth,
    service: str = "sqs",
    method: str = "POST",
    target: str = "/",
    body: bytes = b"",
) -> AwsRequest:
    request = AWSRequest(method, f"http://{HOST}{target}", headers={"Host": HOST}, data=body)
    signer(Credentials(KEY, SECRET, "token"), service, "eu-west-1").add_auth(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    return received(request.method, request.url.removeprefix(f"http://{HOST}"), headers, body)


def received(method: str, target: str, headers: dict[str, str], body: bytes) -> AwsRequest:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "REQUEST_URI": target,
        "PATH_INFO": target.partition("?")[0],
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return AwsRequest.read(environ)


def verdict(request: AwsRequest, *, now: datetime | None = None, secret: str = SECRET) -> Kind | None:
    try:
        verify(request, read_presented(request), secret=secret, now=now or datetime.now(UTC))
    except Refusal as refusal:
        return refusal.kind
    return None


@pytest.mark.parametrize(
    ("signer", "service", "target"),
    [
        (SigV4Auth, "sqs", "/"),
        (SigV4Auth, "lambda", "/2015-03-31/functions/arn%3Aaws%3Alambda/x?b=2&a=1%20c"),
        (SigV4Auth, "execute-api", "/a//b/../c"),
        (S3SigV4Auth, "s3", "/bucket/a//b/../c%20%2B%C3%BC?versionId=1"),
        (SigV4QueryAuth, "sts", "/?Action=GetCallerIdentity&Version=2011-06-15"),
        (S3SigV4QueryAuth, "s3", "/bucket/key%20with%20spaces?response-content-type=text%2Fplain"),
    ],
)
def test_what_botocore_signs_is_accepted(signer: type[SigV4Auth], service: str, target: str) -> None:
    request = signed(signer=signer, service=service, method="GET", target=target)
    assert verdict(request) is None
    assert verdict(request, secret="another-secret") is Kind.BAD_SIGNATURE


def test_the_token_and_scope_are_read() -> None:
    presented = read_presented(signed())
    assert (presented.access_key_id, presented.service, presented.region) == (KEY, "sqs", "eu-west-1")
    assert presented.token == "token"


@pytest.mark.parametrize("signer", [SigV4Auth, S3SigV4Auth])
def test_a_changed_body_is_refused(signer: type[SigV4Auth]) -> None:
    request = signed(signer=signer, service="s3" if signer is S3SigV4Auth else "sqs", body=b"one dodo")
    assert verdict(request) is None
    assert verdict(replace(request, body=b"two dodos")) is Kind.BAD_SIGNATURE


def test_a_changed_body_is_refused_even_when_its_declared_hash_is_changed_too() -> None:
    request = signed(signer=S3SigV4Auth, service="s3", body=b"one dodo")
    digest = hashlib.sha256(b"two dodos").hexdigest()
    changed = replace(request, body=b"two dodos", headers=request.headers | {"x-amz-content-sha256": digest})
    assert verdict(changed) is Kind.BAD_SIGNATURE


def test_changed_targets_methods_and_headers_are_refused() -> None:
    request = signed(target="/queue?a=1")
    assert verdict(replace(request, raw_path="/other")) is Kind.BAD_SIGNATURE
    assert verdict(replace(request, raw_query="a=2")) is Kind.BAD_SIGNATURE
    assert verdict(replace(request, method="DELETE")) is Kind.BAD_SIGNATURE
    assert verdict(replace(request, headers=request.headers | {"host": "elsewhere"})) is Kind.BAD_SIGNATURE


def test_every_amz_header_must_be_signed() -> None:
    request = signed()
    added = replace(request, headers=request.headers | {"x-amz-target": "AmazonSQS.DeleteQueue"})
    assert verdict(added) is Kind.BAD_SIGNATURE


@pytest.mark.parametrize(("minutes", "kind"), [(-16, Kind.CLOCK_SKEW), (-14, None), (14, None), (16, Kind.CLOCK_SKEW)])
def test_the_clock_may_differ_by_a_quarter_of_an_hour(minutes: int, kind: Kind | None) -> None:
    assert verdict(signed(), now=datetime.now(UTC) + timedelta(minutes=minutes)) is kind


def test_a_presigned_address_lasts_as_long_as_it_says() -> None:
    request = signed(signer=S3SigV4QueryAuth, service="s3", method="GET", target="/bucket/key")
    assert verdict(request, now=datetime.now(UTC) + timedelta(minutes=50)) is None
    assert verdict(request, now=datetime.now(UTC) + timedelta(minutes=70)) is Kind.DENIED
    longer = replace(request, raw_query=request.raw_query.replace("X-Amz-Expires=3600", "X-Amz-Expires=7200"))
    assert verdict(longer) is Kind.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("authorization", "kind"),
    [
        (None, Kind.NOT_SIGNED),
        ("Basic abc", Kind.INCOMPLETE),
        ("AWS4-HMAC-SHA256 Credential=A/20300101/eu-west-1/sqs/aws4_request", Kind.INCOMPLETE),
        ("AWS4-HMAC-SHA256 Credential=A/b/c, SignedHeaders=host, Signature=0", Kind.INCOMPLETE),
        ("AWS4-ECDSA-P256-SHA256 Credential=A/1/sqs/aws4_request, SignedHeaders=host, Signature=0", Kind.INCOMPLETE),
    ],
)
def test_unsigned_and_malformed_requests_are_told_apart(authorization: str | None, kind: Kind) -> None:
    headers = {"x-amz-date": "20300101T000000Z"} | ({"authorization": authorization} if authorization else {})
    assert verdict(received("POST", "/", headers, b"")) is kind


def test_payloads_signed_chunk_by_chunk_are_refused() -> None:
    headers = {"host": HOST, "x-amz-date": f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}", "authorization": ""}
    scope = f"{KEY}/{headers['x-amz-date'][:8]}/eu-west-1/s3/aws4_request"
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=0"
    )
    streaming = received("PUT", "/b/k", headers | {"x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}, b"")
    assert verdict(streaming) is Kind.NOT_SIMULATED
