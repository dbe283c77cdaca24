"""What a standing resource costs per hour, after the price table beside this file: an estimate, never a bill."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from provisioning.aws.sweeper.resource import Resource

TABLE = Path(__file__).with_name("prices.yaml")
HOURS_PER_MONTH = 730
_BYTES, _MIB = Decimal(1024**3), Decimal(1024)
Usd = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class BadPriceTable(ValueError):
    """The price table cannot be used; each line of the message names an entry and a field."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Part(_Strict):
    """One summand of a price, see the table's own words."""

    usd: Usd | str
    by: str = ""
    per: Literal["hour", "month", "gib_month"] = "hour"
    times: str = ""
    missing: Usd = Decimal(1)
    divided_by: Annotated[int, Field(ge=1)] = 1
    unless: Mapping[str, list[str]] = {}

    @model_validator(mode="after")
    def _look_up_by_something(self) -> "Part":
        if isinstance(self.usd, str) != bool(self.by):
            raise ValueError("`usd` names a table exactly when `by` names the detail to look it up by")
        return self


class Free(_Strict):
    """Types that cost nothing by standing, and why."""

    reason: Annotated[str, Field(min_length=1)]
    types: list[str]


class PriceTable(_Strict):
    """The whole table, in US dollars of us-east-1."""

    as_of: date
    source: str
    regions: Mapping[str, Usd]
    other_regions: Usd
    omitted: list[str]
    tables: Mapping[str, Mapping[str, Usd]]
    entries: Mapping[str, list[Part]]
    free: list[Free]

    @model_validator(mode="after")
    def _tables_exist(self) -> "PriceTable":
        for name, parts in self.entries.items():
            for part in parts:
                if isinstance(part.usd, str) and not self.tables.get(part.usd):
                    raise ValueError(f"entries.{name}: there is no table {part.usd!r}")
        return self


@dataclass(frozen=True)
class Rate:
    """What a resource costs per hour as it stands, and what had to be assumed for that."""

    usd_per_hour: Decimal
    note: str = ""


def load(path: Path = TABLE) -> PriceTable:
    """Read a price table; raises BadPriceTable naming every wrong entry and field."""
    try:
        return PriceTable.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise BadPriceTable(f"{path.name} is not YAML: {error}") from error
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, each['loc'])) or 'the table'}: {each['msg']}" for each in error.errors())
        raise BadPriceTable(f"{path.name}:\n" + "\n".join(problems)) from error


@lru_cache(maxsize=1)
def table() -> PriceTable:
    """Return the table that this installation uses."""
    return load()


def rate(resource: Resource) -> Rate:
    """Return what a resource costs per hour now; what is unknown counts to the dearer side and is noted."""
    prices = table()
    if not resource.price:
        return Rate(Decimal(0))
    parts = prices.entries.get(resource.price)
    if parts is None:
        return Rate(Decimal(0), f"no price is known for {resource.type}")
    usd, notes = Decimal(0), []
    for part in parts:
        cost, note = _cost(part, resource.details, prices)
        usd += cost
        if note and note not in notes:
            notes.append(note)
    multiplier = prices.regions.get(resource.region, prices.other_regions)
    return Rate(usd * multiplier, "; ".join(notes))


def _cost(part: Part, details: Mapping[str, str], prices: PriceTable) -> tuple[Decimal, str]:
    if any(details.get(name) in values for name, values in part.unless.items()):
        return Decimal(0), ""
    usd, note = _unit(part, details, prices)
    if part.times:
        usd *= _number(details.get(part.times), part.missing) / part.divided_by
    if part.per == "hour":
        return usd, note
    if part.per == "gib_month":
        size = _gib(details)
        usd *= size if size is not None else 1
        note = note or ("" if size is not None else "its size is not known: counted as 1 GiB")
    return usd / HOURS_PER_MONTH, note


def _unit(part: Part, details: Mapping[str, str], prices: PriceTable) -> tuple[Decimal, str]:
    if not isinstance(part.usd, str):
        return part.usd, ""
    known = prices.tables[part.usd]
    wanted = details.get(part.by, "")
    if wanted in known:
        return known[wanted], ""
    dearest = max(known, key=lambda name: known[name])
    return known[dearest], f"no price is known for {wanted or 'its type'}: counted as {dearest}"


def _number(text: str | None, missing: Decimal) -> Decimal:
    try:
        return max(Decimal(0), Decimal(text)) if text else missing
    except ArithmeticError:
        return missing


def _gib(details: Mapping[str, str]) -> Decimal | None:
    for name, divisor in (("size_gib", Decimal(1)), ("size_mib", _MIB), ("size_bytes", _BYTES)):
        if details.get(name):
            return _number(details[name], Decimal(divisor)) / divisor
    return None
