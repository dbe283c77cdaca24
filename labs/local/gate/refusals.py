"""Refusals and how each AWS protocol spells them.

The same refusal has another code and status in each protocol family: an unknown key is `InvalidClientTokenId`
for IAM, `AuthFailure` for EC2, `UnrecognizedClientException` for DynamoDB and `InvalidAccessKeyId` for S3.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import uuid4
from xml.sax.saxutils import escape


class Protocol(StrEnum):
    """The wire formats of AWS; S3 is set apart from the other REST services that answer in XML."""

    QUERY = "query"
    EC2 = "ec2"
    JSON = "json"
    REST_JSON = "rest-json"
    REST_XML = "rest-xml"
    S3 = "s3"
    CBOR = "smithy-rpc-v2-cbor"


class Kind(StrEnum):
    """What was wrong, whatever the protocol."""

    UNKNOWN_KEY = "unknown key"
    BAD_SIGNATURE = "bad signature"
    EXPIRED = "expired session"
    CLOCK_SKEW = "clock skew"
    NOT_SIGNED = "not signed"
    INCOMPLETE = "incomplete signature"
    DENIED = "denied"
    UNKNOWN_OPERATION = "unknown operation"
    INVALID_REQUEST = "invalid request"
    NOT_SIMULATED = "not simulated"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"
    THROTTLED = "throttled"
    NAMED = "named"


# kind: (query and rest-xml, ec2, json and rest-json, s3), each a code and a status; rest-json says 403 for
# everything that concerns identity.
_CODES: dict[Kind, tuple[tuple[str, int], tuple[str, int], tuple[str, int], tuple[str, int]]] = {
    Kind.UNKNOWN_KEY: (
        ("InvalidClientTokenId", 403),
        ("AuthFailure", 401),
        ("UnrecognizedClientException", 400),
        ("InvalidAccessKeyId", 403),
    ),
    Kind.BAD_SIGNATURE: (
        ("SignatureDoesNotMatch", 403),
        ("AuthFailure", 401),
        ("InvalidSignatureException", 400),
        ("SignatureDoesNotMatch", 403),
    ),
    Kind.EXPIRED: (
        ("ExpiredToken", 403),
        ("RequestExpired", 400),
        ("ExpiredTokenException", 400),
        ("ExpiredToken", 400),
    ),
    Kind.CLOCK_SKEW: (
        ("SignatureDoesNotMatch", 403),
        ("RequestExpired", 400),
        ("InvalidSignatureException", 400),
        ("RequestTimeTooSkewed", 403),
    ),
    Kind.NOT_SIGNED: (
        ("MissingAuthenticationToken", 403),
        ("MissingAuthenticationToken", 403),
        ("MissingAuthenticationTokenException", 400),
        ("AccessDenied", 403),
    ),
    Kind.INCOMPLETE: (
        ("IncompleteSignature", 400),
        ("IncompleteSignature", 400),
        ("IncompleteSignatureException", 400),
        ("AuthorizationHeaderMalformed", 400),
    ),
    Kind.DENIED: (
        ("AccessDenied", 403),
        ("UnauthorizedOperation", 403),
        ("AccessDeniedException", 400),
        ("AccessDenied", 403),
    ),
    Kind.UNKNOWN_OPERATION: (
        ("InvalidAction", 400),
        ("InvalidAction", 400),
        ("UnknownOperationException", 400),
        ("MethodNotAllowed", 405),
    ),
    Kind.INVALID_REQUEST: (
        ("ValidationError", 400),
        ("InvalidParameterValue", 400),
        ("ValidationException", 400),
        ("InvalidRequest", 400),
    ),
    Kind.NOT_SIMULATED: (
        ("NotImplemented", 501),
        ("NotImplemented", 501),
        ("NotImplementedException", 501),
        ("NotImplemented", 501),
    ),
    Kind.INTERNAL: (
        ("InternalFailure", 500),
        ("InternalError", 500),
        ("InternalServerError", 500),
        ("InternalError", 500),
    ),
    Kind.UNAVAILABLE: (
        ("ServiceUnavailable", 503),
        ("Unavailable", 503),
        ("ServiceUnavailableException", 503),
        ("ServiceUnavailable", 503),
    ),
    Kind.THROTTLED: (
        ("Throttling", 400),
        ("RequestLimitExceeded", 503),
        ("ThrottlingException", 400),
        ("SlowDown", 503),
    ),
}
_COLUMN = {Protocol.QUERY: 0, Protocol.REST_XML: 0, Protocol.EC2: 1, Protocol.S3: 3}
_IDENTITY = frozenset(
    {Kind.UNKNOWN_KEY, Kind.BAD_SIGNATURE, Kind.EXPIRED, Kind.CLOCK_SKEW, Kind.NOT_SIGNED, Kind.DENIED}
)


@dataclass(frozen=True)
class Reply:
    """A finished HTTP answer."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


@dataclass(frozen=True)
class Dialect:
    """How a service wants its errors: protocol, XML namespace, and whether old query codes go along."""

    protocol: Protocol
    namespace: str = ""
    json_version: str = "1.1"
    query_compatible: bool = False


class Refusal(Exception):
    """A request the gate answers itself, in AWS's words for it.

    `code` and `status` are used for the kind NAMED only: errors that belong to one operation of one service.
    """

    def __init__(self, kind: Kind, message: str, *, code: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self._named = (code, status)

    @classmethod
    def named(cls, code: str, message: str, status: int = 400) -> Refusal:
        """Build an operation's own error, such as `SourceParentNotFoundException`."""
        return cls(Kind.NAMED, message, code=code, status=status)

    def spelled(self, protocol: Protocol) -> tuple[str, int]:
        """Return the error code and HTTP status that this protocol uses."""
        if self.kind is Kind.NAMED:
            return self._named
        code, status = _CODES[self.kind][_COLUMN.get(protocol, 2)]
        if protocol is Protocol.REST_JSON and self.kind in _IDENTITY:
            status = 403
        if protocol is Protocol.REST_JSON and self.kind is Kind.THROTTLED:
            status = 429
        return code, status

    def reply(self, dialect: Dialect, *, method: str = "POST") -> Reply:
        """Write the refusal in a service's dialect; a HEAD answer has no body."""
        code, status = self.spelled(dialect.protocol)
        request_id = str(uuid4())
        headers = [("x-amzn-requestid", request_id)]
        match dialect.protocol:
            case Protocol.QUERY | Protocol.REST_XML:
                headers.append(("Content-Type", "text/xml"))
                body = _wrapped_xml(code, self.message, status, dialect.namespace, request_id)
            case Protocol.EC2:
                headers.append(("Content-Type", "text/xml;charset=UTF-8"))
                body = _ec2_xml(code, self.message, request_id)
            case Protocol.S3:
                headers.append(("Content-Type", "application/xml"))
                headers.append(("x-amz-request-id", request_id))
                body = _s3_xml(code, self.message, request_id)
            case _:
                headers += _json_headers(self, code, dialect)
                body = json.dumps({"__type": code, "message": self.message, "Message": self.message})
        return Reply(status, headers, b"" if method == "HEAD" else body.encode())


def _json_headers(refusal: Refusal, code: str, dialect: Dialect) -> list[tuple[str, str]]:
    if dialect.protocol is Protocol.REST_JSON:
        return [("Content-Type", "application/json"), ("x-amzn-errortype", code)]
    headers = [("Content-Type", f"application/x-amz-json-{dialect.json_version}"), ("x-amzn-errortype", code)]
    if dialect.query_compatible:
        headers.append(("x-amzn-query-error", f"{refusal.spelled(Protocol.QUERY)[0]};Sender"))
    return headers


def _wrapped_xml(code: str, message: str, status: int, namespace: str, request_id: str) -> str:
    fault = "Receiver" if status >= 500 else "Sender"
    attribute = f' xmlns="{escape(namespace)}"' if namespace else ""
    return (
        f"<ErrorResponse{attribute}><Error><Type>{fault}</Type><Code>{escape(code)}</Code>"
        f"<Message>{escape(message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    )


def _ec2_xml(code: str, message: str, request_id: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Response><Errors><Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error></Errors>"
        f"<RequestID>{request_id}</RequestID></Response>"
    )


def _s3_xml(code: str, message: str, request_id: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        f"<RequestId>{request_id}</RequestId></Error>"
    )
