"""The stream: Server-Sent Events over plain ASGI, one Redis subscription per process, no ORM."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import redis.asyncio
import structlog
from django.conf import settings

from quests.live.publish import CHANNEL
from quests.live.tickets import InvalidTicket, read_ticket

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

HEARTBEAT_SECONDS = 15
RECONNECT_SECONDS = 1
# A browser that reads nothing for this many nudges loses the oldest: it refetches whole partials anyway.
QUEUE_LENGTH = 64
log = structlog.get_logger(__name__)


class Hub:
    """Fan out one Redis subscription to the queues of this process's open streams."""

    def __init__(self) -> None:
        self._queues: dict[str, set[asyncio.Queue[bytes]]] = {}
        self._task: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def listen(self, topics: dict[str, str]) -> AsyncIterator[asyncio.Queue[bytes]]:
        """Yield a queue that receives ready-made SSE frames for these topics."""
        queue: asyncio.Queue[bytes] = asyncio.Queue(QUEUE_LENGTH)
        for topic in topics:
            self._queues.setdefault(topic, set()).add(queue)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._pump())
        try:
            yield queue
        finally:
            for topic in topics:
                listeners = self._queues.get(topic, set())
                listeners.discard(queue)
                if not listeners:
                    self._queues.pop(topic, None)

    async def _pump(self) -> None:
        while True:
            try:
                client = redis.asyncio.Redis.from_url(settings.REDIS_URL, health_check_interval=10)
                async with client, client.pubsub() as pubsub:
                    await pubsub.subscribe(CHANNEL)
                    # The client swallows a cancellation that arrives while it connects.
                    if (task := asyncio.current_task()) and task.cancelling():
                        raise asyncio.CancelledError
                    async for message in pubsub.listen():
                        if message["type"] == "message":
                            self._deliver(message["data"])
            except (redis.RedisError, OSError) as error:
                log.warning("live.subscription_lost", error=str(error))
                await asyncio.sleep(RECONNECT_SECONDS)
                # Nudges may have been missed meanwhile, so everybody looks again.
                for topic in list(self._queues):
                    self._deliver(json.dumps({"topic": topic, "version": 0}))

    def _deliver(self, data: bytes | str) -> None:
        nudge = json.loads(data)
        frame = json.dumps({"topic": nudge["topic"], "version": nudge["version"]}).encode()
        for queue in self._queues.get(nudge["topic"], ()):
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(frame)


hub = Hub()


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one stream (ASGI application); 403 without a valid ticket."""
    ticket = parse_qs(scope["query_string"].decode("latin-1")).get("ticket", [""])[0]
    try:
        topics = read_ticket(ticket)
    except InvalidTicket:
        await _refuse(send)
        return
    headers = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    gone = asyncio.create_task(_disconnected(receive))
    next_frame: asyncio.Task[bytes] | None = None
    try:
        async with hub.listen(topics) as queue:
            await send(
                {"type": "http.response.body", "body": b"retry: 2000\nevent: ping\ndata: {}\n\n", "more_body": True}
            )
            while not gone.done():
                next_frame = asyncio.create_task(queue.get())
                await asyncio.wait({next_frame, gone}, timeout=HEARTBEAT_SECONDS, return_when="FIRST_COMPLETED")
                if next_frame.done():
                    nudge = json.loads(next_frame.result())
                    nudge["topic"] = topics[nudge["topic"]]
                    body = b"data: " + json.dumps(nudge).encode() + b"\n\n"
                else:
                    next_frame.cancel()
                    body = b"event: ping\ndata: {}\n\n"
                await send({"type": "http.response.body", "body": body, "more_body": True})
    finally:
        gone.cancel()
        if next_frame:
            next_frame.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(send: Send) -> None:
    await send(
        {"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain; charset=utf-8")]}
    )
    await send({"type": "http.response.body", "body": b"This stream's ticket is not valid: reload the page."})
