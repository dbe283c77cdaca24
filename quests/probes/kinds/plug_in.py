"""Plug-ins: probes written in Python, each check in a thread and an event loop of its own.

So a plug-in that blocks, or never ends, holds up nobody's check but those of plug-ins, and those not before all the
threads for them hang.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace

from yarl import URL

from quests.enums import Outcome
from quests.pack.plugins import plugin
from quests.pack.probe_specs import PluginProbe
from quests.probes.context import Attempt, ProbeContext
from quests.probes.http_answer import HttpAnswer
from quests.probes.http_engine import HttpCall, SendsHttp
from quests.probes.verdict import Finding, Verdict

THREADS = 16
_free = threading.BoundedSemaphore(THREADS)


async def check_plug_in(probe: PluginProbe, attempt: Attempt) -> Finding:
    """Let the plug-in check; what it raises, and an end that does not come, are an error."""
    if not _free.acquire(blocking=False):
        return Finding(Outcome.ERROR, "Too many checks of plug-ins do not come to an end; this is not your fault.")
    loop = asyncio.get_running_loop()
    seconds = attempt.remaining()
    context = replace(
        attempt.context, variables=attempt.variables, http=_Elsewhere(attempt.context.http, loop), seconds=seconds
    )
    answer: Future[Verdict] = Future()
    work = threading.Thread(target=_work, args=(probe, context, answer), name=f"plug-in-{probe.type}", daemon=True)
    work.start()
    async with asyncio.timeout(seconds):
        verdict = await asyncio.wrap_future(answer)
    return Finding(verdict.outcome, verdict.summary, verdict.asked, verdict.expected, verdict.seen)


def _work(probe: PluginProbe, context: ProbeContext, answer: Future[Verdict]) -> None:
    try:
        verdict = asyncio.run(_checked(probe, context))
    except BaseException as error:  # noqa: BLE001  (whatever a plug-in raises is told to the one who waits)
        with suppress(Exception):  # Nobody waits any more.
            answer.set_exception(error)
    else:
        with suppress(Exception):
            answer.set_result(verdict)
    finally:
        _free.release()


async def _checked(probe: PluginProbe, context: ProbeContext) -> Verdict:
    check: Callable[..., Awaitable[object]] = plugin(probe.type)().check
    async with asyncio.timeout(context.seconds):
        verdict = await check(probe.config(), context)
    if not isinstance(verdict, Verdict):
        raise TypeError(f"the plug-in {probe.type} returned {type(verdict).__name__} instead of a Verdict")
    return verdict


class _Elsewhere:
    """Sends requests through an engine that lives in another loop, with all its rules."""

    def __init__(self, engine: SendsHttp, loop: asyncio.AbstractEventLoop) -> None:
        self.request_seconds = engine.request_seconds
        self._engine, self._loop = engine, loop

    async def send(self, call: HttpCall, *, seconds: float | None = None) -> HttpAnswer:
        sending = asyncio.run_coroutine_threadsafe(self._engine.send(call, seconds=seconds), self._loop)
        return await asyncio.wrap_future(sending)

    async def judged_addresses(self, target: URL) -> list[str]:
        looking = asyncio.run_coroutine_threadsafe(self._engine.judged_addresses(target), self._loop)
        return await asyncio.wrap_future(looking)
