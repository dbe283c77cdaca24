"""What the supervisor needs to know about one child process."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

Health = Callable[[], str | None]
"""Looks once at a child; None when it is healthy, else the reason why it is not (yet)."""

SERVICES, PLATFORM = range(2)


@dataclass(frozen=True)
class Account:
    """An operating-system user that a child runs as instead of root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Child:
    """One command to run; ``stop_seconds`` bounds how long it may take to stop before it is killed."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path
    account: Account | None = None
    health: Health | None = None
    stage: int = SERVICES
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
