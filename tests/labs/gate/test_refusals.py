"""Each protocol's own parser in botocore reads code and message from the gate's refusals."""

import pytest
from botocore.model import OperationModel
from botocore.parsers import create_parser
from botocore.session import Session

from labs.local.gate.refusals import Dialect, Kind, Protocol, Refusal

SESSION = Session()
OPERATIONS = {
    Protocol.QUERY: ("iam", "ListRoles"),
    Protocol.EC2: ("ec2", "DescribeVpcs"),
    Protocol.JSON: ("dynamodb", "ListTables"),
    Protocol.REST_JSON: ("lambda", "ListFunctions"),
    Protocol.REST_XML: ("cloudfront", "ListDistributions"),
    Protocol.S3: ("s3", "ListBuckets"),
}


def parsed(refusal: Refusal, dialect: Dialect, operation: OperationModel, protocol: str) -> tuple[str, str, int]:
    reply = refusal.reply(dialect)
    headers = {name.lower(): value for name, value in reply.headers}
    response = {"body": reply.body, "headers": headers, "status_code": reply.status}
    error = create_parser(protocol).parse(response, operation.output_shape)
    return error["Error"]["Code"], error["Error"]["Message"], reply.status


@pytest.mark.parametrize(
    ("protocol", "kind", "code", "status"),
    [
        (Protocol.QUERY, Kind.UNKNOWN_KEY, "InvalidClientTokenId", 403),
        (Protocol.QUERY, Kind.BAD_SIGNATURE, "SignatureDoesNotMatch", 403),
        (Protocol.QUERY, Kind.EXPIRED, "ExpiredToken", 403),
        (Protocol.QUERY, Kind.DENIED, "AccessDenied", 403),
        (Protocol.EC2, Kind.UNKNOWN_KEY, "AuthFailure", 401),
        (Protocol.EC2, Kind.EXPIRED, "RequestExpired", 400),
        (Protocol.EC2, Kind.DENIED, "UnauthorizedOperation", 403),
        (Protocol.JSON, Kind.UNKNOWN_KEY, "UnrecognizedClientException", 400),
        (Protocol.JSON, Kind.BAD_SIGNATURE, "InvalidSignatureException", 400),
        (Protocol.JSON, Kind.EXPIRED, "ExpiredTokenException", 400),
        (Protocol.JSON, Kind.DENIED, "AccessDeniedException", 400),
        (Protocol.REST_JSON, Kind.DENIED, "AccessDeniedException", 403),
        (Protocol.REST_JSON, Kind.EXPIRED, "ExpiredTokenException", 403),
        (Protocol.REST_XML, Kind.DENIED, "AccessDenied", 403),
        (Protocol.S3, Kind.UNKNOWN_KEY, "InvalidAccessKeyId", 403),
        (Protocol.S3, Kind.EXPIRED, "ExpiredToken", 400),
        (Protocol.S3, Kind.DENIED, "AccessDenied", 403),
    ],
)
def test_botocore_reads_code_message_and_status(protocol: Protocol, kind: Kind, code: str, status: int) -> None:
    service, name = OPERATIONS[protocol]
    model = SESSION.get_service_model(service)
    refusal = Refusal(kind, "Not <you> & not now")
    answer = parsed(refusal, Dialect(protocol), model.operation_model(name), model.resolved_protocol)
    assert answer == (code, "Not <you> & not now", status)


def test_services_that_once_spoke_query_keep_their_old_codes() -> None:
    model = SESSION.get_service_model("sqs")
    dialect = Dialect(Protocol.JSON, json_version="1.0", query_compatible=True)
    refusal = Refusal(Kind.UNKNOWN_KEY, "Who?")
    answer = parsed(refusal, dialect, model.operation_model("ListQueues"), model.resolved_protocol)
    assert answer == ("InvalidClientTokenId", "Who?", 400)


@pytest.mark.parametrize("protocol", [Protocol.JSON, Protocol.QUERY])
def test_an_operations_own_error_keeps_its_code(protocol: Protocol) -> None:
    refusal = Refusal.named("DuplicateAccountException", "Twice")
    assert refusal.spelled(protocol) == ("DuplicateAccountException", 400)


def test_a_head_request_is_refused_without_a_body() -> None:
    assert Refusal(Kind.DENIED, "No").reply(Dialect(Protocol.S3), method="HEAD").body == b""
