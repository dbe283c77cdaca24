"""Every failure of a call to AWS is one of four kinds; the caller decides by kind, the reader by the message."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from botocore import exceptions as botocore_errors


class AwsError(Exception):
    """A call that AWS did not carry out, or that it may not have carried out."""

    kind: ClassVar[str]

    def __init__(self, code: str, message: str, *, operation: str = "") -> None:
        super().__init__(f"{operation}: {code}: {message}" if operation else f"{code}: {message}")
        self.code = code
        self.message = message
        self.operation = operation


class Transient(AwsError):
    """Try again later; after a time-out the effect may have happened, so look first."""

    kind = "transient"


class Denied(AwsError):
    """We are not who we should be, or may not do this."""

    kind = "denied"


class Missing(AwsError):
    """What the call names does not exist."""

    kind = "missing"


class Conflict(AwsError):
    """The request does not fit the present state, or is malformed: the same call will fail again."""

    kind = "conflict"


_TRANSIENT = {
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "LimitExceededException",
    "OperationAborted",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "SlowDown",
    "ConcurrentModificationException",
    "ConcurrentModification",
    "FinalizingOrganizationException",
}
_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "AuthorizationError",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "MissingAuthenticationToken",
    "NotAuthorized",
    "OptInRequired",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
}
# These end what a cached session may do, each in the words of another protocol; the others refuse one call only.
DEAD_SESSION_CODES = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "RequestExpired",
    "UnrecognizedClientException",
}
_MISSING = {"404", "NoSuchBucket", "NoSuchKey", "NoSuchEntity", "NoSuchUpload", "ResourceNotFoundException"}
_MISSING_ENDINGS = (".NotFound", "NotFound", "NotFoundException", "NotFoundFault", "DoesNotExist", "NonExistentQueue")
_THROTTLE_WORDS = ("Throttl", "TooManyRequests", "RequestRateExceeded")


def from_code(code: str, message: str, status: int, operation: str = "") -> AwsError:
    """Sort an error answer of AWS into its kind by its code, then by its HTTP status."""
    kind: type[AwsError]
    if code in _TRANSIENT or any(word in code for word in _THROTTLE_WORDS):
        kind = Transient
    elif code in _DENIED:
        kind = Denied
    elif code in _MISSING or code.endswith(_MISSING_ENDINGS):
        kind = Missing
    elif code == "ValidationError" and "does not exist" in message:
        kind = Missing  # CloudFormation has no code of its own for an absent stack.
    elif status == 501:
        kind = Conflict  # Not implemented (by the simulator), and not a moment later either.
    elif status >= 500 or status == 429:
        kind = Transient
    elif status in (401, 403):
        kind = Denied
    elif status == 404:
        kind = Missing
    else:
        kind = Conflict
    return kind(code, message, operation=operation)


def from_botocore(error: Exception, operation: str = "") -> AwsError:
    """Turn any exception of botocore into ours."""
    if isinstance(error, botocore_errors.ClientError):
        answer = error.response.get("Error", {})
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return from_code(str(answer.get("Code", "")), str(answer.get("Message", "")), status, operation)
    code = type(error).__name__
    if isinstance(
        error,
        botocore_errors.ParamValidationError
        | botocore_errors.ValidationError
        | botocore_errors.UnknownServiceError
        | botocore_errors.InvalidRegionError,
    ):
        return Conflict(code, str(error), operation=operation)
    if isinstance(
        error,
        botocore_errors.NoCredentialsError
        | botocore_errors.PartialCredentialsError
        | botocore_errors.CredentialRetrievalError
        | botocore_errors.ProfileNotFound,
    ):
        return Denied(code, str(error), operation=operation)
    # What is left is the network: an unreachable endpoint, a time-out, a broken or unreadable answer.
    return Transient(code, str(error), operation=operation)


@contextmanager
def our_errors(operation: str = "") -> Iterator[None]:
    """Let nothing of botocore's out of the block but one of the four kinds."""
    try:
        yield
    except (botocore_errors.BotoCoreError, botocore_errors.ClientError) as error:
        raise from_botocore(error, operation) from error
