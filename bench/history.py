"""What a long history costs: pages with many probe runs stored, standings made anew, points given.

    .venv/bin/python -m bench.history                                # a million of each
    .venv/bin/python -m bench.history --runs 100000 --entries 100000 --teams 50 --json

A database of its own, no AWS, no workers. The history is written by SQL; pages are asked in this process, the same ones
before and after, and their queries counted.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from bench.machine import describe
from labs.local.children import django_command
from labs.local.environment import platform_environment
from labs.local.stack import CHECKOUT, LocalServices

REPETITIONS = 15
AWARDS = 2000
THREADS = 4

# The oldest first, a minute between two runs of a task, all failing alike.
WRITE_RUNS = """
INSERT INTO quests_proberun (enrollment_id, task_id, probe, at, trigger, outcome, summary, asked, expected, seen,
                             advice, milliseconds, late_ms)
SELECT row.enrollment_id, row.task_id, 'probe', %(now)s - make_interval(mins => n), 'schedule', 'fail',
       'Something besides port 80 is open.', repeat('asked ', 30), repeat('expected ', 10), repeat('seen ', 60),
       '', 40, 100
FROM quests_taskprogress AS row, generate_series(1, %(each)s) AS n
"""
WRITE_ENTRIES = """
INSERT INTO quests_scoreentry (event_id, enrollment_id, key, kind, points, hint_points, tasks_done, task, sentence,
                               source, at)
SELECT event_id, id, 'bench:' || id || ':' || n, 'uptime', 1, 0, 0, 'open-nest/close-ssh', 'It kept running', 'bench',
       %(now)s - make_interval(secs => n)
FROM quests_enrollment, generate_series(1, %(each)s) AS n
"""


@dataclass(frozen=True)
class Cost:
    """What asking for a page took, in milliseconds over REPETITIONS requests, and its queries."""

    page: str
    runs_stored: int
    fastest_ms: float
    median_ms: float
    slowest_ms: float
    queries: int


@dataclass(frozen=True)
class Work:
    """How long a piece of work took."""

    what: str
    amount: int
    seconds: float


class Bench:
    """An open event with teams in it."""

    def __init__(self, teams: int) -> None:
        from accounts.models import User
        from quests.domain.events import EventPlan, schedule_event
        from quests.domain.packs import load_pack

        now = datetime.now(UTC)
        release = load_pack(now=now, folder=CHECKOUT / "packs" / "first-flight")[0]
        self.organizer = User.objects.create_superuser("olive@example.com", None, name="Olive")
        plan = EventPlan(
            name="Bench", release=release, starts_at=now, duration=timedelta(hours=8), time_zone="UTC",
            planned_teams=teams, spares=0, team_size_max=4,
        )  # fmt: skip
        self.event = schedule_event(now=now, plan=plan, organizer=self.organizer)
        self.event.state = "open"
        self.event.save(update_fields=["state"])
        self.players = [self._team(now, number) for number in range(teams)]

    def _team(self, now: datetime, number: int) -> Any:
        from accounts.models import User
        from quests.domain.joining import create_team, join_event

        person = User.objects.create_user(f"p{number}@example.com", None, name=f"P{number}")
        participation = join_event(now=now, code=self.event.join_code, user=person)
        create_team(now=now, participation=participation, name=f"Team {number}")
        return person

    def pages(self) -> list[tuple[str, Any, str]]:
        """Return each page's name, who asks for it, and its address."""
        team = self.event.enrollments.get(participations__user=self.players[0])
        here = f"/events/{self.event.slug}/"
        return [
            ("console", self.players[0], f"{here}play/open-nest/"),
            ("board", self.players[0], f"{here}board/"),
            ("board, JSON", self.players[0], f"/api/v1{here}board"),
            ("teams, for coaches", self.organizer, f"{here}coach/"),
            ("one team, for coaches", self.organizer, f"{here}coach/teams/{team.pk}/"),
            ("control room", self.organizer, f"{here}control/"),
        ]

    def costs(self, stored: int) -> list[Cost]:
        """Ask for every page."""
        return [self._cost(stored, *page) for page in self.pages()]

    def _cost(self, stored: int, name: str, person: Any, address: str) -> Cost:
        from django.db import connection
        from django.test import Client
        from django.test.utils import CaptureQueriesContext

        client = Client()
        client.force_login(person)
        client.get(address)  # The first request reads templates.
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        asked = len(queries)  # The next request forgets them.
        took = []
        for _ in range(REPETITIONS):
            before = time.perf_counter()
            answer = client.get(address)
            took.append((time.perf_counter() - before) * 1000)
            if answer.status_code != 200:
                raise SystemExit(f"{address} answered {answer.status_code}.")
        return Cost(name, stored, min(took), statistics.median(took), max(took), asked)

    def write_runs(self, amount: int) -> int:
        """Write about as many probe runs, the same number for each task of each team; return how many there are."""
        from quests.models import ProbeRun, TaskProgress

        _write(WRITE_RUNS, each=max(1, amount // TaskProgress.objects.count()))
        return ProbeRun.objects.count()

    def write_entries(self, amount: int) -> int:
        """Write about as many entries, the same number for each team; return how many there are."""
        from quests.models import ScoreEntry

        _write(WRITE_ENTRIES, each=max(1, amount // len(self.players)))
        return ScoreEntry.objects.count()

    def rebuild(self, entries: int) -> Work:
        """Make all standings anew."""
        from quests.domain.scores import rebuild_standings

        return _timed("standings made anew, ledger entries", entries, partial(rebuild_standings, event=self.event))

    def award(self, threads: int) -> Work:
        """Give points one by one, to one team after the other."""
        teams = list(self.event.enrollments.all())
        with ThreadPoolExecutor(threads) as pool:
            gains = [partial(_gain, teams[n % len(teams)], f"{threads}:{n}") for n in range(AWARDS)]
            return _timed(
                f"points given, {threads} at once", AWARDS, lambda: list(pool.map(lambda gain: gain(), gains))
            )


def _gain(team: Any, key: str) -> None:
    from quests.domain.scores import award
    from quests.enums import EntryKind

    award(
        now=datetime.now(UTC), enrollment=team, key=f"award:{key}", kind=EntryKind.TASK, points=1, sentence="Well done",
        source="bench",
    )  # fmt: skip


def _write(statement: str, *, each: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, {"now": datetime.now(UTC), "each": each})
        cursor.execute("ANALYZE")


def _timed(what: str, amount: int, work: Callable[[], object]) -> Work:
    before = time.perf_counter()
    work()
    return Work(what, amount, time.perf_counter() - before)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1_000_000, help="probe runs (1000000)")
    parser.add_argument("--entries", type=int, default=1_000_000, help="ledger entries (1000000)")
    parser.add_argument("--teams", type=int, default=100)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON instead")
    options = parser.parse_args()
    if min(options.runs, options.entries, options.teams) <= 0:
        parser.error("more than nothing of everything")
    report = partial(print, file=sys.stderr if options.json else sys.stdout, flush=True)
    report(f"{describe()}, load before {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="labs-bench-") as folder:
        services = LocalServices(Path(folder) / "stack")
        services.start()
        try:
            figures = _measure(services, options, report)
        finally:
            services.stop()
    if options.json:
        print(json.dumps([asdict(figure) for figure in figures], indent=2))


def _measure(services: LocalServices, options: argparse.Namespace, report: Callable[[str], None]) -> list[Cost | Work]:
    environment = platform_environment(services.env)
    services.supervisor.run(django_command(environment, "migrate", "--no-input", checkout=CHECKOUT))
    os.environ.update(services.env, ALLOWED_HOSTS="testserver", LOG_LEVEL="ERROR", AWS_ACCOUNT_LIMIT="100000")
    import django

    django.setup()
    bench = Bench(options.teams)
    figures: list[Cost | Work] = [*bench.costs(0)]
    stored = bench.write_runs(options.runs)
    figures += bench.costs(stored)
    for figure in figures:
        if isinstance(figure, Cost):
            report(
                f"{figure.page:22} {figure.runs_stored:>9,} runs  {figure.fastest_ms:7.1f} {figure.median_ms:7.1f} "
                f"{figure.slowest_ms:7.1f} ms (min, median, max)  {figure.queries} queries"
            )
    works = [bench.award(1), bench.award(THREADS), bench.rebuild(bench.write_entries(options.entries))]
    for work in works:
        report(f"{work.what}: {work.amount:,} in {work.seconds:.2f} s ({work.amount / work.seconds:,.0f}/s)")
    return [*figures, *works]


if __name__ == "__main__":
    main()
