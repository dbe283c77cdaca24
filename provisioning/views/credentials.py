"""What AWS's tools ask to fetch and renew a person's credentials: container protocol and credential_process."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from provisioning.domain import access, tokens
from provisioning.domain.access import Credentials

_STATUS = {
    tokens.UnknownToken: HTTPStatus.UNAUTHORIZED,
    tokens.AskedTooOften: HTTPStatus.TOO_MANY_REQUESTS,
    access.AccessNotYet: HTTPStatus.FORBIDDEN,
    access.AccessPaused: HTTPStatus.FORBIDDEN,
    access.AccessEnded: HTTPStatus.FORBIDDEN,
    access.AccessStopped: HTTPStatus.FORBIDDEN,
    access.AccessUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


@require_GET
@never_cache
def credentials(request: HttpRequest) -> JsonResponse:
    """Answer the token of the Authorization header with credentials, or with a code and a sentence."""
    return _answer(request, lambda keys: {"Token": keys.token})


@require_GET
@never_cache
def credential_process(request: HttpRequest) -> JsonResponse:
    """Answer the same as a profile's credential_process has to print it."""
    return _answer(request, lambda keys: {"Version": 1, "SessionToken": keys.token})


def _answer(request: HttpRequest, own: Callable[[Credentials], dict[str, object]]) -> JsonResponse:
    token = request.headers.get("Authorization", "")
    if not token:
        return _refusal(
            "MissingToken", "The Authorization header must carry your access token.", HTTPStatus.BAD_REQUEST
        )
    try:
        found = tokens.credentials_for_token(now=timezone.now(), token=token)
    except access.NoAccess as error:
        return _refusal(error.code, str(error), _STATUS[type(error)])
    return JsonResponse(
        {
            "AccessKeyId": found.access_key_id,
            "SecretAccessKey": found.secret_access_key,
            "Expiration": found.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "AccountId": found.account_id,
            **own(found),
        }
    )


def _refusal(code: str, message: str, status: HTTPStatus) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status=status)
