"""IAM policy documents as typed statements."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


class MalformedPolicy(ValueError):
    """A policy document that is not one."""


@dataclass(frozen=True)
class Condition:
    """One operator over one key; the request must match any of the values."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """One statement; an element that is absent is None."""

    allows: bool
    actions: tuple[str, ...] | None
    not_actions: tuple[str, ...] | None
    resources: tuple[str, ...] | None
    not_resources: tuple[str, ...] | None
    principals: tuple[str, ...] | None
    excludes_principals: bool
    conditions: tuple[Condition, ...]
    sid: str


@lru_cache(maxsize=4096)
def parse_policy(text: str) -> tuple[Statement, ...]:
    """Read a policy document; raise MalformedPolicy naming what is wrong."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise MalformedPolicy(f"not JSON: {error}") from None
    if not isinstance(document, dict) or "Statement" not in document:
        raise MalformedPolicy("a policy is an object with a Statement")
    statements = document["Statement"]
    return tuple(_statement(item) for item in (statements if isinstance(statements, list) else [statements]))


def matches_any(patterns: Iterable[str], value: str, *, ignore_case: bool = False) -> bool:
    """Whether a value matches one of the patterns, where * is any run of characters and ? is one."""
    return any(_compiled(pattern, ignore_case).fullmatch(value) for pattern in patterns)


@lru_cache(maxsize=8192)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _statement(item: Any) -> Statement:
    if not isinstance(item, dict) or item.get("Effect") not in ("Allow", "Deny"):
        raise MalformedPolicy("every statement needs an Effect of Allow or Deny")
    if ("Action" in item) == ("NotAction" in item):
        raise MalformedPolicy("every statement needs either Action or NotAction")
    return Statement(
        allows=item["Effect"] == "Allow",
        actions=_strings(item, "Action"),
        not_actions=_strings(item, "NotAction"),
        resources=_strings(item, "Resource"),
        not_resources=_strings(item, "NotResource"),
        principals=_principals(item.get("Principal")),
        excludes_principals="NotPrincipal" in item,
        conditions=tuple(_conditions(item.get("Condition", {}))),
        sid=str(item.get("Sid", "")),
    )


def _strings(item: dict[str, Any], element: str) -> tuple[str, ...] | None:
    return _listed(item[element], element) if element in item else None


def _listed(value: Any, element: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(entry, str) for entry in values):
        raise MalformedPolicy(f"{element} must be a string or a list of strings")
    return tuple(values)


def _principals(value: Any) -> tuple[str, ...] | None:
    if value is None or isinstance(value, str):
        return None if value is None else (value,)
    if not isinstance(value, dict):
        raise MalformedPolicy("Principal must be * or an object")
    # Services and federated identities never call through the gate, so only AWS principals matter.
    return _listed(value.get("AWS", []), "Principal")


def _conditions(block: Any) -> Iterable[Condition]:
    if not isinstance(block, dict) or not all(isinstance(keys, dict) for keys in block.values()):
        raise MalformedPolicy("Condition must be an object of objects")
    for operator, keys in block.items():
        for key, value in keys.items():
            values = value if isinstance(value, list) else [value]
            yield Condition(operator, key, tuple(_scalar(entry) for entry in values))


def _scalar(entry: Any) -> str:
    if isinstance(entry, bool):
        return "true" if entry else "false"
    if isinstance(entry, (str, int, float)):
        return str(entry)
    raise MalformedPolicy("condition values must be plain values")
