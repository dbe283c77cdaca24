"""Start child processes in order of health, keep them running, and stop all of them in reverse order."""

import signal
import subprocess
import threading
import time
from collections.abc import Sequence

from labs.local.child import Child
from labs.local.console import STACK, Sink
from labs.local.runner import Runner, describe_exit, spawn

_LOOK_EVERY_SECONDS = 0.1
_HOPELESS_AFTER_EXITS = 3


class ChildFailed(Exception):
    """A child did not do what the stack needs; the message names it and quotes its last lines."""

    def __init__(self, name: str, reason: str, last_lines: Sequence[str] = ()) -> None:
        quoted = "".join(f"\n    {line}" for line in last_lines)
        super().__init__(f"{name} {reason}" + (f"; its last lines:{quoted}" if quoted else ""))


class StopRequested(Exception):
    """Someone asked the stack to stop while it was starting."""


class Supervisor:
    """Runs children; its methods belong to one thread, only ``request_stop`` may come from a signal handler."""

    def __init__(self, *, sink: Sink) -> None:
        self._sink = sink
        self._held: Sequence[int] = ()
        self._runners: dict[str, Runner] = {}
        self._stop_requested = threading.Event()
        self._hurry = threading.Event()

    def hold(self, descriptors: Sequence[int]) -> None:
        """Name descriptors of locks that stay held until the last child has ended, even if we are killed."""
        self._held = tuple(descriptors)

    def request_stop(self) -> None:
        """Ask for an orderly stop; asked a second time, for an immediate one."""
        if self._stop_requested.is_set():
            self._hurry.set()
        self._stop_requested.set()

    def wait_for_stop_request(self) -> None:
        """Return when somebody has asked to stop."""
        self._stop_requested.wait()

    def start(self, *children: Child) -> None:
        """Start children side by side, without waiting for their health."""
        for child in children:
            self._raise_if_stopping()
            if child.name in self._runners:
                raise ValueError(f"a child named {child.name} is already running")
            runner = self._runners[child.name] = Runner(child, sink=self._sink, held=self._held)
            runner.start()

    def wait_until_healthy(self, *names: str, seconds: float) -> None:
        """Wait until each named child is healthy; raises ChildFailed when it keeps dying or time is up."""
        deadline = time.monotonic() + seconds
        for name in names:
            runner = self._runners[name]
            while reason := (runner.child.health or _always_healthy)():
                self._raise_if_stopping()
                if runner.exits >= _HOPELESS_AFTER_EXITS:
                    raise ChildFailed(name, f"ended {runner.exits} times while starting", runner.last_lines)
                if time.monotonic() > deadline:
                    raise ChildFailed(name, f"is not healthy after {seconds:g} s ({reason})", runner.last_lines)
                self._stop_requested.wait(_LOOK_EVERY_SECONDS)

    def run(self, child: Child, *, quiet: bool = False) -> list[str]:
        """Run a command to its end and return the lines of its output; raises ChildFailed on a status but 0.

        A quiet command's output is not passed on while it runs.
        """
        self._raise_if_stopping()
        errors = subprocess.DEVNULL if quiet else subprocess.STDOUT
        spawned = spawn(child, held=self._held, errors=errors)
        lines: list[str] = []

        def collect() -> None:
            assert spawned.guard.stdout is not None
            with spawned.guard.stdout as output:
                for line in output:
                    lines.append(line.rstrip())
                    if not quiet:
                        self._sink(child.name, line.rstrip())

        pump = threading.Thread(target=collect, daemon=True)
        pump.start()
        while spawned.guard.poll() is None:
            if self._stop_requested.wait(_LOOK_EVERY_SECONDS / 2):
                spawned.guard.terminate()
                break
        status = spawned.finish()
        pump.join(1.0)
        self._raise_if_stopping()
        if status != 0:
            raise ChildFailed(child.name, describe_exit(status), lines[-15:])
        return lines

    def stop_all(self) -> None:
        """Stop all children in bounded time, the last started stage first, and within a stage together."""
        self._stop_requested.set()
        running = list(reversed(self._runners.values()))
        for stage in sorted({runner.child.stage for runner in running}, reverse=True):
            leaving = [runner for runner in running if runner.child.stage == stage]
            self._sink(STACK, f"stopping {', '.join(runner.child.name for runner in leaving)}")
            for runner in leaving:
                runner.ask_to_stop()
            for runner in leaving:
                runner.wait_until_stopped(self._hurry)
        self._runners.clear()

    def stop(self, name: str) -> None:
        """Stop one child for good; it can be started again afterwards."""
        runner = self._runners.pop(name)
        runner.ask_to_stop()
        runner.wait_until_stopped(self._hurry)

    def pid(self, name: str) -> int | None:
        """Return the process id of a child's command, None while it is between two runs."""
        return self._runners[name].pid

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Send a signal to a child's command and its whole process group, as a crash would."""
        self._runners[name].kill(number)

    def _raise_if_stopping(self) -> None:
        if self._stop_requested.is_set():
            raise StopRequested


def _always_healthy() -> None:
    return None
