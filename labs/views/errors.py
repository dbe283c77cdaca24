"""Error pages that say what happened, what was kept and what to do."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400."""
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404, in the API's own words where it was the API that was asked."""
    if request.path.startswith("/api/"):
        return JsonResponse({"code": "NotFound", "error": "There is no such address in the API."}, status=404)
    return render(request, "404.html", status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose session has ended meanwhile: nothing was changed, and the way back keeps what was typed."""
    if request.path.startswith("/api/"):
        sentence = "Send the csrftoken cookie's value as X-CSRFToken. Nothing was changed."
        return JsonResponse({"code": "CsrfFailed", "error": sentence}, status=403)
    page = request.META.get("HTTP_REFERER")
    # A form on somebody else's site leads here too, and must not get a link of ours.
    ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return render(request, "403.html", {"session_expired": True, "back": page if ours else None}, status=403)
