"""Condition operators over the facts of a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from labs.local.gate.policy.documents import Condition, matches_any

# Keys of these families may be absent from a request; any other key without a fact is unknown here.
_OPTIONAL_FAMILIES = ("aws:principaltag/", "aws:requesttag/")


class NotUnderstood(Exception):
    """A condition whose operator, key or value this evaluator does not know."""


class Facts:
    """The condition keys of one request; a key with the value None is known to be absent from it."""

    def __init__(self, values: Mapping[str, str | None]) -> None:
        self._values = {key.lower(): value for key, value in values.items()}

    def get(self, key: str) -> str | None:
        """Return a key's value; raise NotUnderstood for a key this evaluator has no facts about."""
        name = key.lower()
        if name not in self._values and not name.startswith(_OPTIONAL_FAMILIES):
            raise NotUnderstood(f"the condition key {key} is not known here")
        return self._values.get(name)


def holds(condition: Condition, facts: Facts) -> bool:
    """Whether a condition is true for a request; raise NotUnderstood rather than guess."""
    actual = facts.get(condition.key)
    if any("${" in value for value in condition.values):
        raise NotUnderstood(f"policy variables are not supported in {condition.key}")
    if condition.operator == "Null":
        return (actual is None) == matches_any(condition.values, "true", ignore_case=True)
    operator = condition.operator.removesuffix("IfExists")
    test = _TESTS.get(operator)
    if test is None:
        raise NotUnderstood(f"the condition operator {condition.operator} is not supported")
    if actual is None:
        return operator in _NEGATED or operator != condition.operator
    if operator in _NEGATED:
        return all(test(actual, value) for value in condition.values)
    return any(test(actual, value) for value in condition.values)


def _moment(text: str) -> datetime:
    try:
        if text.isdecimal():
            return datetime.fromtimestamp(int(text), UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise NotUnderstood(f"{text!r} is not a date") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _like(actual: str, pattern: str) -> bool:
    return matches_any((pattern,), actual)


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda actual, value: actual == value,
    "StringNotEquals": lambda actual, value: actual != value,
    "StringEqualsIgnoreCase": lambda actual, value: actual.lower() == value.lower(),
    "StringNotEqualsIgnoreCase": lambda actual, value: actual.lower() != value.lower(),
    "StringLike": _like,
    "StringNotLike": lambda actual, value: not _like(actual, value),
    "ArnEquals": _like,
    "ArnLike": _like,
    "ArnNotEquals": lambda actual, value: not _like(actual, value),
    "ArnNotLike": lambda actual, value: not _like(actual, value),
    "Bool": lambda actual, value: actual.lower() == value.lower(),
    "DateEquals": lambda actual, value: _moment(actual) == _moment(value),
    "DateNotEquals": lambda actual, value: _moment(actual) != _moment(value),
    "DateLessThan": lambda actual, value: _moment(actual) < _moment(value),
    "DateLessThanEquals": lambda actual, value: _moment(actual) <= _moment(value),
    "DateGreaterThan": lambda actual, value: _moment(actual) > _moment(value),
    "DateGreaterThanEquals": lambda actual, value: _moment(actual) >= _moment(value),
}
_NEGATED = frozenset(operator for operator in _TESTS if "Not" in operator)
