"""Inputs that must lead into the team's own account: neither a laptop's tunnel nor a neighbour's service scores."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from quests.enums import Outcome
from quests.pack.placeholders import placeholders
from quests.pack.probe_specs import ProbeSpec
from quests.probes.context import Attempt
from quests.probes.http_answer import RequestFailed, RequestUnknown
from quests.probes.http_engine import Destination, parse_address, place_of
from quests.probes.kinds.aws import Refused, ask_aws
from quests.probes.verdict import Finding

NAMED = 5


@dataclass(frozen=True)
class Ownership:
    """Whose a host and port is: the team's own `by_name`, own by its `addresses`, or neither.

    `own` are the addresses of the team's that were found, for people.
    """

    by_name: bool = False
    by_addresses: bool = False
    own: tuple[str, ...] = ()


class Owns(Protocol):
    """Looks into the team's account whether a host, its port and the addresses it means are the team's own.

    Raises what AWS calls raise.
    """

    async def __call__(self, host: str, port: int, addresses: Collection[str]) -> Ownership: ...


async def settle_ownership(probe: ProbeSpec, attempt: Attempt) -> Attempt | Finding:
    """Return the attempt with the destinations of the owned inputs that the probe uses, or why it cannot go on."""
    used = {name.removeprefix("inputs.") for name in placeholders(probe.model_dump()) if name.startswith("inputs.")}
    settled = {}
    for name in sorted(used & attempt.context.owned_inputs):
        found = await _settle(name, attempt)
        if isinstance(found, Finding):
            return found
        settled[name] = found
    return replace(attempt, destinations=settled)


async def _settle(name: str, attempt: Attempt) -> Destination | Finding:
    context = attempt.context
    given, label = str(attempt.variables[f"inputs.{name}"]), context.input_labels.get(name, name)
    asked, expected = f"Whose is {given}", f"“{label}” in your own account"
    if context.owns is None:
        return Finding(Outcome.ERROR, "The platform cannot look up addresses here.", asked, expected)
    try:
        target = parse_address(given.strip())
        addresses = await context.http.judged_addresses(target)
        host, port = place_of(target)
        found = await ask_aws(attempt, partial(context.owns, host, port, addresses))
    except RequestFailed as error:
        return Finding(Outcome.FAIL, str(error), asked, expected)
    except RequestUnknown as error:
        return Finding(Outcome.ERROR, str(error), asked, expected)
    except Refused as refused:
        return Finding(Outcome.ERROR, refused.sentence, asked, expected, refused.words)
    if found.by_name or found.by_addresses:
        return Destination(host, port, None if found.by_name else frozenset(addresses))
    own = ", ".join(found.own[:NAMED]) + ("" if len(found.own) <= NAMED else f" and {len(found.own) - NAMED} more")
    seen = f"In your account: {own}." if own else "Nothing in your account has an address yet."
    summary = f"“{label}” must lead to something in your own account, and {host}:{port} is none of it. {seen}"
    return Finding(Outcome.FAIL, summary, asked, expected, "\n".join(found.own) or "nothing")
