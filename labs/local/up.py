"""`make up` and `make reset`: run the whole stack in a terminal, and forget it."""

import contextlib
import ctypes
import os
import signal
from pathlib import Path
from types import FrameType

from labs.local.console import STACK, Console
from labs.local.folder import FolderDamaged, StackFolder, StackRunning
from labs.local.guard import PR_SET_PDEATHSIG
from labs.local.ports import NoFreePort, PortTaken
from labs.local.postgres_home import NoPlaceForPostgres, forget_private_folder
from labs.local.redis_server import NoRedis
from labs.local.stack import LocalStack
from labs.local.supervisor import ChildFailed, StopRequested
from labs.local.unprivileged import NoUnprivilegedUser

_REFUSALS = (
    ChildFailed,
    StackRunning,
    FolderDamaged,
    PortTaken,
    NoFreePort,
    NoPlaceForPostgres,
    NoRedis,
    NoUnprivilegedUser,
)


def run_stack(folder: Path, *, web_port: int, console: Console) -> int:
    """Run the stack until somebody asks it to stop; returns the exit status."""
    stack = LocalStack(folder, durable=True, web_port=web_port, sink=console, demo=True)

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        stack.supervisor.request_stop()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask_to_stop)
    try:
        stack.start()
        sign_ins = stack.manage("demo", "--sign-ins")
        console.announce(f"GameDay Labs is ready: {stack.env['PUBLIC_BASE_URL']}  {' '.join(sign_ins)}".rstrip())
        stack.supervisor.wait_for_stop_request()
    except StopRequested:
        console(STACK, "stopped while starting")
    except _REFUSALS as error:
        console(STACK, str(error))
        return 1
    finally:
        stack.stop()
    return 0


def reset(folder: Path, *, console: Console) -> int:
    """Delete all that the stack in this folder has kept; returns the exit status."""
    if not folder.exists():
        console(STACK, f"{folder} does not exist: nothing to forget")
        return 0
    stack_folder = StackFolder(folder)
    try:
        stack_folder.open()
    except StackRunning as error:
        console(STACK, str(error))
        return 1
    with contextlib.suppress(FolderDamaged):
        forget_private_folder(stack_folder)
    stack_folder.remove()
    stack_folder.close()
    console(STACK, f"forgot {folder}")
    return 0


def end_with_parent() -> None:
    """Ask the kernel for SIGTERM when the parent ends, so that a killed `make` leaves no stack behind."""
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)
