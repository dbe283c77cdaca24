"""Where the live stream would be, for servers that only speak WSGI."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def stream_elsewhere(request: HttpRequest) -> HttpResponse:
    """Answer 503: labs.asgi serves the stream itself before a request gets here."""
    return HttpResponse("Live updates need the ASGI entry (labs.asgi).", status=503, content_type="text/plain")
