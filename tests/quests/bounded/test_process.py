"""A bounded process gets nothing of ours, keeps to its limits, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from labs.local.ports import choose_port
from quests.bounded import BoundedProcess

SERVER = """
import http.server, os, sys
print("here I am", sorted(os.environ), flush=True)
class Handler(http.server.BaseHTTPRequestHandler):
    pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
"""


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def running(code: str, **environment: str) -> Iterator[BoundedProcess]:
    process = BoundedProcess(code=code, environment=environment, port=choose_port())
    try:
        yield process
    finally:
        process.stop()


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_it_answers_on_its_port_and_sees_only_what_it_was_given() -> None:
    with running(SERVER, TABLE="products") as process:
        until(process.answers)
        assert process.read() == "here I am ['HOME', 'LC_ALL', 'PATH', 'TABLE', 'TMPDIR']\n"
        assert process.ending() is None


def test_stopping_ends_what_it_started_and_removes_its_folder() -> None:
    code = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, os.getcwd(), flush=True)
time.sleep(600)
"""
    with running(code) as process:
        until(lambda: process.read().endswith("\n"))
        child, folder = process.output.split()
        assert Path(folder).is_dir()
    assert not Path(folder).exists()
    until(lambda: gone(int(child)))
    assert gone(process.pid)


def test_a_crash_is_told_with_the_last_lines() -> None:
    with running("print('no table')\nraise SystemExit(3)\n") as process:
        until(lambda: process.ending() is not None)
        assert process.ending() == "It ended by itself, with status 3."
        assert process.read() == "no table\n"


def test_memory_is_limited() -> None:
    with running("held = bytearray(2 * 1024 ** 3)\n") as process:
        until(lambda: process.ending() is not None)
        assert "MemoryError" in process.read()


def test_processor_time_files_and_descriptors_are_limited() -> None:
    code = """
import resource
print(*(resource.getrlimit(limit)[1] for limit in (resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE)))
"""
    with running(code) as process:
        until(lambda: process.ending() is not None)
        assert process.read() == f"900 {4 * 1024**2} 256\n"


def test_a_flood_of_output_is_kept_to_its_end() -> None:
    with running("while True: print('la' * 1000)\n") as process:
        until(lambda: len(process.read()) >= 8000)
        assert len(process.read()) == 8000


def test_it_ends_with_whoever_started_it_however_that_ends() -> None:
    starter = """
import sys, time
from quests.bounded import BoundedProcess
print(BoundedProcess(code="import time; time.sleep(600)", environment={}, port=1).pid, flush=True)
time.sleep(600)
"""
    parent = subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate()
    until(lambda: gone(pid))
