"""Who asks: somebody signed in in a browser, or a program with a personal token (labs/middleware.py reads it)."""

from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from accounts.api.problems import ApiProblem
from accounts.enums import Scope
from accounts.models import PersonalToken, User


class PersonRequest(HttpRequest):
    """A request behind `by`: its user is a person, and `token` says how a program proves it."""

    user: User
    token: PersonalToken | None


class Session(APIKeyCookie):
    """A browser's session; whoever writes with it sends the csrftoken cookie's value as X-CSRFToken."""

    param_name = "sessionid"

    def __init__(self, *, staff_only: bool) -> None:
        super().__init__(csrf=False)
        self.staff_only = staff_only

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Return the person, if one is signed in; raise ApiProblem for a page of somebody else's site."""
        if not request.user.is_authenticated or getattr(request, "token", None) is not None:
            return None
        if check_csrf(request):
            sentence = "Send the csrftoken cookie's value as X-CSRFToken. Nothing was changed."
            raise ApiProblem(403, "CsrfFailed", sentence)
        return _let_in(request.user, self.staff_only)


class Token(HttpBearer):
    """A personal token with the operation's scope, as `Authorization: Bearer …`."""

    def __init__(self, *, scope: Scope, staff_only: bool) -> None:
        super().__init__()
        self.scope, self.staff_only = scope, staff_only

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Return the person of the token that was read before; raise ApiProblem when it is for something else."""
        known: PersonalToken | None = getattr(request, "token", None)
        if known is None:
            return None
        if self.scope not in known.scopes:
            raise ApiProblem(403, "ScopeMissing", f"This needs a token with the scope {self.scope}. Nothing was done.")
        return _let_in(known.user, self.staff_only)


@lru_cache
def by(scope: Scope, *, staff_only: bool = False) -> list[AuthBase]:
    """Return who may ask for an operation: people in their browsers, and tokens with this scope."""
    return [Session(staff_only=staff_only), Token(scope=scope, staff_only=staff_only)]


def _let_in(user: User, staff_only: bool) -> User:
    # To others it does not exist.
    if staff_only and not user.is_staff:
        raise ApiProblem(404, "NotFound", "There is nothing here for you.")
    return user
