"""Keep one child running in a thread of its own: under guard, its lines passed on, restarted with back-off."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labs.local.child import Child
from labs.local.console import STACK, Sink

_GUARD = Path(__file__).with_name("guard.py")
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 30.0
_STEADY_AFTER_SECONDS = 20.0
_GUARD_MARGIN_SECONDS = 3.0


@dataclass
class Spawned:
    """A guard, and the process id of the command it guards (None when it could not start)."""

    guard: subprocess.Popen[str]
    control: socket.socket
    pid: int | None

    def finish(self) -> int:
        """Wait for the guard to end, return its exit status, and leave nothing of the command's group."""
        status = self.guard.wait()
        if status < 0:
            # Only a killed guard ends without having swept its command's group.
            self.kill()
        self.control.close()
        return status

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to the command and all of its process group; no error when it has ended."""
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)


def spawn(child: Child, *, held: Sequence[int] = (), errors: int = subprocess.STDOUT) -> Spawned:
    """Start a child under a guard that keeps the ``held`` file descriptors open as long as it lives."""
    ours, theirs = socket.socketpair()
    user = f"{child.account.uid}:{child.account.gid}" if child.account else "-"
    settings = [str(theirs.fileno()), str(int(child.stop_signal)), str(child.stop_seconds), user]
    try:
        guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_GUARD), *settings, *child.command],
            cwd=child.directory,
            env=dict(child.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            pass_fds=(theirs.fileno(), *held),
            start_new_session=True,
            encoding="utf-8",
            errors="replace",
        )
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
    answer = ours.recv(32).strip()
    return Spawned(guard, ours, int(answer) if answer else None)


def describe_exit(status: int) -> str:
    """Say in words how a child ended."""
    number = status - 128 if status > 128 else -status
    if number > 0:
        try:
            return f"was killed by {signal.Signals(number).name}"
        except ValueError:
            pass
    return f"exited with status {status}"


class Runner:
    """One supervised child; what starts and stops it belongs to the supervisor's thread."""

    def __init__(self, child: Child, *, sink: Sink, held: Sequence[int] = ()) -> None:
        self.child = child
        self.exits = 0
        self.last_lines: deque[str] = deque(maxlen=15)
        self._sink = sink
        self._held = held
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._spawned: Spawned | None = None
        self._thread = threading.Thread(target=self._keep_running, name=f"runner-{child.name}", daemon=True)

    @property
    def pid(self) -> int | None:
        """The process id of the running command, None between two runs."""
        spawned = self._spawned
        return spawned.pid if spawned else None

    def start(self) -> None:
        """Start keeping the child running."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Ask the child to stop, without waiting; it is not restarted any more."""
        self._stopping.set()
        with self._lock:
            if self._spawned is not None:
                self._spawned.guard.terminate()

    def wait_until_stopped(self, hurry: threading.Event) -> None:
        """Wait until the child has ended, and kill it when it takes too long or ``hurry`` is set."""
        deadline = time.monotonic() + self.child.stop_seconds + _GUARD_MARGIN_SECONDS
        while self._thread.is_alive() and time.monotonic() < deadline and not hurry.is_set():
            self._thread.join(0.05)
        while self._thread.is_alive():
            self.kill(signal.SIGKILL)
            with self._lock:
                if self._spawned is not None:
                    self._spawned.guard.kill()
            self._thread.join(0.2)

    def kill(self, number: int) -> None:
        """Send a signal to the running command and its process group."""
        with self._lock:
            if self._spawned is not None:
                self._spawned.kill(number)

    def _keep_running(self) -> None:
        delay = _FIRST_DELAY
        while not self._stopping.is_set():
            started = time.monotonic()
            ending = self._run_once()
            self.exits += 1
            if self._stopping.is_set():
                break
            if time.monotonic() - started >= _STEADY_AFTER_SECONDS:
                delay = _FIRST_DELAY
            self._sink(STACK, f"{self.child.name} {ending}; restarting it in {delay:g} s")
            self._stopping.wait(delay)
            delay = min(2 * delay, _LONGEST_DELAY)

    def _run_once(self) -> str:
        with self._lock:
            if self._stopping.is_set():
                return "was stopped"
            try:
                spawned = self._spawned = spawn(self.child, held=self._held)
            except OSError as error:
                return f"could not be started ({error})"
        pump = threading.Thread(target=self._pump, args=(spawned,), daemon=True)
        pump.start()
        status = spawned.guard.wait()
        with self._lock:
            self._spawned = None
            spawned.finish()
        # A process that left its group may hold the pipe open: its lines are read, but not waited for.
        pump.join(0.5)
        return describe_exit(status)

    def _pump(self, spawned: Spawned) -> None:
        assert spawned.guard.stdout is not None
        with spawned.guard.stdout as lines:
            for line in lines:
                self.last_lines.append(line.rstrip())
                self._sink(self.child.name, line.rstrip())
