"""Fixtures of the sandboxes' tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from provisioning.signals import person_needed
from tests.provisioning.sandboxes import Machine


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def told() -> Iterator[list[dict[str, Any]]]:
    """Collect what is told to a person, each trouble once, as the operators' notices are."""
    notices: dict[str, dict[str, Any]] = {}

    def hear(*, key: str, **about: Any) -> None:
        notices.setdefault(key, {"key": key, **about})
        heard[:] = notices.values()

    heard: list[dict[str, Any]] = []
    person_needed.connect(hear, weak=False)
    yield heard
    person_needed.disconnect(hear)
