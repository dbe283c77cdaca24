"""AwsEngine: AWS calls of many checks at once, in threads of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Answer = TypeVar("Answer")


class AwsEngine:
    """Runs blocking AWS calls beside the event loop, at most `threads` at a time; the others wait for their turn.

    One serves a whole process, whichever loops its checks run on, so that the number of connections to AWS is
    bounded. A call whose check has run out of time keeps its thread until the call itself gives up, and holds up
    nobody else but for that.
    """

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="probe-aws")

    async def call(self, function: Callable[..., Answer], /, *arguments: object) -> Answer:
        """Return what the function returns, or raise what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)

    def close(self) -> None:
        """Give the threads back; calls under way come to their end first."""
        self._threads.shutdown()
