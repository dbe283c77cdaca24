"""Fixtures around one gate process for the whole run."""

from collections.abc import Iterator

import pytest

from tests.labs.gate.process import Account, RunningGate, running_gate


@pytest.fixture(scope="session")
def gate() -> Iterator[RunningGate]:
    """One gate process for all tests; each test makes its own accounts in it."""
    with running_gate() as running:
        yield running


@pytest.fixture
def account(gate: RunningGate) -> Account:
    """A fresh member account."""
    return gate.new_account()


@pytest.fixture
def other_account(gate: RunningGate) -> Account:
    """A second fresh member account: another team's."""
    return gate.new_account()
