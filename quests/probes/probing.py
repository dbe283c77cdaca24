"""Probing: one event loop, one HTTP engine and one pool of AWS threads for all checks of a process."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Coroutine, Iterable
from concurrent.futures import Future
from typing import Any, TypeVar
from uuid import UUID

from quests.probes.aws_engine import AwsEngine
from quests.probes.http_engine import HttpEngine

# A team's tasks share its sandbox and its service: more at once would measure our own crowd.
PER_TEAM = 4
T = TypeVar("T")


class Probing:
    """A running event loop in a thread of its own, with the engines that live in it; `close` ends it.

    Bounds hold for the whole process because every batch of checks runs here: so many requests at a time to one
    host, so many checks at a time of one team.
    """

    def __init__(
        self,
        allowed_networks: Iterable[str],
        forbidden_ports: Iterable[int],
        *,
        aws_threads: int,
        per_team: int = PER_TEAM,
    ) -> None:
        self.aws = AwsEngine(aws_threads)
        self.http = HttpEngine(allowed_networks, forbidden_ports)
        self._per_team = per_team
        self._gates: weakref.WeakValueDictionary[UUID, asyncio.Semaphore] = weakref.WeakValueDictionary()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="probing", daemon=True)
        self._thread.start()
        self.start(self.http.__aenter__()).result()

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine in the loop; call from any other thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def gate(self, team: UUID) -> asyncio.Semaphore:
        """Return what a check of this team must hold while it runs; only for coroutines in the loop."""
        return self._gates.setdefault(team, asyncio.Semaphore(self._per_team))

    def close(self) -> None:
        """End the loop; AWS calls under way come to their end first."""
        self.start(self.http.__aexit__(None, None, None)).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.aws.close()
