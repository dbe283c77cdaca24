"""Fixtures of the sandboxes' tests."""

import pytest

from tests.provisioning.sandboxes import Machine


@pytest.fixture
def machine() -> Machine:
    return Machine()
