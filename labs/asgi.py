"""The entry people reach: pages and the API as WSGI in threads, the live stream on the event loop."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labs.settings.dev")

from a2wsgi import WSGIMiddleware

from labs.wsgi import application as pages
from quests.live.stream import stream

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

STREAM_PATH = "/live"
# Django's own ASGI handler is several times slower than its WSGI handler, so only the stream, which must hold
# thousands of idle connections, runs on the event loop.
_pages = WSGIMiddleware(pages, workers=int(os.environ.get("WEB_THREADS", "16")))


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Route one ASGI connection."""
    if scope["type"] == "http" and scope["path"] == STREAM_PATH:
        await stream(scope, receive, send)
    elif scope["type"] == "http":
        await _page(scope, receive, send)
    elif scope["type"] == "lifespan":
        await _lifespan(receive, send)


async def _page(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    # The bridge to the threads takes coroutines only, while a server may give any awaitable.
    async def receive_coroutine() -> dict[str, Any]:
        return await receive()

    async def send_coroutine(message: dict[str, Any]) -> None:
        await send(message)

    await _pages(scope, receive_coroutine, send_coroutine)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
