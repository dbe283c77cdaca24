"""Plug-in probes: kinds that an installation adds by entry points of the group `gameday_labs.probes`.

The entry point's name is the `type` that packs write. What it names is a class with a `Config`, a model derived from
`quests.pack.probe_specs.ProbeBase`, and `async def check(self, config, context) -> quests.probes.Verdict`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

GROUP = "gameday_labs.probes"


class UnknownPlugin(LookupError):
    """No plug-in has this name, or the one that has it cannot be used; the message says which."""


@cache
def plugins() -> Mapping[str, Any]:
    """Return every installed plug-in's class by its type, or the exception that loading it raised."""
    found: dict[str, Any] = {}
    for point in entry_points(group=GROUP):
        try:
            found[point.name] = point.load()
        except Exception as error:  # noqa: BLE001  (a plug-in that cannot be loaded must not stop the others)
            found[point.name] = error
    return found


def plugin(name: str) -> Any:
    """Return the class of a plug-in, or raise UnknownPlugin."""
    found = plugins().get(name)
    if found is None:
        known = ", ".join(sorted(plugins())) or "none"
        raise UnknownPlugin(f"there is no probe type {name!r} of the platform's own; plug-ins installed here: {known}")
    if isinstance(found, Exception):
        raise UnknownPlugin(f"the plug-in {name!r} cannot be loaded: {type(found).__name__}: {found}")
    if not hasattr(found, "Config") or not callable(getattr(found, "check", None)):
        raise UnknownPlugin(f"the plug-in {name!r} is no class with a Config and a check")
    return found
