"""Measure how long a written verdict, gain and board line take to appear in an open page.

`.venv/bin/python -m bench.live_updates` starts a stack of its own in a temporary folder, with real web and worker
processes, Redis, PostgreSQL and Chromium, and prints a line per kind of change. The clock starts before the change is
written and stops when the open page has it; nobody reloads.
"""

import argparse
import os
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from labs.local.stack import LocalStack

REPETITIONS = 20
PATIENCE_MS = 10_000
PAUSE_SECONDS = 0.3
TEAM, EMAIL, QUEST, TASK, PROBE = "Hippo Ballerinas", "ada@example.com", "open-nest", "close-ssh", "ssh-closed"

# Notes the moment at which the element's text first contains what is waited for.
_WATCH = """([selector, words]) => {
  window.measured = 0;
  const look = () => {
    if (!window.measured && document.querySelector(selector).textContent.includes(words)) window.measured = Date.now();
  };
  window.watching?.disconnect();
  window.watching = new MutationObserver(look);
  window.watching.observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


def measure(page: Page, selector: str, words: str, write: Callable[[], object], worker: ThreadPoolExecutor) -> float:
    """Return the seconds from before the write until the page shows the words."""
    page.evaluate(_WATCH, [selector, words])
    before = time.time()
    # Django's database is not used in Playwright's thread, which has an event loop.
    worker.submit(write).result()
    expect(page.locator(selector)).to_contain_text(words, timeout=PATIENCE_MS)
    seen: float = page.evaluate("window.measured") / 1000
    return seen - before


def write_verdict(words: str) -> None:
    """Store a verdict as a probe worker does: claimed, taken, recorded."""
    from django.utils import timezone

    from quests.domain.checks import CheckResult, Claim, record_results, take_checks
    from quests.enums import Outcome
    from quests.models import TaskProgress

    rows = TaskProgress.objects.filter(enrollment__name=TEAM, task__slug=TASK)
    rows.update(due_at=None)  # The real workers leave this one task alone.
    row = rows.get()
    (claim,) = take_checks(now=timezone.now(), claims=[Claim(row.pk, row.version)])
    result = CheckResult(PROBE, Outcome.FAIL, words, "asked", "expected", "seen", "", 1)
    assert record_results(now=timezone.now(), claim=claim, results=[result])


def write_point(number: int) -> None:
    """Award one point."""
    from django.utils import timezone

    from quests.domain.scores import award
    from quests.enums import EntryKind
    from quests.models import Enrollment

    award(
        now=timezone.now(),
        enrollment=Enrollment.objects.get(name=TEAM),
        key=f"bench:{number}",
        kind=EntryKind.ACCEPTED,
        points=1,
        sentence="Measured",
        source="bench",
    )


def sign_in(page: Page, base: str) -> None:
    """Sign in as a participant of the demo."""
    from quests.management.commands.demo import PASSWORD

    page.goto(f"{base}/accounts/login/")
    page.fill("input[name=login]", EMAIL)
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in").last.click()
    page.wait_for_url(f"{base}/")


def run(base: str, repetitions: int) -> tuple[dict[str, list[float]], str]:
    """Return the seconds of every repetition by kind of change, and the browser's version."""
    with ThreadPoolExecutor(1) as worker, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context()
        quest, board = context.new_page(), browser.new_context().new_page()
        slug = "first-flight-rehearsal"
        for page, path in ((quest, f"play/{QUEST}/"), (board, "board/")):
            sign_in(page, base)
            page.goto(f"{base}/events/{slug}/{path}")
            expect(page.locator("#live-state[data-state=live]")).to_be_visible(timeout=PATIENCE_MS)
        seconds: dict[str, list[float]] = {
            "verdict in the quest": [],
            "points in the quest": [],
            "points on the board": [],
        }
        for number in range(1, repetitions + 1):
            words = f"Measured for the {number}th time."
            verdict = measure(quest, "#tasks", words, lambda words=words: write_verdict(words), worker)
            seconds["verdict in the quest"].append(verdict)
            for name, page, selector, shown in (
                ("points in the quest", quest, "#points", 2 * number - 1),
                ("points on the board", board, "#board .you .points", 2 * number),
            ):
                took = measure(page, selector, str(shown), lambda shown=shown: write_point(shown), worker)
                seconds[name].append(took)
            time.sleep(PAUSE_SECONDS)
        version = browser.version
        browser.close()
    return seconds, version


def main() -> None:
    """Start a stack, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.live_updates", description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, help=f"per kind of change ({REPETITIONS})")
    options = parser.parse_args()
    if shutil.which("chromium") is None:
        parser.exit(1, "Chromium is not installed: run `make chromium`.\n")
    folder = Path(tempfile.mkdtemp(prefix="labs-bench-"))
    stack = LocalStack(folder / "stack", demo=True)
    try:
        stack.start()
        os.environ.update(stack.env)
        import django

        django.setup()
        load = os.getloadavg()[0]
        seconds, chromium = run(stack.env["PUBLIC_BASE_URL"], options.repetitions)
    finally:
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, Chromium {chromium}, load before {load:.1f}")
    for name, values in seconds.items():
        low, middle, high = min(values), statistics.median(values), max(values)
        print(f"{name:<22} n={len(values)}  min {low:.3f} s  median {middle:.3f} s  max {high:.3f} s")


if __name__ == "__main__":
    main()
