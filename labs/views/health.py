"""Is the process alive, and is everything that it needs there?"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from provisioning.aws.reachable import endpoint_reachable
from quests.tasks import LAST_TICK

# A tick is sent every second; after this long without one, nothing that is due happens any more.
TICK_AGE_LIMIT = timedelta(seconds=20)


@never_cache
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """Answer 200 while the process serves requests."""
    return HttpResponse("alive\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, Redis, the tick and AWS answer, else 503; the body names each part's state."""
    parts = {
        name: _state(check)
        for name, check in {"database": _database, "redis": _redis, "tick": _tick, "aws": endpoint_reachable}.items()
    }
    healthy = all(state == "ok" for state in parts.values())
    return JsonResponse({"ready": healthy, "aws_mode": settings.AWS_MODE, **parts}, status=200 if healthy else 503)


def _state(check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as error:  # noqa: BLE001  (whatever is wrong with a part, this page must say so)
        return f"failed: {type(error).__name__}"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _redis() -> str:
    cache.get(LAST_TICK)
    return "ok"


def _tick() -> str:
    last = cache.get(LAST_TICK)
    if last is None:
        return "no tick yet"
    age = timezone.now() - datetime.fromisoformat(last)
    return "ok" if age < TICK_AGE_LIMIT else f"last tick {age.total_seconds():.0f} s ago"
