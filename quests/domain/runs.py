"""Running claimed checks: rows in, verdicts out; nothing is locked while the outside world is asked."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone
from pydantic import TypeAdapter, ValidationError

from provisioning.domain.invocations import invoke_as_platform
from provisioning.domain.placeholders import variables as lease_variables
from provisioning.enums import OPEN_LEASE_STATES
from provisioning.models import Lease
from quests.domain.checks import CheckResult, Claim, record_results, take_checks
from quests.enums import Outcome
from quests.models import InputValue, TaskProgress
from quests.pack import ProbeSpec
from quests.probes import AwsEngine, HttpEngine, ProbeContext, check

log = structlog.get_logger(__name__)
_probe_spec: TypeAdapter[ProbeSpec] = TypeAdapter(ProbeSpec)


@lru_cache(maxsize=1)
def _aws() -> AwsEngine:
    return AwsEngine(settings.PROBE_AWS_THREADS)


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
        self.lease = lease
        self.names = {
            "event_slug": enrollment.event.slug,
            "team": str(enrollment.id),
            "lease": str(lease.pk),
            "task": f"{task.quest.slug}/{task.slug}",
        }
        self.region: str = lease.blueprint.regions[0]
        handed_in = {f"inputs.{name}": value for name, value in inputs.items()}
        self.variables: dict[str, object] = {**lease_variables(lease), **handed_in}

    async def run(self, engine: HttpEngine, seconds: float) -> list[CheckResult]:
        """Run the task's probes one after the other, up to the first that does not pass."""
        results = []
        for name, probe in self.probes.items():
            context = ProbeContext(
                variables=self.variables,
                region=self.region,
                invoke=self._invoke,
                http=engine,
                input_labels=self.labels,
                seconds=seconds,
            )
            verdict = await check(probe, context)
            results.append(CheckResult(probe=name, **vars(verdict)))
            if verdict.outcome != Outcome.PASS:
                break
        return results

    async def _invoke(self, service: str, operation: str, parameters: dict[str, Any], region: str) -> Mapping[str, Any]:
        return await _aws().call(invoke_as_platform, self.lease, service, operation, parameters, region)


def run_checks(*, claims: list[Claim], seconds: float) -> None:
    """Run the claimed tasks' checks all at once and store each verdict as it arrives.

    A check that this process cannot finish is simply not stored: its claim expires and it runs again.
    """
    jobs = _jobs(take_checks(now=timezone.now(), claims=claims))
    if jobs:
        asyncio.run(_run(jobs, seconds))


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


async def _run(jobs: list[_Job], seconds: float) -> None:
    async with HttpEngine(settings.PROBE_ALLOWED_NETWORKS, settings.PROBE_FORBIDDEN_PORTS) as engine:
        outcomes = await asyncio.gather(*(_run_one(job, engine, seconds) for job in jobs), return_exceptions=True)
    for job, outcome in zip(jobs, outcomes, strict=True):
        if isinstance(outcome, BaseException):
            log.error("check.not_stored", progress=job.claim.progress_id, error=repr(outcome))


async def _run_one(job: _Job, engine: HttpEngine, seconds: float) -> None:
    # A little of the deadline is kept for storing the verdict.
    results = await job.run(engine, seconds * 0.8)
    if results:
        outcome = results[-1].outcome
        # A task that fails is the ordinary state of a quest; a pass and our own trouble are news.
        tell = log.debug if outcome == Outcome.FAIL else log.info
        tell("check", outcome=str(outcome), probe=results[-1].probe, **job.names)
        store = partial(record_results, claim=job.claim, results=results)
        await asyncio.to_thread(_store_now, store)


def _store_now(store: partial[bool]) -> None:
    try:
        store(now=timezone.now())
    finally:
        # This thread ends with the batch, and nobody else would give its connection back.
        connection.close()
