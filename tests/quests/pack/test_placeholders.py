"""Placeholders are filled in once, keep types, and cannot break out of an expression."""

from __future__ import annotations

import pytest

from quests.pack import UnresolvedPlaceholder, placeholders, substitute, substitute_known
from quests.pack.placeholders import UnsafePlaceholder, substitute_expression


def test_nested_values_are_filled_in() -> None:
    value = {"Key": [{"${region}": "${outputs.Id}-x"}, 7, None], "n": "${count}"}
    known = {"region": "eu-central-1", "outputs.Id": "sg-1", "count": 3}
    assert substitute(value, known) == {"Key": [{"eu-central-1": "sg-1-x"}, 7, None], "n": 3}


def test_what_a_value_contains_is_not_filled_in_again() -> None:
    assert substitute("${inputs.a}!", {"inputs.a": "${outputs.B}", "outputs.B": "secret"}) == "${outputs.B}!"


def test_a_missing_value_names_the_placeholder() -> None:
    with pytest.raises(UnresolvedPlaceholder) as caught:
        substitute({"a": ["${outputs.Gone}"]}, {})
    assert caught.value.name == "outputs.Gone"


def test_names_are_found_everywhere() -> None:
    assert placeholders({"${a}": ["${b} ${c}", {"x": "${}"}]}) == {"a", "b", "c", ""}


def test_unknown_names_may_stay() -> None:
    assert substitute_known("${HOME} ${region}", {"region": "here"}) == "${HOME} here"


@pytest.mark.parametrize("value", ["x' || 'a'=='a", "x`", 'x"', "x\\"])
def test_a_quote_cannot_leave_its_expression(value: str) -> None:
    with pytest.raises(UnsafePlaceholder):
        substitute_expression("name == '${outputs.X}'", {"outputs.X": value})
