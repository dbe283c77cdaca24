"""Checks per second beside the bare loops and a Celery task per check; with --storm, how late they come.

    .venv/bin/python -m bench.checks                          # HTTP and AWS checks, each beside its peers
    .venv/bin/python -m bench.checks --checks 500 --kinds http
    .venv/bin/python -m bench.checks --storm --minutes 5      # 500 teams x 10 tasks, each looked at every 60 s
    .venv/bin/python -m bench.checks --storm --teams 100 --minutes 1 --workers 2 --json

Nothing is vended: rows are written to the database, HTTP checks ask a server that this starts, and AWS checks the
simulator's gate in a few accounts. Every check fails alike, as nearly all do in an event.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from bench.machine import cpu_seconds, describe, peak_mebibytes
from labs.local.child import PLATFORM, Child
from labs.local.children import PLATFORM_PROCESSES, as_module, django_command
from labs.local.environment import platform_environment
from labs.local.stack import CHECKOUT, LocalServices

DEADLINE_SECONDS = 600.0
THREADS = 8  # Of one probe worker, see labs/local/children.py.
AT_ONCE = {"http": 64, "aws": 32}
ACCOUNTS = 4


@dataclass(frozen=True)
class Rate:
    """How fast one side was."""

    kind: str
    side: str
    checks: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.checks / self.seconds


@dataclass(frozen=True)
class Storm:
    """How late the checks of a storm were in seconds, and what their workers took; cores are those busy on average."""

    teams: int
    tasks: int
    workers: int
    runs: int
    wanted: int
    late_p50: float
    late_p95: float
    late_p99: float
    cores: float
    memory_mib: float


class Bench:
    """Services without pages, and a server to ask."""

    def __init__(self, services: LocalServices, folder: Path, port: int) -> None:
        self.services, self.folder, self.port = services, folder, port
        self.account_ids: list[str] = []

    def prepare(self) -> None:
        environment = platform_environment(self.services.env)
        self.services.supervisor.run(django_command(environment, "migrate", "--no-input", checkout=CHECKOUT))
        os.environ.update(self.services.env)
        import django

        django.setup()

    def make_accounts(self) -> None:
        """Create a few accounts at the gate; only AWS checks need them."""
        from provisioning.aws import organization, roles
        from provisioning.aws.sessions import bootstrap_session, hub_session

        hub, unit = hub_session(), organization.sandbox_unit()
        for number in range(ACCOUNTS):
            email = f"bench-{number}@sandboxes.example.com"
            made = hub.call("organizations", "create_account", Email=email, AccountName=f"bench-{number}")
            account_id = made["CreateAccountStatus"]["AccountId"]
            organization.move(account_id, source=organization.parent_of(account_id), destination=unit)
            while roles.settle_platform_role(bootstrap_session(account_id), hub_account_id=hub.account_id):
                continue
            self.account_ids.append(account_id)

    def event(self, kind: str, teams: int, tasks: int, every_seconds: int = 600) -> Any:
        from bench.check_field import AWS_PROBE, HTTP_PROBE, plant

        return plant(
            slug=f"{kind}-{uuid.uuid4().hex[:6]}",
            probe=HTTP_PROBE if kind == "http" else AWS_PROBE,
            teams=teams,
            tasks=tasks,
            every_seconds=every_seconds,
            port=self.port,
            account_ids=self.account_ids if kind == "aws" else [],
        )

    def rates(self, kind: str, checks: int) -> Iterator[Rate]:
        """Measure the bare loop, our runner, and a task per check, one after the other."""
        teams = ACCOUNTS if kind == "aws" else max(1, checks // 10)
        event = self.event(kind, teams, checks // teams)
        checks = teams * (checks // teams)
        bare = self._bare_http if kind == "http" else self._bare_aws
        bare(event, checks // 10)  # Models are loaded and connections made at their first use.
        yield Rate(kind, "bare loop", checks, bare(event, checks))
        self._ours(event)  # The release is read and the engines start at their first use.
        yield Rate(kind, "our runner", checks, self._ours(event))
        yield Rate(kind, "task per check", checks, self._task_per_check(event, kind, checks))
        event.state = "closed"
        event.save()

    def _bare_http(self, event: Any, checks: int) -> float:
        from quests.models import InputValue

        urls = list(InputValue.objects.filter(enrollment__event=event).values_list("value", flat=True))

        async def loop() -> float:
            gate = asyncio.Semaphore(AT_ONCE["http"])
            connector = aiohttp.TCPConnector(limit=200, force_close=True)

            async def ask(url: str) -> None:
                async with gate, session.get(f"{url}/health") as answer:
                    json.loads(await answer.read())

            async with aiohttp.ClientSession(connector=connector, trust_env=False) as session:
                started = time.perf_counter()
                await asyncio.gather(*(ask(urls[number % len(urls)]) for number in range(checks)))
                return time.perf_counter() - started

        return asyncio.run(loop())

    def _bare_aws(self, event: Any, checks: int) -> float:
        import botocore.session
        from botocore.config import Config

        from bench.check_field import REGION
        from provisioning.aws.sessions import platform_session

        clients = []
        for account_id in self.account_ids:
            keys = platform_session(account_id).credentials
            clients.append(
                botocore.session.Session().create_client(
                    "sqs",
                    region_name=REGION,
                    endpoint_url=self.services.env["SIMULATOR_ENDPOINT_URL"],
                    aws_access_key_id=keys.access_key_id,
                    aws_secret_access_key=keys.secret_access_key,
                    aws_session_token=keys.token,
                    config=Config(max_pool_connections=AT_ONCE["aws"], proxies={}),
                )
            )
        with ThreadPoolExecutor(AT_ONCE["aws"]) as pool:
            started = time.perf_counter()
            list(pool.map(lambda number: clients[number % len(clients)].list_queues(), range(checks)))
            return time.perf_counter() - started

    def _ours(self, event: Any) -> float:
        """Claim, run and record in one process with a probe worker's threads; no broker between."""
        from django.db import connection

        from quests.domain.checks import claim_due_checks
        from quests.domain.runs import IN_FLIGHT, start_checks
        from quests.models import TaskProgress
        from quests.tasks import BATCH, RUN_SECONDS

        made_due = _now()
        TaskProgress.objects.filter(enrollment__event=event).update(due_at=made_due, claimed_until=None)
        due = TaskProgress.objects.filter(enrollment__event=event, due_at__lte=made_due)

        def work() -> None:
            try:
                while due.exists():
                    claims = claim_due_checks(now=_now(), limit=IN_FLIGHT)
                    for start in range(0, len(claims), BATCH):
                        start_checks(claims=claims[start : start + BATCH], seconds=RUN_SECONDS)
                    time.sleep(0 if claims else 0.02)
            finally:
                connection.close()

        started = time.perf_counter()
        with ThreadPoolExecutor(THREADS) as pool:
            for future in [pool.submit(work) for _ in range(THREADS)]:
                future.result()
        return time.perf_counter() - started

    def _task_per_check(self, event: Any, kind: str, checks: int) -> float:
        from bench.celery_checks import app, check
        from quests.models import ProbeRun, TaskProgress

        command = ("celery", "-A", "bench.celery_checks", "worker", "--queues", "naive", "--hostname", "naive@%h")
        command += ("--pool", "threads", "--concurrency", str(THREADS), "--without-gossip", "--without-mingle")
        child = self._child("naive", command)
        self.services.supervisor.start(child)
        try:
            _until(lambda: len(app.control.ping(timeout=1.0)) == 1, "the worker to come up")
            rows = list(TaskProgress.objects.filter(enrollment__event=event).values_list("pk", flat=True))
            stored = ProbeRun.objects.filter(enrollment__event=event, probe="naive")
            check.delay(rows[0], kind)
            _until(stored.exists, "the first check")
            started = time.perf_counter()
            for row in rows:
                check.delay(row, kind)
            _until(lambda: stored.count() > checks, "all checks")
            return time.perf_counter() - started
        finally:
            self.services.supervisor.stop(child.name)

    def storm(self, teams: int, tasks: int, every_seconds: int, minutes: float, workers: int) -> Storm:
        """Let the platform's own beat, default worker and probe workers run; the first interval is not counted."""
        from django.db import connection

        from provisioning.domain import simulator
        from quests.models import TaskProgress

        simulator.notice_restart(now=_now())  # Else the first tick would take it for one, and vend everything afresh.
        event = self.event("http", teams, tasks, every_seconds)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE quests_taskprogress SET due_at = now() + random() * %s * interval '1 second' "
                "WHERE enrollment_id IN (SELECT id FROM quests_enrollment WHERE event_id = %s)",
                [every_seconds, event.pk],
            )
        children = self._platform(workers)
        self.services.supervisor.start(*children)
        try:
            counted_from = _now() + timedelta(seconds=every_seconds)
            time.sleep(every_seconds)
            pids = [self.services.pid(child.name) for child in children]
            began, used = time.perf_counter(), sum(map(cpu_seconds, pids))
            time.sleep(minutes * 60)
            took = time.perf_counter() - began
            cores = (sum(map(cpu_seconds, pids)) - used) / took
            memory = sum(map(peak_mebibytes, pids))
        finally:
            for child in children:
                self.services.supervisor.stop(child.name)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*), percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY late_ms) "
                "FROM quests_proberun AS run JOIN quests_enrollment AS team ON team.id = run.enrollment_id "
                "WHERE team.event_id = %s AND run.at > %s",
                [event.pk, counted_from],
            )
            runs, late = cursor.fetchone()
        TaskProgress.objects.filter(enrollment__event=event).update(due_at=None)
        p50, p95, p99 = (each / 1000 for each in late or [float("nan")] * 3)
        wanted = round(teams * tasks * minutes * 60 / every_seconds)
        return Storm(teams, tasks, workers, runs, wanted, p50, p95, p99, cores, memory)

    def _platform(self, workers: int) -> list[Child]:
        processes = {process.name: process for process in PLATFORM_PROCESSES}
        state = self.folder / "beat"
        state.mkdir(exist_ok=True)
        commands = {name: processes[name].command(state=state) for name in ("worker-default", "beat")}
        for number in range(1, workers + 1):
            command = processes["worker-probe"].command()
            named = tuple(f"probe{number}@%h" if word == "probe@%h" else word for word in command)
            commands[f"worker-probe-{number}"] = named
        return [self._child(name, command) for name, command in commands.items()]

    def _child(self, name: str, command: tuple[str, ...]) -> Child:
        return Child(
            name=name,
            command=as_module(command),
            environment=platform_environment(self.services.env),
            directory=CHECKOUT,
            stage=PLATFORM,
        )


def _until(reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {DEADLINE_SECONDS:g} s for {what}")
        time.sleep(0.02)


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _bench() -> Iterator[Bench]:
    target = subprocess.Popen([sys.executable, "-m", "bench.check_target"], cwd=CHECKOUT, stdout=subprocess.PIPE)
    try:
        assert target.stdout is not None
        port = int(target.stdout.readline())
        with tempfile.TemporaryDirectory(prefix="labs-bench-") as name:
            services = LocalServices(Path(name) / "stack", extra_environment={"LOG_LEVEL": "WARNING"})
            with services:
                bench = Bench(services, Path(name), port)
                bench.prepare()
                yield bench
    finally:
        target.terminate()
        target.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checks", type=int, default=2000, help="per side and kind (2000)")
    parser.add_argument("--kinds", nargs="+", choices=["http", "aws"], default=["http", "aws"])
    parser.add_argument("--storm", action="store_true", help="measure lateness instead")
    parser.add_argument("--teams", type=int, default=500)
    parser.add_argument("--tasks", type=int, default=10)
    parser.add_argument("--every", type=int, default=60, help="seconds between two checks of a task (60)")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--workers", type=int, default=1, help="probe workers in a storm (1)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON instead")
    options = parser.parse_args()
    if min(options.checks // 40, options.teams, options.tasks, options.every, options.workers, options.minutes) <= 0:
        parser.error("at least 40 checks, and more than nothing of everything else")
    report = partial(print, file=sys.stderr if options.json else sys.stdout, flush=True)
    report(f"{describe()}, load before {os.getloadavg()[0]:.1f}")
    figures: list[Rate | Storm] = []
    with _bench() as bench:
        if options.storm:
            storm = bench.storm(options.teams, options.tasks, options.every, options.minutes, options.workers)
            figures.append(storm)
            report(_told(storm))
        else:
            if "aws" in options.kinds:
                bench.make_accounts()
            for kind in options.kinds:
                rates = []
                for rate in bench.rates(kind, options.checks):
                    rates.append(rate)
                    share = rate.per_second / rates[0].per_second
                    report(f"{kind:5} {rate.side:15} {rate.per_second:8.0f} checks/s  {share:6.1%} of the bare loop")
                figures += rates
    if options.json:
        print(json.dumps([asdict(figure) for figure in figures], indent=2))


def _told(storm: Storm) -> str:
    return (
        f"{storm.teams} teams x {storm.tasks} tasks, {storm.workers} probe worker(s): "
        f"{storm.runs} runs of {storm.wanted} wanted; late p50 {storm.late_p50:.2f} s, p95 {storm.late_p95:.2f} s, "
        f"p99 {storm.late_p99:.2f} s; {storm.cores:.2f} cores, {storm.memory_mib:.0f} MiB"
    )


if __name__ == "__main__":
    main()
