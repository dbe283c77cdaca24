"""`${...}` placeholders: finding them in nested values and filling them in.

The variables of a run are one flat mapping: `inputs.endpoint`, `outputs.CatalogueTable`, `nonce`,
`team.seed`, `account.id`, `region`. A value is filled in once; what it contains is never read as a
placeholder again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

PLACEHOLDER = re.compile(r"\$\{([^{}]*)\}")
_EXPRESSION_BREAKERS = frozenset("'\"`\\")


class UnresolvedPlaceholder(LookupError):
    """A `${name}` has no value; `name` says which."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"${{{name}}} has no value here.")


class UnsafePlaceholder(ValueError):
    """A value would break out of the quotes of the expression that it is put into."""


def placeholders(value: object) -> set[str]:
    """Return the names of all placeholders in a nested value of mappings, lists and scalars."""
    return {name for text in _texts(value) for name in PLACEHOLDER.findall(text)}


def substitute(value: object, variables: Mapping[str, object]) -> object:
    """Return the nested value with every placeholder filled in, or raise UnresolvedPlaceholder.

    A string that is exactly one placeholder becomes the variable itself, with its type; inside a longer
    string the variable is written as text.
    """
    if isinstance(value, str):
        whole = PLACEHOLDER.fullmatch(value)
        return _lookup(whole[1], variables) if whole else substitute_text(value, variables)
    if isinstance(value, Mapping):
        return {substitute_text(str(key), variables): substitute(item, variables) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [substitute(item, variables) for item in value]
    return value


def substitute_text(text: str, variables: Mapping[str, object]) -> str:
    """Return the text with every placeholder written out, or raise UnresolvedPlaceholder."""
    return PLACEHOLDER.sub(lambda match: str(_lookup(match[1], variables)), text)


def substitute_known(text: str, variables: Mapping[str, object]) -> str:
    """Return the text with the known placeholders written out; the others stay as they are."""
    return PLACEHOLDER.sub(lambda match: str(variables.get(match[1], match[0])), text)


def substitute_expression(expression: str, variables: Mapping[str, object]) -> str:
    """Return a JMESPath expression with its placeholders filled in.

    Raises UnresolvedPlaceholder, and UnsafePlaceholder for a value that could end a quoted string: a value
    may be compared with, never become part of the comparison.
    """

    def written(match: re.Match[str]) -> str:
        value = str(_lookup(match[1], variables))
        if _EXPRESSION_BREAKERS & set(value):
            raise UnsafePlaceholder(f"${{{match[1]}}} holds a quote or a backslash and cannot be compared with.")
        return value

    return PLACEHOLDER.sub(written, expression)


def _lookup(name: str, variables: Mapping[str, object]) -> object:
    try:
        return variables[name]
    except KeyError:
        raise UnresolvedPlaceholder(name) from None


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
