"""A whole stack with real worker processes, and Chromium."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from labs.local.stack import LocalStack

PATIENCE_SECONDS = 60
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


def letter_code(stack: LocalStack, email: str) -> str:
    """Return the code in the last letter to the address, which the stack writes to a folder."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for path in sorted(stack.folder.subfolder("mail").glob("*.log"), reverse=True):
            text = path.read_text()
            found = re.findall(r"^([A-Z0-9]{4,}(?:-[A-Z0-9]{4,})*)$", text, re.MULTILINE)
            if f"To: {email}" in text and found:
                return str(found[-1])
        time.sleep(0.2)
    raise AssertionError(f"no letter with a code to {email}")


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
