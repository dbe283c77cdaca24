"""What every operation here has in common: who may ask, how it refuses, and how lists go on."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate

from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.forms import Form
from django.http import HttpRequest, JsonResponse
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache

PAGE, MOST = 50, 200
_SALT = "provisioning.api.cursor"

View = Callable[Concatenate[HttpRequest, ...], JsonResponse]


class ApiProblem(Exception):
    """A request that is refused, with a code for scripts and a sentence for people."""

    def __init__(self, status: int, code: str, sentence: str, **more: Any) -> None:
        super().__init__(sentence)
        self.status = status
        self.document = {"code": code, "error": sentence, **more}


def for_staff(*methods: str) -> Callable[[View], View]:
    """Let staff in by these methods; 401 for strangers, 404 for people who are not staff, 405 for other methods."""

    def decorate(view: View) -> View:
        @never_cache
        @wraps(view)
        def wrapped(request: HttpRequest, *arguments: Any, **named: Any) -> JsonResponse:
            try:
                if not request.user.is_authenticated:
                    raise ApiProblem(401, "SignInFirst", "Sign in first.")
                if not request.user.is_staff:
                    raise ApiProblem(404, "NotFound", "There is nothing here for you.")
                if request.method not in methods:
                    raise ApiProblem(405, "MethodNotAllowed", f"Use {' or '.join(methods)} here.")
                return view(request, *arguments, **named)
            except ApiProblem as problem:
                answer = JsonResponse(problem.document, status=problem.status)
                if problem.status == 405:
                    answer["Allow"] = ", ".join(methods)
                return answer

        return wrapped

    return decorate


def checked(form: Form) -> Form:
    """Return the form if it is valid, else refuse with each field's problem."""
    if not form.is_valid():
        fields = {name: " ".join(str(each) for each in errors) for name, errors in form.errors.items()}
        sentences = " ".join(f"{name}: {problem}" for name, problem in fields.items())
        raise ApiProblem(422, "InvalidInput", sentences.replace("__all__: ", ""), fields=fields)
    return form


def body_of(request: HttpRequest) -> Mapping[str, Any]:
    """Return the JSON object of the request's body; an empty body is an empty object."""
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, UnicodeDecodeError) as error:
        raise ApiProblem(400, "InvalidJson", "The body must be a JSON object.") from error
    if not isinstance(body, dict):
        raise ApiProblem(400, "InvalidJson", "The body must be a JSON object.")
    return body


def a_page(request: HttpRequest, found: QuerySet[Any]) -> tuple[QuerySet[Any], Callable[[list[Any]], str | None]]:
    """Cut `limit` rows (50; at most 200) after `cursor`, the newest first: rows that move are neither lost nor doubled.

    Returns the query and what makes the next cursor (None at the end) of the rows that it gave; the query has one more.
    """
    limit = _limit(request)
    cursor = request.GET.get("cursor")
    if cursor:
        created_at, key = _read(cursor)
        found = found.filter(Q(created_at__lt=created_at) | Q(created_at=created_at, pk__lt=key))
    ordered = found.order_by("-created_at", "-pk")[: limit + 1]

    def next_cursor(rows: list[Model]) -> str | None:
        if len(rows) <= limit:
            return None
        last: Any = rows[limit - 1]
        return signing.dumps([last.created_at.isoformat(), str(last.pk)], salt=_SALT)

    return ordered, next_cursor


def _limit(request: HttpRequest) -> int:
    text = request.GET.get("limit", str(PAGE))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST:
        raise ApiProblem(422, "InvalidInput", f"limit: a number from 1 to {MOST}.", fields={"limit": f"1 to {MOST}"})
    return int(text)


def _read(cursor: str) -> tuple[Any, str]:
    try:
        moment, key = signing.loads(cursor, salt=_SALT)
    except (signing.BadSignature, ValueError) as error:
        raise ApiProblem(422, "InvalidInput", "cursor: use the `next` of the page before.") from error
    return parse_datetime(moment), key
