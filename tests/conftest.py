"""What every layer's tests may use."""

from datetime import UTC, datetime

import pytest

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """A moment to count from; the domain never reads the wall clock."""
    return NOW
