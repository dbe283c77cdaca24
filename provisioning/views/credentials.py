"""The container-credentials protocol, by which AWS's tools fetch and renew a person's credentials."""

from http import HTTPStatus

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from provisioning.domain import access

_STATUS = {
    access.UnknownToken: HTTPStatus.UNAUTHORIZED,
    access.AccessNotYet: HTTPStatus.FORBIDDEN,
    access.AccessEnded: HTTPStatus.FORBIDDEN,
    access.AccessUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


@require_GET
@never_cache
def credentials(request: HttpRequest) -> JsonResponse:
    """Answer the token of the Authorization header with credentials, or with a code and a sentence."""
    token = request.headers.get("Authorization", "")
    if not token:
        return _refusal(
            "MissingToken", "The Authorization header must carry your access token.", HTTPStatus.BAD_REQUEST
        )
    try:
        found = access.credentials_for_token(now=timezone.now(), token=token)
    except access.NoAccess as error:
        return _refusal(error.code, str(error), _STATUS[type(error)])
    return JsonResponse(
        {
            "AccessKeyId": found.access_key_id,
            "SecretAccessKey": found.secret_access_key,
            "Token": found.token,
            "Expiration": found.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "AccountId": found.account_id,
        }
    )


def _refusal(code: str, message: str, status: HTTPStatus) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status=status)
