"""The API, version 1: one description of what all apps offer to programs."""

import hashlib
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import URLPattern
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from accounts.api.problems import ApiProblem, invalid
from accounts.api.signing_in import Token
from accounts.domain.refusals import Refusal as AccountRefusal
from provisioning import throttle
from provisioning.api import accounts, leases
from quests.api import board, events, packs, playing, scores, teams, trend
from quests.domain.refusals import Refusal

PREFIX = "/api/v1/"
NOT_AN_OBJECT = {"model_attributes_type", "model_type", "dict_type"}

View = Callable[..., HttpResponseBase]


class DescribedAPI(NinjaAPI):
    """Operations whose description names the scope that a token needs for each."""

    _document: OpenAPISchema | None = None

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        """Return the OpenAPI document, which is made once: no operation comes or goes while the process runs."""
        if self._document is None:
            self._document = self._describe()
        return self._document

    def _describe(self) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=PREFIX)
        for operation in self.operations():
            for method in operation.methods:
                described = schema["paths"][PREFIX + operation.path.lstrip("/")][method.lower()]
                described["summary"] = described["description"].partition("\n")[0]
                described["security"] = [{"Session": []}, {"Token": [scope_of(operation)]}]
        return schema

    def operations(self) -> list[Operation]:
        """Return every operation."""
        return [
            operation
            for bound in self._get_bound_routers()
            for view in bound.path_operations.values()
            for operation in view.operations
        ]

    def patterns(self) -> list[URLPattern]:
        """Return the addresses of all operations, under their own names."""
        found: list[URLPattern] = []
        for pattern in self._get_urls():
            assert isinstance(pattern, URLPattern)
            pattern.callback = _answering(pattern.callback)
            found.append(pattern)
        return [pattern for pattern in found if pattern.name != "api-root"]

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Name an operation by its module and function: teams_create."""
        function = operation.view_func
        return f"{function.__module__.rpartition('.')[2]}_{function.__name__}"


def scope_of(operation: Operation) -> str:
    """Return the scope that a token needs for the operation."""
    return next(str(each.scope) for each in operation.auth_callbacks if isinstance(each, Token))


def _answering(view: View) -> View:
    """Count the request, answer HEAD like GET, and say of each answer whether it has changed."""

    @wraps(view)
    def wrapped(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        count = _count(request)
        if count and count.is_over:
            answer: HttpResponseBase = _problem(
                429, "TooManyRequests", f"Too many requests in this minute. Try again in {count.seconds_left} s."
            )
            answer["Retry-After"] = str(count.seconds_left)
        else:
            asked = request.method
            # The server leaves the body of an answer to HEAD away.
            request.method = "GET" if asked == "HEAD" else asked
            answer = view(request, *arguments, **named)
            request.method = asked
        if answer.status_code == 405:
            answer = _method_not_allowed(answer)
        if count:
            answer["RateLimit-Limit"] = str(count.limit)
            answer["RateLimit-Remaining"] = str(count.remaining)
            answer["RateLimit-Reset"] = str(count.seconds_left)
        patch_cache_control(answer, private=True, no_cache=True)
        patch_vary_headers(answer, ("Authorization", "Cookie"))
        return _unless_known(request, answer)

    wrapped.csrf_exempt = True  # type: ignore[attr-defined]  # accounts.api.signing_in checks sessions.
    return wrapped


def _count(request: HttpRequest) -> throttle.Count | None:
    if request.user.is_authenticated:
        return throttle.count_in_minute(f"api:person:{request.user.pk}", settings.API_REQUESTS_PER_MINUTE)
    # A room is behind one address: this only holds back a flood.
    return throttle.count_in_minute(f"api:address:{request.META.get('REMOTE_ADDR')}", settings.API_STRANGERS_PER_MINUTE)


def _unless_known(request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
    if request.method not in ("GET", "HEAD") or answer.status_code != 200 or not isinstance(answer, HttpResponse):
        return answer
    etag = f'"{hashlib.blake2b(answer.content, digest_size=16).hexdigest()}"'
    answer["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=answer) or answer


def _method_not_allowed(answer: HttpResponseBase) -> HttpResponse:
    allowed = {each.strip() for each in answer["Allow"].split(",")}
    methods = sorted(allowed | ({"HEAD"} if "GET" in allowed else set()))
    refused = _problem(405, "MethodNotAllowed", f"Use {' or '.join(methods)} here.")
    refused["Allow"] = ", ".join(methods)
    return refused


def _problem(status: int, code: str, sentence: str, **more: Any) -> JsonResponse:
    return JsonResponse({"code": code, "error": sentence, **more}, status=status)


api = DescribedAPI(
    title="GameDay Labs",
    version="1",
    description=(
        "Everything that the pages show, and what they do, for programs. Sign in with a personal token as "
        "`Authorization: Bearer …`, or in a browser. A token never opens more than its person may do. "
        "Lists come in pages: `next` is the `cursor` of the following one, and a Link header has its address."
    ),
    docs_url=None,
    openapi_url="openapi.json",
    urls_namespace="api",
)
for module in (events, board, trend, teams, playing, scores, packs, accounts, leases):
    api.add_router("", module.router)


@api.exception_handler(ApiProblem)
def _refused(request: HttpRequest, problem: ApiProblem) -> HttpResponse:
    return JsonResponse(problem.document, status=problem.status)


@api.exception_handler(Refusal)
@api.exception_handler(AccountRefusal)
def _not_possible(request: HttpRequest, refusal: Exception) -> HttpResponse:
    return _problem(409, type(refusal).__name__, str(refusal))


@api.exception_handler(AuthenticationError)
def _stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    answer = _problem(401, "SignInFirst", "Sign in first.")
    answer["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return _problem(400, "InvalidJson", "The body must be a JSON object.")
    return _problem(error.status_code, type(error).__name__, str(error))


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return _problem(404, "NotFound", "There is nothing here for you.")


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields: dict[str, str] = {}
    for each in error.errors:
        if each["loc"][0] == "body" and each["type"] in NOT_AN_OBJECT and len(each["loc"]) == 2:
            return _problem(400, "InvalidJson", "The body must be a JSON object.")
        # Where it is (query, path or body), then ninja's own name of the argument, then the field.
        named = [str(part) for part in each["loc"][2:]] or [str(each["loc"][-1])]
        fields[".".join(named)] = each["msg"]
    problem = invalid(fields)
    return JsonResponse(problem.document, status=problem.status)
