"""Running claimed checks: rows in, verdicts out; nothing is locked while the outside world is asked."""

import asyncio
import atexit
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Set
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from queue import Empty, SimpleQueue
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone
from pydantic import TypeAdapter, ValidationError

from provisioning.domain.inventories import standing
from provisioning.domain.invocations import invoke_as_platform
from provisioning.domain.placeholders import variables as lease_variables
from provisioning.enums import OPEN_LEASE_STATES
from provisioning.models import Lease
from quests.domain.checks import DISPATCH, CheckResult, Claim, take_checks
from quests.domain.ownership import ownership_of
from quests.domain.recording import Finished, record_finished
from quests.domain.reference_services import addresses_by_team
from quests.enums import Outcome
from quests.models import InputValue, PackRelease, TaskProgress
from quests.pack import ProbeSpec
from quests.probes import ProbeContext, Probing, check

log = structlog.get_logger(__name__)
SHARE_FOR_PROBES = 0.8
# Checks under way in one process; those that wait for a slow address cost a place and a connection, nothing else.
IN_FLIGHT = 400
STORED_TOGETHER = 200
# Nobody else would give the connection of the thread that stores back.
IDLE_SECONDS = 5.0
_probe_spec: TypeAdapter[ProbeSpec] = TypeAdapter(ProbeSpec)


# Threads that start together must not each make what is one per process.
_making = threading.Lock()


@lru_cache(maxsize=1)
def _probing(allowed_networks: tuple[str, ...], forbidden_ports: tuple[int, ...], aws_threads: int) -> Probing:
    """Return the process's engines; started at the first batch, so that a forked worker has its own."""
    probing = Probing(allowed_networks, forbidden_ports, aws_threads=aws_threads)
    atexit.register(probing.close)
    return probing


class _Document:
    """What checks need of a release: its probes, read when first needed, and its quests' inputs."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._raw = document["probes"]
        self._read: dict[str, ProbeSpec] = {}
        self.inputs = {quest["slug"]: quest["inputs"] for quest in document["quests"]}

    def probe(self, name: str) -> ProbeSpec:
        if name not in self._read:
            self._read[name] = _probe_spec.validate_python(self._raw[name], by_alias=True)
        return self._read[name]


@lru_cache(maxsize=32)
def _document(release_id: int) -> _Document:
    """Return a release's document; it never changes, and reading it for each check would cost more than the check."""
    return _Document(PackRelease.objects.values_list("document", flat=True).get(pk=release_id))


@dataclass(frozen=True)
class _Given:
    """What a team has handed in for a quest, and where its services run on this machine, as host:port."""

    inputs: Mapping[str, str]
    services: Set[str]


class _Job:
    """One claimed task with everything its probes need, read before the first of them runs."""

    def __init__(self, claim: Claim, progress: TaskProgress, lease: Lease, given: _Given) -> None:
        self.claim = claim
        enrollment, task = progress.enrollment, progress.task
        document = _document(enrollment.event.release_id)
        self.probes = {name: document.probe(name) for name in task.checks}
        asked = document.inputs[task.quest.slug]
        self.labels = {each["name"]: each["label"] for each in asked}
        self.owned = frozenset(each["name"] for each in asked if each.get("owned_by") == "account")
        self.services = given.services
        self.lease = lease
        self.team = enrollment.pk
        self.names = {
            "event_slug": enrollment.event.slug,
            "team": str(enrollment.id),
            "lease": str(lease.pk),
            "task": f"{task.quest.slug}/{task.slug}",
        }
        self.region: str = lease.blueprint.regions[0]
        handed_in = {f"inputs.{name}": value for name, value in given.inputs.items()}
        self.variables: dict[str, object] = {**lease_variables(lease), **handed_in}

    async def run(self, probing: Probing, ends_at: float) -> list[CheckResult]:
        """Run the task's probes one after the other, up to the first that does not pass, until the loop's `ends_at`."""
        results = []
        async with probing.gate(self.team):
            for name, probe in self.probes.items():
                context = ProbeContext(
                    variables=self.variables,
                    region=self.region,
                    invoke=partial(self._invoke, probing),
                    http=probing.http,
                    input_labels=self.labels,
                    # What is left for the last of them may be too little to ask anything: then the verdict is an error.
                    seconds=max(0.0, ends_at - asyncio.get_running_loop().time()),
                    owned_inputs=self.owned,
                    owns=partial(probing.aws.call, partial(ownership_of, registered=self.services), self.lease),
                    standing=partial(probing.aws.call, standing, self.lease),
                )
                verdict = await check(probe, context)
                results.append(CheckResult(probe=name, **vars(verdict)))
                if verdict.outcome != Outcome.PASS:
                    break
        self._tell(results[-1])
        return results

    def _tell(self, result: CheckResult) -> None:
        # A task that fails is the ordinary state of a quest; a pass and our own trouble are news.
        tell = log.debug if result.outcome == Outcome.FAIL else log.info
        tell("check", outcome=str(result.outcome), probe=result.probe, **self.names)

    async def _invoke(
        self, probing: Probing, service: str, operation: str, parameters: dict[str, Any], region: str
    ) -> Mapping[str, Any]:
        return await probing.aws.call(invoke_as_platform, self.lease, service, operation, parameters, region)


class _Writer:
    """Stores verdicts as they arrive, in a thread of its own; `room` bounds the checks under way in this process.

    So no batch waits for its slowest check: a tarpit holds a place among IN_FLIGHT and no worker's thread.
    """

    def __init__(self) -> None:
        self.arrived: SimpleQueue[Finished | None] = SimpleQueue()
        self.room = threading.BoundedSemaphore(IN_FLIGHT)
        threading.Thread(target=self._write, name="verdicts", daemon=True).start()

    def _write(self) -> None:
        while True:
            try:
                batch = _arrived_so_far(self.arrived, timeout=IDLE_SECONDS)
            except Empty:
                connection.close()
                continue
            self.room.release(len(batch))
            try:
                record_finished(now=timezone.now(), finished=[each for each in batch if each])
            except Exception as error:
                # Their claims expire and they run again; the thread must go on whatever one batch does.
                log.exception("check.not_stored", checks=len(batch), error=repr(error))
            finally:
                connection.close_if_unusable_or_obsolete()


@lru_cache(maxsize=1)
def _only_writer() -> _Writer:
    return _Writer()


def _writer() -> _Writer:
    """Return the process's one writer."""
    with _making:
        return _only_writer()


def start_checks(*, claims: list[Claim], seconds: float) -> None:
    """Start the claimed tasks' checks; their verdicts are stored as they arrive, after this has returned.

    Waits while too many are under way in this process; what finds no room before its claim ends is claimed again.
    A check that this process cannot finish is simply not stored: its claim expires and it runs again.
    """
    writer = _writer()
    ends_at = time.monotonic() + DISPATCH.total_seconds()
    roomy = [each for each in claims if writer.room.acquire(timeout=max(0.0, ends_at - time.monotonic()))]
    jobs: list[_Job] = []
    try:
        jobs = _jobs(take_checks(now=timezone.now(), claims=roomy))
    finally:
        for _ in range(len(roomy) - len(jobs)):
            writer.room.release()
    _start(jobs, seconds, writer.arrived)


def run_checks(*, claims: list[Claim], seconds: float) -> None:
    """Run the claimed tasks' checks like `start_checks`, and return when all their verdicts are stored."""
    jobs = _jobs(take_checks(now=timezone.now(), claims=claims))
    arrived: SimpleQueue[Finished | None] = SimpleQueue()
    _start(jobs, seconds, arrived)
    left, ends_at = len(jobs), time.monotonic() + seconds
    while left:
        try:
            batch = _arrived_so_far(arrived, timeout=max(0.0, ends_at - time.monotonic()))
        except Empty:
            log.error("check.not_finished", checks=left)
            return
        left -= len(batch)
        record_finished(now=timezone.now(), finished=[each for each in batch if each])


def _arrived_so_far(arrived: SimpleQueue[Finished | None], *, timeout: float) -> list[Finished | None]:
    """Wait for one and return it with all others that are there; nothing where a check broke. Raises queue.Empty."""
    batch = [arrived.get(timeout=timeout)]
    with suppress(Empty):
        while len(batch) < STORED_TOGETHER:
            batch.append(arrived.get_nowait())
    return batch


def _start(jobs: list[_Job], seconds: float, arrived: SimpleQueue[Finished | None]) -> None:
    if not jobs:
        return
    with _making:
        probing = _probing(
            tuple(settings.PROBE_ALLOWED_NETWORKS), tuple(settings.PROBE_FORBIDDEN_PORTS), settings.PROBE_AWS_THREADS
        )
    for job in jobs:
        # A little of the deadline is kept for storing the verdict.
        probing.start(_run(job, probing, seconds * SHARE_FOR_PROBES, arrived))


async def _run(job: _Job, probing: Probing, seconds: float, arrived: SimpleQueue[Finished | None]) -> None:
    finished = None
    try:
        results = await job.run(probing, asyncio.get_running_loop().time() + seconds)
        finished = Finished(job.claim, results)
    except Exception as error:
        # One broken check must neither hold up nor lose those that run beside it.
        log.exception("check.broke", progress=job.claim.progress_id, error=repr(error))
    finally:
        arrived.put(finished)


def _jobs(claims: list[Claim]) -> list[_Job]:
    """Read everything that the claimed checks need, in a constant number of queries."""
    rows = {
        row.pk: row
        for row in TaskProgress.objects.filter(pk__in=[claim.progress_id for claim in claims]).select_related(
            "task__quest",
            "enrollment__event",
            "enrollment__place__lease__account",
            "enrollment__place__lease__blueprint",
        )
    }
    inputs: dict[tuple[UUID, int], dict[str, str]] = defaultdict(dict)
    for given in InputValue.objects.filter(enrollment__in={row.enrollment_id for row in rows.values()}):
        inputs[given.enrollment_id, given.quest_id][given.name] = given.value
    services = addresses_by_team({row.enrollment_id for row in rows.values()})
    jobs = []
    for claim in claims:
        row = rows.get(claim.progress_id)
        lease = row.enrollment.place.lease if row and row.enrollment.place else None
        # A sandbox that is being made anew has nothing to look at; its claim expires and it is checked later.
        if not row or not lease or lease.state not in OPEN_LEASE_STATES or row.version != claim.version:
            continue
        try:
            team = _Given(inputs[row.enrollment_id, row.task.quest_id], services[row.enrollment_id])
            jobs.append(_Job(claim, row, lease, team))
        except (KeyError, StopIteration, ValidationError) as error:
            # A release that this version of the platform cannot read must not stop the checks of others.
            log.error("check.not_read", progress=claim.progress_id, error=repr(error))
    return jobs
