"""What every layer's tests may use."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pytest_django.fixtures import Settings

from tests.provisioning.federation import Federation, running

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """A moment to count from; the domain never reads the wall clock."""
    return NOW


@pytest.fixture
def federation(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Federation]:
    """Let console links be minted, on a machine whose proxy variables lead nowhere."""
    with running() as server:
        settings.AWS_FEDERATION_ENDPOINT = server.url
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        yield server
