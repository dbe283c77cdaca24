"""JMESPath as packs use it: the standard functions, and `parse_json` for answers that hold JSON as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import jmespath
from jmespath import functions
from jmespath.exceptions import JMESPathError

from quests.pack.placeholders import PLACEHOLDER


class ExpressionError(ValueError):
    """A JMESPath expression cannot be compiled, or cannot be applied to the data at hand."""


class _Functions(functions.Functions):
    @functions.signature({"types": ["string", "null"]})
    def _func_parse_json(self, text: str | None) -> Any:
        """Read JSON text; nothing, and text that is no JSON, give null."""
        try:
            return None if text is None else json.loads(text)
        except (ValueError, RecursionError):
            return None


_OPTIONS = jmespath.Options(custom_functions=_Functions())


def evaluate(expression: str, data: object) -> Any:
    """Return what the expression finds in the data (null: nothing), or raise ExpressionError."""
    try:
        return jmespath.search(expression, data, options=_OPTIONS)
    except (JMESPathError, RecursionError) as error:
        raise ExpressionError(_first_line(error)) from error


def holds(expression: str, data: object) -> bool:
    """Return whether the expression yields exactly true: a value that merely exists does not count."""
    return evaluate(expression, data) is True


def faults(expression: str) -> list[str]:
    """Return what is wrong with an expression, without data: its grammar and its function names."""
    try:
        tree = jmespath.compile(PLACEHOLDER.sub("x", expression)).parsed
    except (JMESPathError, RecursionError) as error:
        return [f"is not a JMESPath expression: {_first_line(error)}"]
    known = _Functions.FUNCTION_TABLE
    return [f"calls a function that does not exist: {name}" for name in _function_names(tree) if name not in known]


def _function_names(tree: Mapping[str, Any]) -> Iterator[str]:
    if tree["type"] == "function_expression":
        yield tree["value"]
    for child in tree.get("children", ()):
        if isinstance(child, Mapping):
            yield from _function_names(child)


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
