"""One bounded process: code of a release, in a folder of its own, with nothing of our environment."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

_LAUNCHER = Path(__file__).with_name("launcher.py")
_HOST = "127.0.0.1"
_KEPT_CHARACTERS = 8000
_READ_BYTES = 64 * 1024
_STOP_SECONDS = 3.0
_ENDINGS = {
    signal.SIGXCPU: "It used up its processor time.",
    signal.SIGXFSZ: "It wrote a file that is larger than allowed.",
    signal.SIGKILL: "It was killed: it used up its processor time, or the machine's memory.",
}


class BoundedProcess:
    """A Python file that serves HTTP on a port; made and used by one thread, the main one.

    The kernel ties its life to the thread that made it.
    """

    def __init__(self, *, code: str, environment: Mapping[str, str], port: int) -> None:
        self.port = port
        self.output = ""
        self._folder = tempfile.mkdtemp(prefix="reference-service-")
        script = Path(self._folder) / "service.py"
        script.write_text(code, encoding="utf-8")
        own = {"HOME": self._folder, "TMPDIR": self._folder, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        program = [sys.executable, "-I", "-u", str(script), "--port", str(port)]
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()), *program],
                cwd=self._folder,
                env={**environment, **own},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        assert self._process.stdout is not None
        self._pipe = self._process.stdout
        os.set_blocking(self._pipe.fileno(), False)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def read(self) -> str:
        """Take in what was printed since, and return the last of all that was."""
        with contextlib.suppress(BlockingIOError):
            printed = os.read(self._pipe.fileno(), _READ_BYTES)
            self.output = (self.output + printed.decode("utf-8", "replace"))[-_KEPT_CHARACTERS:]
        return self.output

    def answers(self) -> bool:
        """Tell whether somebody listens on the port."""
        with socket.socket() as probe:
            probe.settimeout(0.2)
            return probe.connect_ex((_HOST, self.port)) == 0

    def ending(self) -> str | None:
        """Return how it ended, in words; None while it runs."""
        status = self._process.poll()
        if status is None:
            return None
        if status >= 0:
            return f"It ended by itself, with status {status}."
        number = signal.Signals(-status)
        return _ENDINGS.get(number, f"It was ended by {number.name}.")

    def stop(self) -> None:
        """End it and all that it started, kindly first, and remove its folder; again is no error."""
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_SECONDS)
        self._signal(signal.SIGKILL)
        self._process.wait()
        self.read()
        self._pipe.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)
