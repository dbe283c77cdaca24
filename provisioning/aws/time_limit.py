"""A moment after which no call to AWS begins: what a worker did after the end of its claim, the next one would repeat.

Celery's pool of threads cannot end a task, so the limit travels with the task's calls. It is looked at before each
attempt of each call (see `clients`), also in the threads that a sweep starts.
"""

import contextvars
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from provisioning.aws.errors import Transient

Job = TypeVar("Job")
Answer = TypeVar("Answer")
_ends_at: ContextVar[float] = ContextVar("when the present step's last call may begin", default=math.inf)


class OutOfTime(Transient):
    """The call was not made, because the step's time is over; the step is taken up again, and looks first."""

    def __init__(self, operation: str) -> None:
        super().__init__(
            "OutOfTime", "not asked: the time for this step is over; it will be taken up again", operation=operation
        )


@contextmanager
def calls_begin_within(seconds: float) -> Iterator[None]:
    """Refuse with OutOfTime the calls that this block would begin later than that; a narrower limit stays."""
    mark = _ends_at.set(min(_ends_at.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _ends_at.reset(mark)


def seconds_left() -> float:
    """Return for how long calls may still begin; infinite where nothing limits them."""
    return max(0.0, _ends_at.get() - time.monotonic())


def carried(work: Callable[[Job], Answer]) -> Callable[[Job], Answer]:
    """Return the work with the present limit, to be done by other threads, several at a time."""
    ends_at = _ends_at.get()

    def limited(job: Job) -> Answer:
        context = contextvars.copy_context()
        context.run(_ends_at.set, ends_at)
        return context.run(work, job)

    return limited


def before_each_attempt(**about: Any) -> None:
    """Refuse what botocore is about to send once the time is over; the event's name ends with the operation."""
    if seconds_left() <= 0:
        raise OutOfTime(about["event_name"].rpartition(".")[2])
