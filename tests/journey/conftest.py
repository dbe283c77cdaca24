"""A whole stack with real worker processes, and Chromium."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from labs.local.stack import LocalStack

CHECKOUT = Path(__file__).resolve().parents[2]
ORGANIZER = ("olive@example.com", "A-long-enough-password-1")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Run the stack that `make up` runs, with an organizer and the first pack."""
    running = LocalStack(tmp_path_factory.mktemp("journey") / "stack")
    running.start()
    try:
        running.manage("packs", "load", str(CHECKOUT / "packs" / "first-flight"))
        ask(
            running,
            "from accounts.models import User\n"
            f"User.objects.create_superuser({ORGANIZER[0]!r}, {ORGANIZER[1]!r}, name='Olive')\nprint('null')",
        )
        yield running
    finally:
        running.stop()


def ask(stack: LocalStack, code: str) -> Any:
    """Run code in the platform's own shell; its last line of output is JSON."""
    return json.loads(stack.manage("shell", "--no-imports", "-c", code)[-1])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Open Chromium, or say that it is missing: the journey is never skipped.

    Playwright keeps an event loop in this thread while it runs, so it must be gone before other tests begin.
    """
    executable = shutil.which("chromium")
    if executable is None:
        pytest.fail("Chromium is not installed: run `make chromium`.")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()
