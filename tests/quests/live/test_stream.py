"""The stream: what is published on real Redis reaches an open page, under the page's own name."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from quests.live.publish import publish
from quests.live.stream import Hub, stream
from quests.live.tickets import stream_url

pytestmark = pytest.mark.services

DEADLINE_SECONDS = 20
PATIENCE_SECONDS = 0.2


class Browser:
    """An open page: an ASGI connection whose frames can be read."""

    def __init__(self, query: str) -> None:
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._leaves = asyncio.Event()
        scope = {"type": "http", "path": "/live", "query_string": query.encode("latin-1")}
        self.connection = asyncio.create_task(stream(scope, self._receive, self.sent.put))

    async def _receive(self) -> dict[str, Any]:
        await self._leaves.wait()
        return {"type": "http.disconnect"}

    async def leave(self) -> None:
        """Close the page and wait until the server has noticed."""
        self._leaves.set()
        await self.connection

    async def nudged_by(self, topics: list[str]) -> dict[str, Any]:
        """Publish until a nudge arrives: what is published before the subscription stands is nobody's."""
        while True:
            await asyncio.to_thread(publish, topics)
            try:
                message = await asyncio.wait_for(self.sent.get(), PATIENCE_SECONDS)
            except TimeoutError:
                continue
            if message["type"] == "http.response.body" and message["body"].startswith(b"data: "):
                nudge: dict[str, Any] = json.loads(message["body"].removeprefix(b"data: "))
                return nudge


def scenario(act: Callable[[], Any]) -> Any:
    """Run one scenario on a fresh event loop, with a deadline."""
    return asyncio.run(asyncio.wait_for(act(), DEADLINE_SECONDS))


def query(topics: dict[str, str]) -> str:
    return urlsplit(stream_url(topics)).query


def test_a_nudge_arrives_under_the_name_of_the_page() -> None:
    async def act() -> dict[str, Any]:
        browser = Browser(query({"board": "board:7"}))
        nudge = await browser.nudged_by(["board:7"])
        await browser.leave()
        return nudge

    nudge = scenario(act)
    assert nudge["topic"] == "board"
    assert nudge["version"] > 0
    assert nudge.keys() == {"topic", "version"}


def test_a_page_hears_only_its_own_topics() -> None:
    async def act() -> list[str]:
        ours, theirs = Browser(query({"team": "team:ours"})), Browser(query({"team": "team:theirs"}))
        await ours.nudged_by(["team:ours"])
        await theirs.nudged_by(["team:theirs"])
        # Whatever was meant for nobody here went first; the next frame is the answer to what is published now.
        heard = [(await theirs.nudged_by(["team:ours", "team:theirs"]))["topic"]]
        while not theirs.sent.empty():
            heard.append(theirs.sent.get_nowait()["body"].decode())
        await ours.leave()
        await theirs.leave()
        return heard

    assert all("team" in line and "ours" not in line for line in scenario(act))


def test_a_stream_says_how_to_come_back() -> None:
    async def act() -> list[dict[str, Any]]:
        browser = Browser(query({"board": "board:7"}))
        first = [await browser.sent.get(), await browser.sent.get()]
        await browser.nudged_by(["board:7"])
        await browser.leave()
        return first

    start, hello = scenario(act)
    headers = dict(start["headers"])
    assert start["status"] == 200
    assert headers[b"content-type"] == b"text/event-stream; charset=utf-8"
    assert headers[b"cache-control"] == b"no-store"
    assert hello["body"] == b"retry: 2000\nevent: ping\ndata: {}\n\n"


@pytest.mark.parametrize("forged", ["", "ticket=", "ticket=invented", "ticket=a:b:c", "ticket=\xff"])
def test_without_a_valid_ticket_there_is_no_stream(forged: str) -> None:
    async def act() -> list[dict[str, Any]]:
        browser = Browser(forged)
        await browser.connection
        return [browser.sent.get_nowait(), browser.sent.get_nowait()]

    start, body = scenario(act)
    assert start["status"] == 403
    assert b"reload the page" in body["body"]


def test_the_subscription_can_be_cancelled_at_any_moment() -> None:
    async def act() -> list[int]:
        deaf = []
        for turns in range(14):
            hub = Hub()
            async with hub.listen({"t": "t"}):
                for _ in range(turns):
                    await asyncio.sleep(0)
                assert hub._task is not None
                hub._task.cancel()
                done, _ = await asyncio.wait({hub._task}, timeout=1)
                if not done:
                    deaf.append(turns)
                    hub._task.cancel()
        return deaf

    assert scenario(act) == []
