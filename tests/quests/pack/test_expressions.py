"""Expectations hold only when they are exactly true."""

from __future__ import annotations

import pytest

from quests.pack.expressions import ExpressionError, evaluate, faults, holds


@pytest.mark.parametrize(
    ("expression", "data", "expected"),
    [
        ("a == `1`", {"a": 1}, True),
        ("a", {"a": "something"}, False),
        ("a", {}, False),
        ("length(a) == `0`", {"a": []}, True),
        ("parse_json(a).b == `2`", {"a": '{"b": 2}'}, True),
        ("parse_json(a).b == `2`", {"a": "not json"}, False),
        ("parse_json(a).b == `2`", {}, False),
    ],
)
def test_only_true_holds(expression: str, data: object, expected: bool) -> None:
    assert holds(expression, data) is expected


def test_data_of_another_shape_is_an_error() -> None:
    with pytest.raises(ExpressionError):
        evaluate("length(a)", {"a": None})


def test_faults_are_found_without_data() -> None:
    assert faults("name == '${nonce}'") == []
    assert faults("a[?b ==") != []
    assert faults("sort(keys(@)) && lenght(a)") == ["calls a function that does not exist: lenght"]
