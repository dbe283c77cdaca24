"""Images of a pack, for the people of an event that plays it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import etag, require_safe

from quests.models import Event, ReleaseImage
from quests.views.lookup import members_only

# Its address names its content: it never changes, but it is not for everybody.
_KEEP = "private, max-age=31536000, immutable"


def _tag(request: HttpRequest, event: Event, digest: str) -> str:
    return f'"{digest}"'


@members_only
@require_safe
@etag(_tag)
def show(request: HttpRequest, event: Event, digest: str) -> HttpResponse:
    """Answer with an image of the event's release."""
    image = get_object_or_404(ReleaseImage, release=event.release, digest=digest)
    return HttpResponse(
        bytes(image.content),
        content_type=image.content_type,
        headers={"Cache-Control": _KEEP, "X-Content-Type-Options": "nosniff"},
    )
