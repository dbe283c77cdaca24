"""Prefixed log lines of many children on one terminal."""

import os
import sys
import threading
from collections.abc import Callable
from typing import TextIO

Sink = Callable[[str, str], None]
"""Takes the name of a child and one line of its output, from any thread."""

STACK = "stack"
_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
_NAME_WIDTH = 14


class Console:
    """Write lines as ``name │ line``, in colour on a terminal, and never fail when the reader has gone."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._lock = threading.Lock()
        self._colours: dict[str, int] = {}
        self._colourful = self._stream.isatty() and not os.environ.get("NO_COLOR")

    def __call__(self, name: str, line: str) -> None:
        with self._lock:
            prefix = f"{name:<{_NAME_WIDTH}}│"
            if self._colourful:
                colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
                prefix = f"\x1b[{colour}m{prefix}\x1b[0m"
            self._write(f"{prefix} {line}\n")

    def announce(self, line: str) -> None:
        """Write a line of the stack itself, in bold on a terminal."""
        with self._lock:
            self._write(f"\x1b[1m{line}\x1b[0m\n" if self._colourful else f"{line}\n")

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            pass  # A closed pipe must not stop the threads that drain the children.
