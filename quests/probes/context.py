"""What a check is given to work with."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from quests.probes.http_engine import HttpEngine

CHECK_SECONDS = 30.0


class Invoke(Protocol):
    """Makes one AWS call in the team's account and returns the parsed answer.

    A refusal is an exception whose attribute `kind` is one of missing, denied, transient and conflict.
    """

    async def __call__(
        self, service: str, operation: str, parameters: dict[str, Any], region: str
    ) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class ProbeContext:
    """One team's world for a check.

    `variables` maps placeholder names to values: `inputs.NAME` (only what was handed in), `outputs.NAME`,
    `team.seed`, `account.id`, `region`; the nonce is the engine's own. `input_labels` maps input names to
    what the page calls them. A check as a whole ends after `seconds`.
    """

    variables: Mapping[str, object]
    region: str
    invoke: Invoke
    http: HttpEngine
    input_labels: Mapping[str, str] = field(default_factory=dict)
    seconds: float = CHECK_SECONDS


class OutOfTime(Exception):
    """The check's own time is over; nobody knows what the answer would have been."""


@dataclass(frozen=True)
class Attempt:
    """One run of a probe: the context, the variables with a fresh nonce, and the end in the loop's time."""

    context: ProbeContext
    variables: Mapping[str, object]
    ends_at: float

    def remaining(self) -> float:
        """Return the seconds left, or raise OutOfTime when they are too few to ask anything fairly."""
        left = self.ends_at - asyncio.get_running_loop().time()
        if left < 0.5:
            raise OutOfTime
        return left

    def trusted(self) -> dict[str, object]:
        """Return the variables without what the team handed in: only these may be part of an expectation."""
        return {name: value for name, value in self.variables.items() if not name.startswith("inputs.")}
