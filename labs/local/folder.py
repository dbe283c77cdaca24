"""The `.labs` folder: everything one checkout's stack keeps, and the locks that let only one stack use it."""

import fcntl
import json
import os
import secrets
import shutil
import time
from pathlib import Path
from typing import Any

from labs.local.environment import write_private

_LEFTOVER_SECONDS = 20.0


class StackRunning(Exception):
    """Another process runs this folder's stack."""


class FolderDamaged(Exception):
    """What the folder remembers cannot be read."""


class StackFolder:
    """A stack's folder with what it remembers between runs: ports, secrets, its private folder elsewhere."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.memory = self.path / "remembered.json"
        self.stack_env = self.path / "stack.env"
        self._owner_lock = -1
        self._children_lock = -1

    @property
    def held(self) -> tuple[int, ...]:
        """The file descriptor that children keep open; none while the folder is not ours.

        Through it the next run waits for what a killed one has left.
        """
        return (self._children_lock,) if self._children_lock >= 0 else ()

    def open(self) -> None:
        """Create the folder if need be and take it for this process; raises StackRunning."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        # PostgreSQL runs as another user when we are root: that user may pass through, but not look around.
        self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
        self._owner_lock = _open_lock(self.path / "lock")
        if not _try_lock(self._owner_lock):
            owner = os.pread(self._owner_lock, 100, 0).decode().strip()
            self.close()
            raise StackRunning(
                f"The stack of {self.path} already runs"
                + (f" (process {owner})." if owner else ".")
                + " Stop it first."
            )
        os.ftruncate(self._owner_lock, 0)
        os.pwrite(self._owner_lock, f"{os.getpid()}\n".encode(), 0)
        children_lock = _open_lock(self.path / "children.lock")
        deadline = time.monotonic() + _LEFTOVER_SECONDS
        while not _try_lock(children_lock):
            if time.monotonic() > deadline:
                os.close(children_lock)
                self.close()
                raise StackRunning(f"Children of an earlier run in {self.path} have not ended yet. Try again shortly.")
            time.sleep(0.1)
        self._children_lock = children_lock

    def close(self) -> None:
        """Let others take the folder, as soon as the last child has ended."""
        for descriptor in (self._owner_lock, self._children_lock):
            if descriptor >= 0:
                os.close(descriptor)
        self._owner_lock = self._children_lock = -1

    def recall(self) -> dict[str, Any]:
        """Return what the folder remembers, nothing at first; raises FolderDamaged."""
        try:
            remembered: dict[str, Any] = json.loads(self.memory.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            # New secrets would not open the old database.
            raise FolderDamaged(f"{self.memory} is damaged ({error}). Repair it, or start over: make reset") from error
        return remembered

    def remember(self, **values: Any) -> None:
        """Add values to what the folder remembers."""
        write_private(self.memory, json.dumps({**self.recall(), **values}, indent=1) + "\n")

    def secret(self, name: str, *, size: int = 24) -> str:
        """Return the folder's secret of this name, drawn at first use; URL-safe, ``size`` random bytes."""
        known: dict[str, str] = self.recall().get("secrets", {})
        if name not in known:
            known[name] = secrets.token_urlsafe(size)
            self.remember(secrets=known)
        return known[name]

    def subfolder(self, name: str) -> Path:
        """Create and return a folder inside that only its owner enters."""
        path = self.path / name
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def remove(self) -> None:
        """Delete the folder and all it holds."""
        shutil.rmtree(self.path)


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
