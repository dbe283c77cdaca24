"""What a check is given to work with."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from quests.pack.placeholders import placeholders
from quests.probes.http_engine import Destination, SendsHttp

if TYPE_CHECKING:
    from quests.probes.owning import Owns

CHECK_SECONDS = 30.0


class Invoke(Protocol):
    """Makes one AWS call in the team's account and returns the parsed answer.

    A refusal is an exception whose attribute `kind` is one of missing, denied, transient and conflict.
    """

    async def __call__(
        self, service: str, operation: str, parameters: dict[str, Any], region: str
    ) -> Mapping[str, Any]: ...


class Standing(Protocol):
    """One thing that stands in an account."""

    @property
    def type(self) -> str: ...
    @property
    def arn(self) -> str: ...
    @property
    def usd_per_hour(self) -> Decimal: ...


class ListsStanding(Protocol):
    """Lists what stands in the team's account of these types with all of these tags (an empty value: any)."""

    async def __call__(self, types: Sequence[str], tags: Mapping[str, str], region: str) -> Sequence[Standing]: ...


@dataclass(frozen=True)
class ProbeContext:
    """One team's world for a check.

    `variables` maps placeholder names to values: `inputs.NAME` (only what was handed in), `outputs.NAME`,
    `team.seed`, `account.id`, `region`; the nonce is the engine's own. `input_labels` maps input names to
    what the page calls them. A check as a whole ends after `seconds`. Inputs in `owned_inputs` must lead to something
    of the team's own, which `owns` knows; `standing` lists what the account holds.
    """

    variables: Mapping[str, object]
    region: str
    invoke: Invoke
    http: SendsHttp
    input_labels: Mapping[str, str] = field(default_factory=dict)
    seconds: float = CHECK_SECONDS
    owned_inputs: frozenset[str] = frozenset()
    owns: Owns | None = None
    standing: ListsStanding | None = None


class OutOfTime(Exception):
    """The check's own time is over; nobody knows what the answer would have been."""


@dataclass(frozen=True)
class Attempt:
    """One run of a probe: the context, the variables with a fresh nonce, and the end in the loop's time.

    `destinations` says where requests to owned inputs may go.
    """

    context: ProbeContext
    variables: Mapping[str, object]
    ends_at: float
    destinations: Mapping[str, Destination] = field(default_factory=dict)

    def destination_of(self, url: str) -> Destination | None:
        """Return where a request to an address with placeholders may go; None: wherever it leads."""
        names = (name.removeprefix("inputs.") for name in placeholders(url))
        return next((self.destinations[name] for name in names if name in self.destinations), None)

    def remaining(self) -> float:
        """Return the seconds left, or raise OutOfTime when they are too few to ask anything fairly."""
        left = self.ends_at - asyncio.get_running_loop().time()
        if left < 0.5:
            raise OutOfTime
        return left

    def trusted(self) -> dict[str, object]:
        """Return the variables without what the team handed in or answered: these may be part of an expectation."""
        return {name: value for name, value in self.variables.items() if not name.startswith(("inputs.", "saved."))}
