"""Error pages that say what happened, what was kept and what to do."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400."""
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404."""
    return render(request, "404.html", status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose session has ended meanwhile: nothing was changed, and the way back keeps what was typed."""
    if request.path.startswith("/api/"):
        sentence = "Send the csrftoken cookie's value as X-CSRFToken. Nothing was changed."
        return JsonResponse({"code": "CsrfFailed", "error": sentence}, status=403)
    return render(request, "403.html", {"session_expired": True, "back": request.META.get("HTTP_REFERER")}, status=403)
