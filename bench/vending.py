"""Vend and tear down N sandboxes with the platform's processes, beside a bare thread pool that makes the same calls.

    .venv/bin/python -m bench.vending                     # 10 and 50 teams, one worker and two
    .venv/bin/python -m bench.vending --teams 200         # the long run
    .venv/bin/python -m bench.vending --repeat 3 --json

Both sides talk to a fresh simulator in each run, with the same number of threads, and both list twice without a pause
between (VERIFY_INTERVAL_SECONDS=0), so that what is compared is the machine around the calls and not its waits.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from bench.machine import describe, peak_mebibytes
from labs.local.child import PLATFORM, Child
from labs.local.children import GATE, PLATFORM_PROCESSES, as_module, django_command
from labs.local.environment import platform_environment
from labs.local.stack import CHECKOUT, LocalServices
from tests.faults import Faults

DEADLINE_SECONDS = 1800.0
LOOK_SECONDS = 0.1
THREADS = 8  # Of one lease worker, see labs/local/children.py.


@dataclass(frozen=True)
class Run:
    """What one side did once; calls are those that reached the gate."""

    side: str
    teams: int
    workers: int
    vend_seconds: float
    teardown_seconds: float
    memory_mib: float
    calls: int
    stacks_made: int
    accounts_made: int

    @property
    def seconds(self) -> float:
        return self.vend_seconds + self.teardown_seconds

    @property
    def calls_per_lease(self) -> float:
        return self.calls / self.teams


class Bench:
    """A stack without pages and probes, whose simulator begins anew before each run."""

    def __init__(self, services: LocalServices, folder: Path, most_teams: int) -> None:
        self.services = services
        self.folder = folder
        self.most_teams = most_teams
        self.blueprint_id = 0

    def prepare(self) -> None:
        """Migrate, and register the blueprint of the first pack."""
        environment = platform_environment(self.services.env)
        self.services.supervisor.run(django_command(environment, "migrate", "--no-input", checkout=CHECKOUT))
        os.environ.update(self.services.env)
        import django

        django.setup()
        from quests.domain.packs import load_pack

        release, _ = load_pack(now=_now(), folder=CHECKOUT / "packs" / "first-flight")
        self.blueprint_id = release.blueprint_id

    def fresh_simulator(self) -> None:
        """Restart the gate, so that no run pays for what an earlier one left in the simulator's memory."""
        from provisioning.domain import simulator

        before = self._health()["generation"]
        self.services.kill(GATE)
        _until(lambda: self._generation() not in (None, before), "the simulator to come back")
        simulator.notice_restart(now=_now())

    def platform(self, teams: int, workers: int) -> Run:
        """Measure the platform's own processes."""
        self.fresh_simulator()
        children = self._children(workers)
        supervisor = self.services.supervisor
        supervisor.start(*children)
        try:
            _until(self._workers_answer(workers), "the workers to come up")
            return self._measure(teams, workers, children)
        finally:
            for child in children:
                supervisor.stop(child.name)

    def _measure(self, teams: int, workers: int, children: list[Child]) -> Run:
        from provisioning.enums import AccountState
        from provisioning.models import Account

        self._vend_and_tear_down(1)  # The simulator loads its services at their first use.
        Account.objects.filter(state=AccountState.AVAILABLE).update(state=AccountState.RETIRED)
        before = self._counts()
        vend_seconds, teardown_seconds = self._vend_and_tear_down(teams)
        counts = self._counts() - before
        return Run(
            side="platform",
            teams=teams,
            workers=workers,
            vend_seconds=vend_seconds,
            teardown_seconds=teardown_seconds,
            memory_mib=sum(peak_mebibytes(self.services.pid(child.name)) for child in children),
            calls=sum(counts.values()),
            stacks_made=counts["CreateStack"],
            accounts_made=counts["CreateAccount"],
        )

    def _vend_and_tear_down(self, teams: int) -> tuple[float, float]:
        from provisioning.domain import leases
        from provisioning.enums import LeaseState
        from provisioning.models import Blueprint, Lease

        scope = uuid.uuid4()
        blueprint = Blueprint.objects.get(pk=self.blueprint_id)
        started = time.perf_counter()
        for _ in range(teams):
            leases.request_lease(
                now=_now(),
                holder=uuid.uuid4(),
                scope=scope,
                blueprint=blueprint,
                access_starts_at=_now(),
                ends_at=_now() + timedelta(hours=2),
            )
        mine = Lease.objects.filter(scope=scope)
        _until(_all_in(mine, teams, LeaseState.ACTIVE), "all sandboxes to open")
        vended = time.perf_counter()
        for lease in mine:
            leases.end_lease(now=_now(), lease=lease, reason="the bench is over")
        _until(_all_in(mine, teams, LeaseState.ENDED), "all sandboxes to be clean")
        ended = time.perf_counter()
        return vended - started, ended - vended

    def bare(self, teams: int, threads: int) -> Run:
        """Measure the bare loop in a process of its own."""
        self.fresh_simulator()
        self._run_bare(1, threads)  # The simulator loads its services at their first use.
        before = self._counts()
        figures = self._run_bare(teams, threads)
        counts = self._counts() - before
        return Run(
            side="bare",
            teams=teams,
            workers=1,
            calls=sum(counts.values()),
            stacks_made=counts["CreateStack"],
            accounts_made=counts["CreateAccount"],
            **figures,
        )

    def _run_bare(self, teams: int, threads: int) -> dict[str, float]:
        command = [sys.executable, "-m", "bench.bare_vending", "--teams", str(teams), "--threads", str(threads)]
        command += ["--blueprint", str(self.blueprint_id)]
        environment = platform_environment(self.services.env)
        done = subprocess.run(
            command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, check=True, timeout=DEADLINE_SECONDS
        )
        figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return figures

    def _children(self, workers: int) -> list[Child]:
        """The default worker and beat as they are, and as many lease workers as asked for."""
        processes = {process.name: process for process in PLATFORM_PROCESSES}
        state = self.folder / "beat"
        state.mkdir(exist_ok=True)
        commands = {name: processes[name].command(state=state) for name in ("worker-default", "beat")}
        lease = processes["worker-lease"].command()
        for number in range(1, workers + 1):
            named = tuple(f"lease{number}@%h" if word == "lease@%h" else word for word in lease)
            commands[f"worker-lease-{number}"] = named
        return [
            Child(
                name=name,
                command=as_module(command),
                environment=platform_environment(self.services.env),
                directory=CHECKOUT,
                stage=PLATFORM,
            )
            for name, command in commands.items()
        ]

    def _workers_answer(self, workers: int) -> Callable[[], bool]:
        from labs.celery import app

        return lambda: len(app.control.ping(timeout=1.0)) == workers + 1

    def _health(self) -> dict[str, Any]:
        address = f"{self.services.env['SIMULATOR_ENDPOINT_URL']}/_gate/health"
        with urllib.request.urlopen(address, timeout=5) as answer:
            report: dict[str, Any] = json.load(answer)
        return report

    def _generation(self) -> str | None:
        try:
            return str(self._health()["generation"])
        except OSError:
            return None

    def _counts(self) -> Counter[str]:
        """Count the calls that reached the gate since it started, by operation."""
        counts: Counter[str] = Counter()
        for row in Faults(self.services.env["SIMULATOR_ENDPOINT_URL"], self.services.env["GATE_FAULTS_TOKEN"]).report()[
            "calls"
        ]:
            counts[row["operation"]] += row["count"]
        return counts


def _all_in(leases: Any, count: int, state: str) -> Callable[[], bool]:
    return lambda: leases.filter(state=state).count() == count


def _until(reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {DEADLINE_SECONDS:g} s for {what}")
        time.sleep(LOOK_SECONDS)


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _bench(most_teams: int) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="labs-bench-") as name:
        extra = {"VERIFY_INTERVAL_SECONDS": "0", "AWS_ACCOUNT_LIMIT": str(most_teams + 1), "LOG_LEVEL": "WARNING"}
        services = LocalServices(Path(name) / "stack", extra_environment=extra, faults=True)
        with services:
            bench = Bench(services, Path(name), most_teams)
            bench.prepare()
            yield bench


def _line(run: Run) -> str:
    return (
        f"{run.side:9} {run.teams:4} teams  {run.workers} worker(s)  vend {run.vend_seconds:7.1f} s  "
        f"tear down {run.teardown_seconds:7.1f} s  {run.calls_per_lease:6.0f} calls/lease  "
        f"{run.memory_mib:6.0f} MiB  {run.stacks_made} stacks, {run.accounts_made} accounts"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teams", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print the runs as JSON instead")
    options = parser.parse_args()
    if min([*options.teams, *options.workers, options.repeat]) < 1:
        parser.error("teams, workers and repeat must be at least 1")
    runs: list[Run] = []
    report = partial(print, file=sys.stderr if options.json else sys.stdout, flush=True)
    report(describe())
    with _bench(max(options.teams)) as bench:
        for teams in options.teams:
            for _ in range(options.repeat):
                for make in (
                    partial(bench.bare, teams, THREADS),
                    *(partial(bench.platform, teams, workers) for workers in options.workers),
                ):
                    runs.append(make())
                    report(_line(runs[-1]))
            _summarize(runs, teams, options.workers, report)
    if options.json:
        print(json.dumps([asdict(run) for run in runs], indent=2))


def _summarize(runs: list[Run], teams: int, workers: list[int], report: Callable[[str], None]) -> None:
    def middle(side: str, count: int) -> float:
        return median(run.seconds for run in runs if (run.side, run.teams, run.workers) == (side, teams, count))

    bare = middle("bare", 1)
    for count in workers:
        report(f"{teams} teams, {count} worker(s): {middle('platform', count) / bare:.2f} x the bare loop")


if __name__ == "__main__":
    main()
