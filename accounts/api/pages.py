"""Lists in pages: rows that move meanwhile are neither lost nor doubled."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_datetime
from ninja import Schema
from pydantic import Field

from accounts.api.problems import ApiProblem

PAGE, MOST = 50, 200
_SALT = "api.cursor"


class PageQuery(Schema):
    """Which part of a list."""

    limit: int = Field(PAGE, ge=1, le=MOST, description="How many rows.")
    cursor: str = Field("", max_length=400, description="The `next` of the page before; empty: from the beginning.")


def a_page(
    request: HttpRequest,
    response: HttpResponse,
    query: PageQuery,
    found: QuerySet[Any],
    *,
    key: str = "created_at",
    newest_first: bool = True,
) -> tuple[list[Any], str | None]:
    """Return the rows after the cursor in the order of `key`, a time, and the cursor of what follows (None at the end).

    The address of what follows is also a Link header with rel="next".
    """
    if query.cursor:
        moment, pk = _read(query.cursor)
        beyond = "lt" if newest_first else "gt"
        found = found.filter(Q(**{f"{key}__{beyond}": moment}) | Q(**{key: moment, f"pk__{beyond}": pk}))
    sign = "-" if newest_first else ""
    rows = list(found.order_by(f"{sign}{key}", f"{sign}pk")[: query.limit + 1])
    if len(rows) <= query.limit:
        return rows, None
    rows = rows[: query.limit]
    following = signing.dumps([getattr(rows[-1], key).isoformat(), str(rows[-1].pk)], salt=_SALT)
    parameters = request.GET.copy()
    parameters["cursor"] = following
    response["Link"] = f'<{request.build_absolute_uri(request.path)}?{parameters.urlencode()}>; rel="next"'
    return rows, following


def _read(cursor: str) -> tuple[datetime, UUID | int]:
    try:
        moment, key = signing.loads(cursor, salt=_SALT)
    except (signing.BadSignature, ValueError) as error:
        raise ApiProblem(422, "InvalidInput", "cursor: use the `next` of the page before.") from error
    at = parse_datetime(moment)
    assert at is not None
    return at, int(key) if key.isdecimal() else UUID(key)
