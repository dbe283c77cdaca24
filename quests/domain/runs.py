"""Running claimed checks: rows in, verdicts out; nothing is locked while the outside world is asked."""

import asyncio
import atexit
import time
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache, partial
from queue import Empty, SimpleQueue
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.utils import timezone
from pydantic import TypeAdapter, ValidationError

from provisioning.domain.inventories import standing
from provisioning.domain.invocations import invoke_as_platform
from provisioning.domain.placeholders import variables as lease_variables
from provisioning.enums import OPEN_LEASE_STATES
from provisioning.models import Lease
from quests.domain.checks import CheckResult, Claim, take_checks
from quests.domain.ownership import ownership_of
from quests.domain.recording import Finished, record_finished
from quests.enums import Outcome
from quests.models import InputValue, TaskProgress
from quests.pack import ProbeSpec
from quests.probes import ProbeContext, Probing, check

log = structlog.get_logger(__name__)
SHARE_FOR_PROBES = 0.8
_probe_spec: TypeAdapter[ProbeSpec] = TypeAdapter(ProbeSpec)


@lru_cache(maxsize=1)
def _probing(allowed_networks: tuple[str, ...], forbidden_ports: tuple[int, ...], aws_threads: int) -> Probing:
    """Return the process's engines; started at the first batch, so that a forked worker has its own."""
    probing = Probing(allowed_networks, forbidden_ports, aws_threads=aws_threads)
    atexit.register(probing.close)
    return probing


class _Job:
    """One claimed task with everything its probes need, read before the first of them runs."""

    def __init__(self, claim: Claim, progress: TaskProgress, lease: Lease, inputs: Mapping[str, str]) -> None:
        self.claim = claim
        enrollment, task = progress.enrollment, progress.task
        release = enrollment.event.release.document
        self.probes = {
            name: _probe_spec.validate_python(release["probes"][name], by_alias=True) for name in task.checks
        }
        quest = next(quest for quest in release["quests"] if quest["slug"] == task.quest.slug)
        self.labels = {definition["name"]: definition["label"] for definition in quest["inputs"]}
        self.owned = frozenset(given["name"] for given in quest["inputs"] if given.get("owned_by") == "account")
        self.lease = lease
        self.team = enrollment.pk
        self.names = {
            "event_slug": enrollment.event.slug,
            "team": str(enrollment.id),
            "lease": str(lease.pk),
            "task": f"{task.quest.slug}/{task.slug}",
        }
        self.region: str = lease.blueprint.regions[0]
        handed_in = {f"inputs.{name}": value for name, value in inputs.items()}
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
                    owns=partial(probing.aws.call, ownership_of, self.lease),
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


def run_checks(*, claims: list[Claim], seconds: float) -> None:
    """Run the claimed tasks' checks all at once; verdicts that arrive while others are stored are stored together.

    A check that this process cannot finish is simply not stored: its claim expires and it runs again.
    """
    jobs = _jobs(take_checks(now=timezone.now(), claims=claims))
    if not jobs:
        return
    probing = _probing(
        tuple(settings.PROBE_ALLOWED_NETWORKS), tuple(settings.PROBE_FORBIDDEN_PORTS), settings.PROBE_AWS_THREADS
    )
    arrived: SimpleQueue[Finished | None] = SimpleQueue()
    for job in jobs:
        # A little of the deadline is kept for storing the verdict.
        probing.start(_run(job, probing, seconds * SHARE_FOR_PROBES, arrived))
    left, ends_at = len(jobs), time.monotonic() + seconds
    while left:
        try:
            batch = [arrived.get(timeout=max(0.0, ends_at - time.monotonic()))]
        except Empty:
            log.error("check.not_finished", checks=left)
            return
        batch += [arrived.get() for _ in range(arrived.qsize())]
        left -= len(batch)
        record_finished(now=timezone.now(), finished=[each for each in batch if each])


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
            "enrollment__event__release",
            "enrollment__place__lease__account",
            "enrollment__place__lease__blueprint",
        )
    }
    inputs: dict[tuple[UUID, int], dict[str, str]] = defaultdict(dict)
    for given in InputValue.objects.filter(enrollment__in={row.enrollment_id for row in rows.values()}):
        inputs[given.enrollment_id, given.quest_id][given.name] = given.value
    jobs = []
    for claim in claims:
        row = rows.get(claim.progress_id)
        lease = row.enrollment.place.lease if row and row.enrollment.place else None
        # A sandbox that is being made anew has nothing to look at; its claim expires and it is checked later.
        if not row or not lease or lease.state not in OPEN_LEASE_STATES or row.version != claim.version:
            continue
        try:
            jobs.append(_Job(claim, row, lease, inputs[row.enrollment_id, row.task.quest_id]))
        except (KeyError, StopIteration, ValidationError) as error:
            # A release that this version of the platform cannot read must not stop the checks of others.
            log.error("check.not_read", progress=claim.progress_id, error=repr(error))
    return jobs
