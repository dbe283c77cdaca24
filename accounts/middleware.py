"""When a signed-in browser was last seen."""

import time
from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse

EVERY_SECONDS = 300.0
REMEMBERED = 10_000


class LastSeen:
    """Write down that a session is in use, at most once in five minutes and process."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._seen: dict[str, float] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.session.session_key
        # Whose token it is says nothing about the browser's session beside it.
        by_session = request.user.is_authenticated and not hasattr(request, "token")
        if key and by_session and self._is_due(key):
            UserSession.objects.create_from_request(request)
        return self.get_response(request)

    def _is_due(self, key: str) -> bool:
        moment = time.monotonic()
        if moment - self._seen.get(key, -EVERY_SECONDS) < EVERY_SECONDS:
            return False
        if len(self._seen) >= REMEMBERED:
            self._seen.clear()
        self._seen[key] = moment
        return True
