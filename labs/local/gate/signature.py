"""Signature Version 4: read what a request presents and verify it with botocore's own signers."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from labs.local.gate.refusals import Kind, Refusal
from labs.local.gate.request import AwsRequest

ALGORITHM = "AWS4-HMAC-SHA256"
ALLOWED_SKEW = timedelta(minutes=15)
LONGEST_PRESIGNED = timedelta(days=7)
# Services whose signers leave the path as it is; all others normalize and encode it once more.
RAW_PATH_SERVICES = frozenset({"s3", "s3-outposts", "s3-object-lambda", "s3express"})
_UNSIGNED_PAYLOADS = frozenset({"UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"})
_HEADER_PART = re.compile(r"(Credential|SignedHeaders|Signature)=([^,\s]+)")


@dataclass(frozen=True)
class Presented:
    """What a request claims about itself; nothing in it is proven until `verify` returns."""

    access_key_id: str
    region: str
    service: str
    timestamp: str
    signed_headers: tuple[str, ...]
    signature: str
    token: str | None
    presigned_for: timedelta | None

    @property
    def signed_at(self) -> datetime:
        """The moment of signing; raises Refusal when the timestamp is not one."""
        try:
            return datetime.strptime(self.timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:
            raise Refusal(Kind.INCOMPLETE, "X-Amz-Date must look like 20300102T030405Z.") from None

    @property
    def authorization(self) -> str:
        """The Authorization header that says the same, for the simulator behind the gate."""
        scope = f"{self.access_key_id}/{self.timestamp[:8]}/{self.region}/{self.service}/aws4_request"
        headers = ";".join(self.signed_headers)
        return f"{ALGORITHM} Credential={scope}, SignedHeaders={headers}, Signature={self.signature}"


def read_presented(request: AwsRequest) -> Presented:
    """Read the credential, scope and signature; raise Refusal when the request is unsigned or malformed."""
    authorization = request.headers.get("authorization")
    query = dict(request.query)
    timestamp: str | None
    if authorization is not None:
        algorithm, _, rest = authorization.partition(" ")
        parts = dict(_HEADER_PART.findall(rest))
        timestamp, token = request.headers.get("x-amz-date"), request.headers.get("x-amz-security-token")
        expires = None
    elif "X-Amz-Signature" in query:
        algorithm = query.get("X-Amz-Algorithm", "")
        parts = {name: query.get(f"X-Amz-{name}", "") for name in ("Credential", "SignedHeaders", "Signature")}
        timestamp, token = query.get("X-Amz-Date"), query.get("X-Amz-Security-Token")
        expires = _presigned_lifetime(query.get("X-Amz-Expires", ""))
    else:
        raise Refusal(Kind.NOT_SIGNED, "The request is not signed with Signature Version 4.")
    scope = parts.get("Credential", "").split("/")
    complete = all(parts.get(name) for name in ("Credential", "SignedHeaders", "Signature"))
    if algorithm != ALGORITHM or not complete or len(scope) != 5 or scope[4] != "aws4_request" or not timestamp:
        raise Refusal(Kind.INCOMPLETE, "Sign with AWS4-HMAC-SHA256: credential scope, signed headers, date, signature.")
    if timestamp[:8] != scope[1]:
        raise Refusal(Kind.BAD_SIGNATURE, "The date of the credential scope is not the date of the request.")
    return Presented(
        access_key_id=scope[0],
        region=scope[2],
        service=scope[3],
        timestamp=timestamp,
        signed_headers=tuple(parts["SignedHeaders"].lower().split(";")),
        signature=parts["Signature"],
        token=token,
        presigned_for=expires,
    )


def verify(request: AwsRequest, presented: Presented, *, secret: str, now: datetime) -> None:
    """Prove that the request was signed with this secret and is fresh; raise Refusal otherwise."""
    _check_freshness(presented, now)
    _check_signed_headers(request, presented)
    signer_class = _RawPathSigner if presented.service in RAW_PATH_SERVICES else _Signer
    signer = signer_class(Credentials(presented.access_key_id, secret), presented.service, presented.region)
    signer.payload_hash = _payload_hash(request, presented)
    signed = AWSRequest(
        method=request.method,
        url=f"http://gate{request.raw_path}?{_query_without_signature(request, presented)}",
        headers={name: request.headers.get(name, "") for name in presented.signed_headers},
    )
    signed.context["timestamp"] = presented.timestamp
    expected = signer.signature(signer.string_to_sign(signed, signer.canonical_request(signed)), signed)
    if not hmac.compare_digest(expected.encode(), presented.signature.encode()):
        raise Refusal(
            Kind.BAD_SIGNATURE,
            "The signature does not match the request. Check the secret key and what changed on the way.",
        )


class _Signer(SigV4Auth):
    """A signer that signs exactly the headers the client named, over a payload hash that is already known."""

    payload_hash = ""

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        headers = HTTPHeaders()
        for name, value in request.headers.items():
            headers[name.lower()] = value
        return headers

    def payload(self, request: AWSRequest) -> str:
        return self.payload_hash


class _RawPathSigner(_Signer, S3SigV4Auth):
    """The same for S3, which does not normalize the path."""


def _check_freshness(presented: Presented, now: datetime) -> None:
    signed_at = presented.signed_at
    if presented.presigned_for is None:
        if abs(now - signed_at) > ALLOWED_SKEW:
            raise Refusal(Kind.CLOCK_SKEW, f"Signed at {signed_at:%H:%M:%SZ}, but it is {now:%H:%M:%SZ} here.")
        return
    if signed_at > now + ALLOWED_SKEW:
        raise Refusal(Kind.CLOCK_SKEW, "The address was signed in the future.")
    if now > signed_at + presented.presigned_for:
        kind = Kind.DENIED if presented.service in RAW_PATH_SERVICES else Kind.CLOCK_SKEW
        raise Refusal(kind, "The presigned address has expired.")


def _check_signed_headers(request: AwsRequest, presented: Presented) -> None:
    loose = [name for name in request.headers if name.startswith("x-amz-") and name not in presented.signed_headers]
    if "host" not in presented.signed_headers or loose:
        named = ", ".join(loose or ["host"])
        raise Refusal(Kind.BAD_SIGNATURE, f"These headers must be signed: {named}.")


def _payload_hash(request: AwsRequest, presented: Presented) -> str:
    declared = request.headers.get("x-amz-content-sha256")
    if declared in _UNSIGNED_PAYLOADS:
        return declared
    if declared and declared.startswith("STREAMING-"):
        raise Refusal(Kind.NOT_SIMULATED, "Payloads signed chunk by chunk are not supported here.")
    if presented.presigned_for is not None and presented.service in RAW_PATH_SERVICES and declared is None:
        return "UNSIGNED-PAYLOAD"
    actual = hashlib.sha256(request.body).hexdigest()
    if declared is not None and declared != actual:
        raise Refusal(Kind.BAD_SIGNATURE, "The body does not have the hash that was signed.")
    return actual


def _query_without_signature(request: AwsRequest, presented: Presented) -> str:
    if presented.presigned_for is None:
        return request.raw_query
    return "&".join(pair for pair in request.raw_query.split("&") if not pair.startswith("X-Amz-Signature="))


def _presigned_lifetime(text: str) -> timedelta:
    if not text.isdecimal() or not 0 < int(text) <= LONGEST_PRESIGNED.total_seconds():
        raise Refusal(Kind.INCOMPLETE, "X-Amz-Expires must be a number of seconds up to seven days.")
    return timedelta(seconds=int(text))
