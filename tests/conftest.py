"""What every layer's tests may use."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pytest_django.fixtures import Settings

from provisioning.aws import sessions
from tests.faults import Faults
from tests.provisioning.federation import Federation, running

SOAK = "soak"
NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long storms out unless they are asked for: `-m soak`."""
    if SOAK in (config.option.markexpr or ""):
        return
    left_out = [item for item in items if item.get_closest_marker(SOAK)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


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


@pytest.fixture
def faults() -> Iterator[Faults]:
    """Make calls to the simulator go wrong during one test: `faults.add(kind="throttle", service="sqs", times=3)`."""
    injected = Faults(os.environ["SIMULATOR_ENDPOINT_URL"], os.environ["GATE_FAULTS_TOKEN"])
    injected.clear()
    yield injected
    injected.clear()
    sessions.forget()  # Some may have been ended early.
