"""Middleware of the project."""

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.domain.tokens import token_of
from accounts.second_factor import has_second_factor
from quests.permissions import may_schedule


class BearerToken:
    """Let a program with a personal token be its person, in the API only; what is no good is refused at once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith("/api/"):
            return self.get_response(request)
        kind, _space, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer":
            token = token_of(now=timezone.now(), text=text.strip())
            if token is None:
                said = "This token is unknown, revoked or over. Create a new one on your page of tokens."
                answer = JsonResponse({"code": "BadToken", "error": said}, status=401)
                answer["WWW-Authenticate"] = "Bearer"
                return answer
            request.user = token.user
            request.token = token  # type: ignore[attr-defined]
        return self.get_response(request)


class ViewerTimeZone:
    """Show times in the signed-in person's own zone; an unknown zone falls back to UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = getattr(request.user, "time_zone", "") or "UTC"
        try:
            timezone.activate(zoneinfo.ZoneInfo(name))
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            timezone.deactivate()
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()


class ViewerLanguage:
    """Speak the signed-in person's language, else the browser's, among those that the site speaks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "language", "")
        if chosen not in dict(settings.LANGUAGES):
            chosen = translation.get_language_from_request(request)
        with translation.override(chosen):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", chosen)
            return response


class SecondFactor:
    """Lead people who must have a second factor to the page where they set one up, and nowhere else.

    REQUIRE_SECOND_FACTOR says who: nobody, staff, or staff and whoever organizes an event.
    """

    OPEN = ("/accounts/", "/static/", "/healthz", "/readyz")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.REQUIRE_SECOND_FACTOR == "none" or request.path.startswith(self.OPEN):
            return self.get_response(request)
        user = request.user
        must = user.is_authenticated and (
            user.is_staff or (settings.REQUIRE_SECOND_FACTOR == "organizers" and may_schedule(user))
        )
        if not must or has_second_factor(user):
            return self.get_response(request)
        said = _("Your role here needs a second factor. Add a passkey or an authenticator app, then go on.")
        if request.path.startswith("/api/"):
            return JsonResponse({"code": "SecondFactorMissing", "error": said}, status=403)
        messages.warning(request, said)
        return redirect("mfa_index")
