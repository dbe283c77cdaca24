"""Children are restarted, stopped in order and in time, and never outlive the stack."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from labs.local.child import PLATFORM, SERVICES, Child
from labs.local.stack import CHECKOUT
from labs.local.supervisor import ChildFailed, StopRequested, Supervisor
from tests.labs.local.waiting import is_running, wait_until

PATIENT = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
)


class Lines:
    """Collects what the children and the supervisor say."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str]] = []

    def __call__(self, name: str, line: str) -> None:
        self.all.append((name, line))

    def of(self, name: str) -> list[str]:
        return [line for speaker, line in list(self.all) if speaker == name]


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
def supervisor(lines: Lines) -> Iterator[Supervisor]:
    supervisor = Supervisor(sink=lines)
    yield supervisor
    supervisor.stop_all()


def python(name: str, code: str, *, stage: int = SERVICES, stop_seconds: float = 10.0) -> Child:
    return Child(
        name=name,
        command=(sys.executable, "-I", "-S", "-c", textwrap.dedent(code)),
        environment={"PATH": os.environ["PATH"]},
        directory=Path("/"),
        stage=stage,
        stop_seconds=stop_seconds,
    )


def test_a_dying_child_is_restarted_with_growing_delays_and_said_so(supervisor: Supervisor, lines: Lines) -> None:
    supervisor.start(python("moody", "print('hello', flush=True); raise SystemExit(3)"))
    wait_until(lambda: len(lines.of("stack")) >= 3)
    assert lines.of("moody")[:3] == ["hello"] * 3
    assert lines.of("stack")[:3] == [
        "moody exited with status 3; restarting it in 0.5 s",
        "moody exited with status 3; restarting it in 1 s",
        "moody exited with status 3; restarting it in 2 s",
    ]


def test_a_killed_child_comes_back_as_another_process(supervisor: Supervisor, lines: Lines) -> None:
    supervisor.start(python("web", "import time; time.sleep(600)"))
    wait_until(lambda: supervisor.pid("web"))
    first = supervisor.pid("web")
    supervisor.kill("web")
    wait_until(lambda: supervisor.pid("web") not in (None, first))
    assert lines.of("stack") == ["web was killed by SIGKILL; restarting it in 0.5 s"]


def test_children_of_a_dying_child_die_with_it(supervisor: Supervisor, lines: Lines) -> None:
    supervisor.start(
        python(
            "web",
            """
            import subprocess, sys
            deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
            print(subprocess.Popen([sys.executable, "-c", deaf]).pid, flush=True)
            """,
        )
    )
    wait_until(lambda: lines.of("stack"))
    assert not is_running(int(lines.of("web")[0]))


def test_a_child_that_keeps_dying_while_it_starts_is_given_up_with_its_last_lines(supervisor: Supervisor) -> None:
    sickly = Child("redis", ("/nowhere/redis-server",), {}, Path("/"), health=lambda: "connection refused")
    supervisor.start(sickly)
    with pytest.raises(
        ChildFailed, match=r"redis ended 3 times while starting; its last lines:\n +cannot run /nowhere"
    ):
        supervisor.wait_until_healthy("redis", seconds=60)


def test_a_child_that_does_not_become_healthy_is_given_up_with_the_reason(supervisor: Supervisor) -> None:
    idle = replace(python("gate", "import time; time.sleep(600)"), health=lambda: "connection refused")
    supervisor.start(idle)
    with pytest.raises(ChildFailed, match=r"gate is not healthy after 0.1 s \(connection refused\)"):
        supervisor.wait_until_healthy("gate", seconds=0.1)


def test_all_children_stop_the_last_stage_first(supervisor: Supervisor, lines: Lines) -> None:
    code = """
        import signal, sys, time
        def leave(*_):
            print("leaving", flush=True)
            sys.exit()
        signal.signal(signal.SIGTERM, leave)
        print("here", flush=True)
        time.sleep(600)
    """
    supervisor.start(python("database", code), python("web", code, stage=PLATFORM))
    wait_until(lambda: lines.of("database") == lines.of("web") == ["here"])
    supervisor.stop_all()
    assert [entry for entry in lines.all if entry[1] != "here"] == [
        ("stack", "stopping web"),
        ("web", "leaving"),
        ("stack", "stopping database"),
        ("database", "leaving"),
    ]


def test_a_child_told_to_stop_as_it_starts_stops_at_once(supervisor: Supervisor, lines: Lines) -> None:
    for attempt in range(10):
        supervisor.start(python(f"web {attempt}", "import time; time.sleep(600)", stop_seconds=600))
        wait_until(lambda attempt=attempt: supervisor.pid(f"web {attempt}"))
        supervisor.stop(f"web {attempt}")


def test_a_child_deaf_to_signals_is_killed_when_its_time_is_up(supervisor: Supervisor, lines: Lines) -> None:
    supervisor.start(python("deaf", PATIENT, stop_seconds=0.2))
    wait_until(lambda: lines.of("deaf"))
    pid = supervisor.pid("deaf")
    assert pid is not None
    supervisor.stop_all()
    assert not is_running(pid)


def test_a_second_request_to_stop_does_not_wait_for_the_deaf(supervisor: Supervisor, lines: Lines) -> None:
    supervisor.start(python("deaf", PATIENT, stop_seconds=600))
    wait_until(lambda: lines.of("deaf"))
    pid = supervisor.pid("deaf")
    assert pid is not None
    supervisor.request_stop()
    supervisor.request_stop()
    supervisor.stop_all()
    assert not is_running(pid)


def test_a_finished_command_returns_its_lines_and_a_failed_one_quotes_them(supervisor: Supervisor) -> None:
    assert supervisor.run(python("migrate", "print('one'); print('two')")) == ["one", "two"]
    with pytest.raises(ChildFailed, match="migrate exited with status 4; its last lines:\n    no table"):
        supervisor.run(python("migrate", "print('no table'); raise SystemExit(4)"))


def test_a_request_to_stop_ends_a_running_command(lines: Lines) -> None:
    def stop_when_it_speaks(name: str, line: str) -> None:
        lines(name, line)
        supervisor.request_stop()

    supervisor = Supervisor(sink=stop_when_it_speaks)
    with pytest.raises(StopRequested):
        supervisor.run(python("migrate", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"))
    assert not is_running(int(lines.of("migrate")[0]))


PARENT = """
    import signal, sys
    from pathlib import Path
    from labs.local.child import Child
    from labs.local.console import Console
    from labs.local.supervisor import Supervisor

    # A child with a child of its own; both are deaf to SIGTERM.
    CODE = '''
    import os, signal, subprocess, sys, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("pid", os.getpid(), flush=True)
    if len(sys.argv) == 1:
        subprocess.run([sys.executable, "-c", open("/proc/self/cmdline").read().split(chr(0))[2], "leaf"])
    time.sleep(600)
    '''
    import textwrap
    supervisor = Supervisor(sink=lambda name, line: print(line, flush=True))
    signal.signal(signal.SIGTERM, lambda *_: supervisor.request_stop())
    command = (sys.executable, "-c", textwrap.dedent(CODE))
    supervisor.start(*(Child(name, command, {}, Path("/"), stop_seconds=0.3) for name in ("one", "two")))
    supervisor.wait_for_stop_request()
    supervisor.stop_all()
"""


@pytest.fixture
def parent() -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A process that supervises two children with a child each, and the process ids of these four."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PARENT)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    pids: list[int] = []
    for line in process.stdout:
        if line.startswith("pid "):
            pids.append(int(line.split()[1]))
        if len(pids) == 4:
            break
    assert [is_running(pid) for pid in pids] == [True] * 4
    yield process, pids
    process.kill()
    process.wait()
    process.stdout.close()


def test_sigterm_ends_all_children_and_their_children(parent: tuple[subprocess.Popen[str], list[int]]) -> None:
    process, pids = parent
    process.terminate()
    assert process.wait(timeout=20) == 0
    assert [is_running(pid) for pid in pids] == [False] * 4


def test_no_child_survives_when_its_supervisor_is_killed(parent: tuple[subprocess.Popen[str], list[int]]) -> None:
    process, pids = parent
    process.kill()
    wait_until(lambda: not any(is_running(pid) for pid in pids))


def test_no_command_survives_when_its_guard_is_killed(supervisor: Supervisor, lines: Lines) -> None:
    supervisor.start(python("web", "import os, time; print(os.getpid(), os.getppid(), flush=True); time.sleep(600)"))
    wait_until(lambda: lines.of("web"))
    command, guard = (int(word) for word in lines.of("web")[0].split())
    os.kill(guard, signal.SIGKILL)
    wait_until(lambda: not is_running(command))
    wait_until(lambda: lines.of("stack") == ["web was killed by SIGKILL; restarting it in 0.5 s"])
