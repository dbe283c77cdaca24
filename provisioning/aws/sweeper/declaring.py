"""The table-like parts of a declaration: a listing with JMESPaths, and a deletion with parameters."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import jmespath

from provisioning.aws.errors import Missing
from provisioning.aws.sweeper.resource import Found, Place

# Strings of parameters that a handle fills in. Below a parent the handle is "parent child".
HANDLE, PARENT, CHILD = "{handle}", "{parent}", "{child}"
_compiled = lru_cache(maxsize=1024)(jmespath.compile)


class Lookup:
    """A call that tells more about one listed thing; what its JMESPath finds takes the listed item's place."""

    def __init__(self, operation: str, path: str, **parameters: Any) -> None:
        self.operation, self.path, self.parameters = operation, path, parameters


@dataclass(frozen=True)
class Listing:
    """List a type with one operation; all expressions are JMESPaths that are applied to an item of `path`.

    `arn` may also be a template that begins with "arn:" and uses {region}, {account}, {handle}, {parent} and {child}.
    `protect` maps the reason, in words, to what tells that an item must never be deleted. `within` lists the parents,
    whose handles fill PARENT in `parameters`. `lookup` asks once more about each item, for what listings leave out.
    """

    service: str
    operation: str
    path: str
    handle: str = "@"
    arn: str = "@"
    created: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    protect: Mapping[str, str] = field(default_factory=dict)
    tombstone: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    within: "Listing | None" = None
    lookup: Lookup | None = None

    def __call__(self, place: Place) -> Iterator[Found]:
        """Yield what stands there."""
        if self.within is None:
            yield from self._listed(place, "")
            return
        for parent in self.within(place):
            if not parent.is_tombstone:
                yield from self._listed(place, parent.handle)

    def _listed(self, place: Place, parent: str) -> Iterator[Found]:
        try:
            items = place.items(self.service, self.operation, self.path, **fill(self.parameters, parent, parent))
        except Missing:
            if not parent:
                raise
            return  # The parent went meanwhile, and this with it.
        for item in items:
            child = str(_search(self.handle, item))
            handle = f"{parent} {child}" if parent else child
            known = self._known(place, item, handle)
            if known is not None:
                yield self._found(place, known, handle)

    def _known(self, place: Place, item: Any, handle: str) -> Any:
        if self.lookup is None:
            return item
        path, parameters = f"[{self.lookup.path}]", fill(self.lookup.parameters, handle)
        try:
            known = place.items(self.service, self.lookup.operation, path, **parameters)
        except Missing:
            return None  # It went between the two calls.
        return known[0] if known else None

    def _found(self, place: Place, item: Any, handle: str) -> Found:
        details = {name: _search(path, item) for name, path in self.details.items()}
        return Found(
            handle=handle,
            arn=self._arn(place, item, handle),
            created_at=_moment(_search(self.created, item)) if self.created else None,
            details={name: str(value) for name, value in details.items() if value is not None},
            protected=next((why for why, path in self.protect.items() if _search(path, item)), ""),
            is_tombstone=bool(self.tombstone and _search(self.tombstone, item)),
        )

    def _arn(self, place: Place, item: Any, handle: str) -> str:
        if not self.arn.startswith("arn:"):
            return str(_search(self.arn, item))
        names = {"{region}": place.region, "{account}": place.session.account_id}
        template = self.arn
        for name, value in names.items():
            template = template.replace(name, value)
        return str(fill(template, handle))


class Deletion:
    """Delete with one call; HANDLE, PARENT and CHILD in its parameters are filled in."""

    def __init__(self, service: str, operation: str, /, **parameters: Any) -> None:
        self.service, self.operation, self.parameters = service, operation, parameters

    def __call__(self, place: Place, handle: str) -> None:
        """Ask for it."""
        place.call(self.service, self.operation, **fill(self.parameters, handle))


def fill(value: Any, handle: str, parent: str | None = None) -> Any:
    """Put a handle and its parts where a declaration names them."""
    if isinstance(value, str):
        above, _, own = handle.rpartition(" ")
        above = above if parent is None else parent
        return value.replace(HANDLE, handle).replace(PARENT, above).replace(CHILD, own)
    if isinstance(value, Mapping):
        return {name: fill(each, handle, parent) for name, each in value.items()}
    if isinstance(value, list):
        return [fill(each, handle, parent) for each in value]
    return value


def _search(path: str, item: Any) -> Any:
    return item if path == "@" else _compiled(path).search(item)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
    if isinstance(value, str) and value:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
