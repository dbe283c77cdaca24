"""Run one command so that neither it nor anything it started outlives the stack.

The supervisor starts this file in an isolated interpreter of its own (standard library, no package imports), as

    guard.py CONTROL_FD STOP_SIGNAL GRACE_SECONDS USER COMMAND...

CONTROL_FD is one end of a socket pair: the guard writes the command's process id to it, and reads its end of file
when the supervisor is gone, however that came about. STOP_SIGNAL is how the command likes to be asked to stop. USER
is ``uid:gid`` to run the command as, or ``-``. The exit status is the command's own, or 128 + the signal that ended
it.
"""

import contextlib
import ctypes
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

Prctl = Callable[[int, int], int]

PR_SET_PDEATHSIG = 1
CANNOT_EXECUTE = 127
ORPHAN_GRACE_SECONDS = 5.0
STOP_REQUESTS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def _become_command(command: list[str], user: str, stop_signal: int, guard: int, prctl: Prctl) -> NoReturn:
    """Turn the forked process into the command; never returns."""
    try:
        os.setpgid(0, 0)
        for number in (*STOP_REQUESTS, signal.SIGCHLD, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_REQUESTS)
        if user != "-":
            uid, gid = (int(part) for part in user.split(":"))
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
        # The kernel forgets this request when a process changes its user, so it comes after that.
        prctl(PR_SET_PDEATHSIG, stop_signal)
        if os.getppid() != guard:
            os._exit(CANNOT_EXECUTE)
        os.execvp(command[0], command)  # noqa: S606
    except OSError as error:
        os.write(2, f"cannot run {command[0]}: {error.strerror}\n".encode(errors="surrogateescape"))
    os._exit(CANNOT_EXECUTE)


def _keep_to_ourselves() -> None:
    """Let the command inherit only its standard streams: a lock it held would outlive the guard."""
    for entry in Path("/proc/self/fd").iterdir():
        descriptor = int(entry.name)
        try:
            if descriptor > 2:
                os.set_inheritable(descriptor, False)
        except OSError:
            pass  # The listing's own descriptor, closed by now.


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def _watch(command: int, control: socket.socket, wakeup: int, stop_signal: int, grace: float) -> None:
    """Return when the command has ended; stop it on a signal or when the supervisor is gone."""
    deadline: float | None = None
    sources: list[int] = [wakeup, control.fileno()]
    while os.waitid(os.P_PID, command, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        timeout = None if deadline is None else max(0.0, deadline - time.monotonic())
        readable, _, _ = select.select(sources, [], [], timeout)
        patience: float | None = None
        if control.fileno() in readable and not control.recv(64):
            sources.remove(control.fileno())
            patience = min(grace, ORPHAN_GRACE_SECONDS)
        if wakeup in readable and set(os.read(wakeup, 256)) & set(STOP_REQUESTS):
            patience = grace
        if patience is not None and deadline is None:
            deadline = time.monotonic() + patience
            os.kill(command, stop_signal)
        if deadline is not None and time.monotonic() >= deadline:
            _signal_group(command, signal.SIGKILL)
            deadline = time.monotonic() + 1.0


def main(arguments: list[str]) -> int:
    """Run the command of ``arguments`` under guard and return its exit status."""
    _keep_to_ourselves()
    control = socket.socket(fileno=int(arguments[0]))
    stop_signal, grace, user, command = int(arguments[1]), float(arguments[2]), arguments[3], arguments[4:]
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    wakeup, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    for number in (*STOP_REQUESTS, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    guard = os.getpid()
    # A request that reaches the forked process before it has dropped our handlers must wait, not vanish in them.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_REQUESTS)
    pid = os.fork()
    if pid == 0:
        _become_command(command, user, stop_signal, guard, prctl)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_REQUESTS)
    # The command may have been faster and done it itself, or have ended already.
    with contextlib.suppress(PermissionError, ProcessLookupError):
        os.setpgid(pid, pid)
    # A supervisor that is already gone cannot read this: the loop sees the end of file at once.
    with contextlib.suppress(OSError):
        control.sendall(f"{pid}\n".encode())
    _watch(pid, control, wakeup, stop_signal, grace)
    # While the ended command is not yet reaped, its group id cannot belong to anyone else.
    _signal_group(pid, signal.SIGKILL)
    return _exit_status(os.waitpid(pid, 0)[1])


def _exit_status(status: int) -> int:
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
