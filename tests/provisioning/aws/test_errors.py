"""Every failure of AWS is one of four kinds."""

import pytest
from botocore import exceptions as botocore_errors

from provisioning.aws.errors import AwsError, Conflict, Denied, Missing, Transient, from_botocore, our_errors


@pytest.mark.parametrize(
    ("code", "message", "status", "kind"),
    [
        ("Throttling", "Rate exceeded", 400, Transient),
        ("ThrottlingException", "", 400, Transient),
        ("TooManyRequestsException", "", 429, Transient),
        ("RequestLimitExceeded", "", 503, Transient),
        ("SomethingNew", "", 500, Transient),
        ("AccessDenied", "", 403, Denied),
        ("UnauthorizedOperation", "", 403, Denied),
        ("ExpiredTokenException", "", 400, Denied),
        ("RequestExpired", "", 400, Denied),
        ("InvalidClientTokenId", "", 403, Denied),
        ("SomethingNew", "", 403, Denied),
        ("InvalidGroup.NotFound", "", 400, Missing),
        ("NoSuchEntity", "", 404, Missing),
        ("AWS.SimpleQueueService.NonExistentQueue", "", 400, Missing),
        ("ResourceNotFoundException", "", 400, Missing),
        ("ValidationError", "Stack with id x does not exist", 400, Missing),
        ("ValidationError", "Template format error", 400, Conflict),
        ("DependencyViolation", "", 400, Conflict),
        ("BucketNotEmpty", "", 409, Conflict),
        ("AlreadyExistsException", "", 400, Conflict),
    ],
)
def test_an_answer_is_sorted_by_code_then_status(code: str, message: str, status: int, kind: type[AwsError]) -> None:
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}

    ours = from_botocore(botocore_errors.ClientError(answer, "DoIt"), "do_it")

    assert (type(ours), ours.code, ours.message, ours.operation) == (kind, code, message, "do_it")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (botocore_errors.EndpointConnectionError(endpoint_url="http://x"), Transient),
        (botocore_errors.ReadTimeoutError(endpoint_url="http://x"), Transient),
        (botocore_errors.ParamValidationError(report="Missing required parameter"), Conflict),
        (botocore_errors.NoCredentialsError(), Denied),
        (botocore_errors.ProfileNotFound(profile="hub"), Denied),
    ],
)
def test_what_never_reached_aws_has_a_kind_too(error: Exception, kind: type[AwsError]) -> None:
    with pytest.raises(kind), our_errors():
        raise error


def test_kinds_are_words_for_pages_and_packs() -> None:
    assert [kind.kind for kind in (Transient, Denied, Missing, Conflict)] == [
        "transient",
        "denied",
        "missing",
        "conflict",
    ]
