"""Start PostgreSQL, Redis and the gate before Django reads its settings, unless only the fast layer runs.

With `-n` each of xdist's workers starts its own, on its own ports; the process that hands out the tests starts none.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from labs.local.stack import LocalServices

FAST_LAYER = "not services"
_running: list[tuple[LocalServices, Path]] = []


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Start the services; a wrapper, because pytest-django reads the settings in this same hook."""
    asked = early_config.known_args_namespace
    hands_out = bool(getattr(asked, "numprocesses", None)) and "PYTEST_XDIST_WORKER" not in os.environ
    if FAST_LAYER not in (asked.markexpr or "") and not asked.collectonly and not hands_out:
        folder = Path(tempfile.mkdtemp(prefix="labs-tests-"))
        services = LocalServices(folder / "stack", faults=True)
        services.start()
        _running.append((services, folder))
        os.environ.update(services.env)
        os.environ.update(DJANGO_SETTINGS_MODULE="labs.settings.test", EMAIL_URL="memorymail://", LOG_LEVEL="WARNING")
    return (yield)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    while _running:
        services, folder = _running.pop()
        services.stop()
        shutil.rmtree(folder, ignore_errors=True)
