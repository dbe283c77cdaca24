"""The entry people reach: pages and the API as WSGI in threads, the live stream on the event loop."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labs.settings.dev")

from a2wsgi import WSGIMiddleware

from labs.wsgi import application as pages
from quests.live.stream import stream

STREAM_PATH = "/live"
# Django's own ASGI handler is several times slower than its WSGI handler (see the bench), so only the stream,
# which must hold thousands of idle connections, runs on the event loop.
_pages = WSGIMiddleware(pages, workers=int(os.environ.get("WEB_THREADS", "16")))


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Route one ASGI connection."""
    if scope["type"] == "http" and scope["path"] == STREAM_PATH:
        await stream(scope, receive, send)
    elif scope["type"] == "http":
        await _pages(scope, receive, send)
    elif scope["type"] == "lifespan":
        await _lifespan(receive, send)


async def _lifespan(
    receive: Callable[[], Awaitable[dict[str, Any]]], send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
