"""What is wrong with a pack, said so that its author can go straight to the line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, order=True)
class Problem:
    """One fault of a pack: where it is and what to do about it.

    `file` is relative to the pack folder (empty: the folder itself), `line` counts from 1 (0: the whole
    file), `field` is a dotted path such as `tasks.0.points` (empty: the whole file).
    """

    file: str
    line: int
    field: str
    message: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        severity = "warning" if self.severity == "warning" else ""
        return ": ".join(part for part in (place, severity, self.field, self.message) if part)


class PackError(Exception):
    """A folder is not a valid pack; `problems` holds everything found in one run, sorted by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        count = len(self.problems)
        noun = "problem" if count == 1 else "problems"
        super().__init__("\n".join([f"{count} {noun} in the pack:", *map(str, self.problems)]))
