"""Storing the verdicts of many checks at once: nearly all say that a task is not done yet, as the last one did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import DatabaseError, connection, transaction

from quests.domain.checks import (
    CheckResult,
    Claim,
    decisive_of,
    facts_of,
    next_due,
    record_results,
    still_counts,
    was_asked_for,
    was_pressed_since,
)
from quests.domain.live import team_changed
from quests.enums import Outcome
from quests.models import ProbeRun, TaskProgress

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Finished:
    """A taken check that has come to its end, with a verdict for each of its probes up to the decisive one."""

    claim: Claim
    results: list[CheckResult]


def record_finished(*, now: datetime, finished: Sequence[Finished]) -> None:
    """Store these verdicts; what follows from each is what `record_results` says.

    Verdicts that move no point are stored together in a few queries, all others one by one. One that cannot be
    stored is told to the log and stops no other: its claim expires and it runs again.
    """
    stored = _record_together(now=now, finished=finished)
    for each in finished:
        if each.claim in stored:
            continue
        try:
            record_results(now=now, claim=each.claim, results=each.results)
        except DatabaseError as error:
            log.error("check.not_stored", progress=each.claim.progress_id, error=repr(error))


def moves_nothing(*, now: datetime, progress: TaskProgress, results: Sequence[CheckResult]) -> bool:
    """Tell whether a task that did not pass has not passed again: that moves no point and begins or ends no hold.

    A pass never is that: it is an award, the start of a hold, or a tick that pays.
    """
    outcome = next((result.outcome for result in results if result.outcome != Outcome.PASS), Outcome.PASS)
    return (
        Outcome.PASS not in (outcome, progress.last_outcome)
        and progress.passed_at is None
        # Errors may have come between the start of a hold and what breaks it.
        and progress.turning_since is None
        and still_counts(now=now, progress=progress)
        and not was_pressed_since(progress)
    )


@transaction.atomic
def _record_together(*, now: datetime, finished: Sequence[Finished]) -> set[Claim]:
    """Store what moves nothing and return its claims; what somebody else holds locked is left to be done singly."""
    results = {each.claim: each.results for each in finished}
    rows = [
        row
        for row in TaskProgress.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("task__quest", "enrollment__event")
        .filter(pk__in=[claim.progress_id for claim in results])
        if (claim := Claim(row.pk, row.version)) in results
        and moves_nothing(now=now, progress=row, results=results[claim])
    ]
    if not rows:
        return set()
    facts = [facts_of(now=now, progress=row, results=results[Claim(row.pk, row.version)]) for row in rows]
    ProbeRun.objects.bulk_create(run for runs in facts for run in runs)
    decisive = [decisive_of(runs) for runs in facts]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE quests_taskprogress AS row SET claimed_until = NULL, version = row.version + 1,
              last_outcome = new.outcome, last_summary = new.summary, last_run_id = new.run_id, due_at = new.due_at
            FROM unnest(
              %(ids)s::bigint[], %(outcomes)s::text[], %(summaries)s::text[], %(runs)s::bigint[],
              %(dues)s::timestamptz[]
            ) AS new (id, outcome, summary, run_id, due_at)
            WHERE row.id = new.id
            """,
            {
                "ids": [row.pk for row in rows],
                "outcomes": [str(run.outcome) for run in decisive],
                "summaries": [run.summary for run in decisive],
                "runs": [run.pk for run in decisive],
                "dues": [next_due(now=now, quest=row.task.quest) for row in rows],
            },
        )
    told = {
        row.enrollment_id: row.enrollment
        for row, run in zip(rows, decisive, strict=True)
        if was_asked_for(row) or (row.last_outcome, row.last_summary) != (run.outcome, run.summary)
    }
    for enrollment in told.values():
        team_changed(enrollment=enrollment)
    return {Claim(row.pk, row.version) for row in rows}
