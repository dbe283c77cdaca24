"""AWS calls of checks run in threads of their own, as many as allowed and no more."""

import asyncio
import threading

import pytest

from quests.probes import AwsEngine

PATIENCE_SECONDS = 20


def test_calls_run_side_by_side_but_never_more_than_allowed() -> None:
    engine = AwsEngine(2)
    # Each pair meets here, so a single thread would never get on; a third one would be counted.
    pair, lock = threading.Barrier(2), threading.Lock()
    running, most = set(), [0]

    def call(number: int) -> dict[str, object]:
        with lock:
            running.add(number)
            most[0] = max(most[0], len(running))
        pair.wait(timeout=PATIENCE_SECONDS)
        with lock:
            running.discard(number)
        return {"number": number, "thread": threading.current_thread().name}

    async def all_calls() -> list[dict[str, object]]:
        return [dict(answer) for answer in await asyncio.gather(*(engine.call(call, number) for number in range(6)))]

    answers = asyncio.run(all_calls())
    assert [answer["number"] for answer in answers] == list(range(6))
    assert {str(answer["thread"]).rpartition("_")[0] for answer in answers} == {"probe-aws"}
    assert most == [2]
    engine.close()


def test_it_serves_loop_after_loop_and_passes_errors_on() -> None:
    engine = AwsEngine(1)

    def broken() -> dict[str, object]:
        raise LookupError("no such queue")

    for _ in range(2):
        with pytest.raises(LookupError, match="no such queue"):
            asyncio.run(engine.call(broken))
    engine.close()
