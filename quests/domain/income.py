"""Income: what continuous tasks earn for every full interval of played time in which they pass."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import Max, QuerySet

from quests.domain.scores import write_entries
from quests.domain.timeline import timeline_of
from quests.enums import EntryKind, EventState, Outcome
from quests.models import (
    CheckSuspension,
    Event,
    IncomeInterval,
    ScoreEntry,
    Task,
    TaskHold,
    TaskProgress,
    TaskVoid,
    Uptime,
)

log = structlog.get_logger(__name__)

# Verdicts that are being stored at an interval's end belong to it.
GRACE = timedelta(seconds=5)
# After an outage; what is left waits for the next tick.
MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Span:
    """One interval of one task that is over and not judged yet."""

    task: Task
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class _Verdict:
    """The last verdict in a span for a team."""

    outcome: str
    run: int


def pay_due_income(*, now: datetime) -> None:
    """Pay every interval of running events that has been over for GRACE; whoever else does it now does it alone.

    One transaction per event, so that one event's trouble never holds up another's.
    """
    running = Event.objects.filter(state=EventState.OPEN, release__quests__tasks__income_minutes__gt=0)
    for event in running.select_related("release").distinct():
        if not due_intervals(now=now - GRACE, event=event):
            continue
        try:
            with transaction.atomic():
                locked = Event.objects.select_for_update(skip_locked=True, no_key=True).filter(
                    pk=event.pk, state=EventState.OPEN
                )
                for each in locked:
                    pay_income(now=now, event=each, until=now - GRACE)
        except Exception:
            log.exception("income.not_paid", event_slug=event.slug)


def pay_income(*, now: datetime, event: Event, until: datetime) -> None:
    """Judge and pay the intervals of a locked event that are over at `until`, in a constant number of queries."""
    spans = due_intervals(now=until, event=event)
    if spans:
        _settle(now, event, spans)


def due_intervals(*, now: datetime, event: Event) -> list[Span]:
    """Return the intervals that are over and not judged, in their order; they count from the event's start for all.

    Paused time does not exist. Where a release with another interval was adopted, the new grid counts from there on.
    """
    tasks = Task.objects.filter(quest__release=event.release_id, income_minutes__gt=0).select_related("quest")
    judged = IncomeInterval.objects.filter(event=event, taken_back_at=None).order_by()
    until_now = dict(judged.values_list("task").annotate(Max("ends_at")))
    played, over = timeline_of(event), min(now, event.ends_at)
    spans = []
    for task in tasks:
        every = timedelta(minutes=task.income_minutes)
        starts_at = until_now.get(task.path, event.starts_at)
        number = played.elapsed(event.starts_at, starts_at) // every + 1
        while (ends_at := played.moment(event.starts_at, number * every)) <= over:
            spans.append(Span(task, starts_at, ends_at))
            starts_at, number = ends_at, number + 1
    return sorted(spans, key=lambda span: span.ends_at)[:MOST_AT_ONCE]


def income_key(*, enrollment: UUID, path: str, ends_at: datetime) -> str:
    """Name what a team can earn with a task in one interval, the same in every release that the event adopts."""
    task = hashlib.sha256(path.encode()).hexdigest()[:32]
    return f"uptime:{enrollment}:{task}:{int(ends_at.timestamp())}"


def income_since(*, event: Event, at: datetime) -> list[ScoreEntry]:
    """Return what was earned in intervals that were not over at that moment, and has not been reversed."""
    keys = [
        income_key(enrollment=UUID(team), path=interval.task, ends_at=interval.ends_at)
        for interval in _intervals_since(event, at)
        for team in interval.passed
    ]
    entries = ScoreEntry.objects.filter(key__in=keys, reversal__isnull=True)
    return list(entries.select_related("enrollment").order_by("at", "pk"))


def take_income_back(*, now: datetime, event: Event, since: datetime, reason: str, source: str) -> None:
    """Reverse what `income_since` names: these intervals were not played. The event and its standings are locked."""
    entries = income_since(event=event, at=since)
    write_entries(
        event=event,
        entries=[
            ScoreEntry(
                event=event,
                enrollment_id=entry.enrollment_id,
                key=f"reversal:{entry.pk}",
                kind=EntryKind.REVERSAL,
                points=-entry.points,
                task=entry.task,
                reverses=entry,
                sentence=f"Reversed: {entry.sentence[:140]} ({reason})"[:300],
                source=source,
                at=now,
            )
            for entry in entries
        ],
    )
    _intervals_since(event, since).update(taken_back_at=now)
    rebuild_uptime(event=event)


def rebuild_uptime(*, event: Event, check_only: bool = False) -> list[str]:
    """Make the teams' uptimes anew from the judged intervals; return one sentence for each that differed.

    With `check_only` nothing is written.
    """
    with transaction.atomic():
        Event.objects.select_for_update(no_key=True).get(pk=event.pk)
        counted = _count(IncomeInterval.objects.filter(event=event, taken_back_at=None))
        stored = {
            (str(row.enrollment_id), row.task): (row.passed, row.judged)
            for row in Uptime.objects.filter(enrollment__event=event)
        }
        names = {str(team.pk): team.name for team in event.enrollments.all()}
        differences = [
            f"{names[team]}: stored uptime of {task} differs from the judged intervals."
            for team, task in sorted(counted.keys() | stored.keys())
            if counted.get((team, task)) != stored.get((team, task))
        ]
        if differences and not check_only:
            Uptime.objects.filter(enrollment__event=event).delete()
            _add_uptime(counted)
    return differences


def _settle(now: datetime, event: Event, spans: Sequence[Span]) -> None:
    stopped = _stopped(event)
    holds = list(TaskHold.objects.filter(event=event).values_list("task_id", "at", "ended_at"))
    counting = [
        span
        for span in spans
        if span.task.pk not in stopped
        and not any(
            task == span.task.pk and at <= span.ends_at and (ended_at is None or ended_at > span.starts_at)
            for task, at, ended_at in holds
        )
    ]
    verdicts = _last_verdicts(event, counting)
    passing = {
        (task, team): passed_at
        for task, team, passed_at in TaskProgress.objects.filter(
            enrollment__event=event,
            task__in={span.task.pk for span in counting},
            passed_at__isnull=False,
            accepted=False,
        ).values_list("task_id", "enrollment_id", "passed_at")
    }
    intervals, entries = [], []
    for span in spans:
        passed, failed = [], []
        for team, verdict in sorted(verdicts.get((span.task.pk, span.ends_at), {}).items()):
            if verdict.outcome == Outcome.ERROR:
                continue
            since = passing.get((span.task.pk, team))
            if verdict.outcome == Outcome.PASS and since is not None and since <= span.ends_at:
                passed.append(str(team))
                entries.append(_entry(now, event, span, team, verdict))
            else:
                failed.append(str(team))
        intervals.append(
            IncomeInterval(event=event, task=span.task.path, ends_at=span.ends_at, passed=passed, failed=failed)
        )
    IncomeInterval.objects.bulk_create(intervals)
    _add_uptime(_count(intervals))
    write_entries(event=event, entries=entries)


def _entry(now: datetime, event: Event, span: Span, team: UUID, verdict: _Verdict) -> ScoreEntry:
    return ScoreEntry(
        event=event,
        enrollment_id=team,
        key=income_key(enrollment=team, path=span.task.path, ends_at=span.ends_at),
        kind=EntryKind.UPTIME,
        points=span.task.income_points,
        task=span.task.path,
        sentence=f"“{span.task.title}” in “{span.task.quest.title}” kept running",
        source=f"probe-run:{verdict.run}",
        at=now,
    )


def _stopped(event: Event) -> set[int]:
    """Return the tasks that are suspended or void."""
    return {
        *CheckSuspension.objects.filter(event=event, lifted_at=None).values_list("task_id", flat=True),
        *TaskVoid.objects.filter(event=event, lifted_at=None).values_list("task_id", flat=True),
    }


def _last_verdicts(event: Event, spans: Sequence[Span]) -> dict[tuple[int, datetime], dict[UUID, _Verdict]]:
    """Return, for each span, every team's last verdict in it; what was said during a pause was not said.

    Of the runs of one check the last one stored is what speaks for the task.
    """
    found: dict[tuple[int, datetime], dict[UUID, _Verdict]] = defaultdict(dict)
    if not spans:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT ON (span.task_id, span.ends_at, run.enrollment_id)
              span.task_id, span.ends_at, run.enrollment_id, run.outcome, run.id
            FROM unnest(%(tasks)s::bigint[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
              AS span (task_id, starts_at, ends_at)
            JOIN quests_proberun AS run
              ON run.task_id = span.task_id AND run.at > span.starts_at AND run.at <= span.ends_at
            JOIN quests_enrollment AS team ON team.id = run.enrollment_id AND team.event_id = %(event)s
            WHERE NOT EXISTS (
              SELECT FROM quests_pause AS pause WHERE pause.event_id = %(event)s
                AND run.at > pause.starts_at AND (pause.ends_at IS NULL OR run.at <= pause.ends_at)
            )
            ORDER BY span.task_id, span.ends_at, run.enrollment_id, run.at DESC, run.id DESC
            """,
            {
                "event": event.pk,
                "tasks": [span.task.pk for span in spans],
                "starts": [span.starts_at for span in spans],
                "ends": [span.ends_at for span in spans],
            },
        )
        for task, ends_at, team, outcome, run in cursor.fetchall():
            found[task, ends_at][team] = _Verdict(outcome, run)
    return found


def _intervals_since(event: Event, at: datetime) -> QuerySet[IncomeInterval]:
    return IncomeInterval.objects.filter(event=event, taken_back_at=None, ends_at__gt=at)


def _count(intervals: Iterable[IncomeInterval]) -> dict[tuple[str, str], tuple[int, int]]:
    """Return passed and judged intervals by team and task."""
    passed: Counter[tuple[str, str]] = Counter()
    judged: Counter[tuple[str, str]] = Counter()
    for interval in intervals:
        passed.update((team, interval.task) for team in interval.passed)
        judged.update((team, interval.task) for team in (*interval.passed, *interval.failed))
    return {pair: (passed[pair], number) for pair, number in judged.items()}


def _add_uptime(counted: dict[tuple[str, str], tuple[int, int]]) -> None:
    if not counted:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO quests_uptime AS row (enrollment_id, task, passed, judged)
            SELECT * FROM unnest(%(teams)s::uuid[], %(tasks)s::text[], %(passed)s::int[], %(judged)s::int[])
            ON CONFLICT (enrollment_id, task)
            DO UPDATE SET passed = row.passed + excluded.passed, judged = row.judged + excluded.judged
            """,
            {
                "teams": [team for team, _task in counted],
                "tasks": [task for _team, task in counted],
                "passed": [passed for passed, _judged in counted.values()],
                "judged": [judged for _passed, judged in counted.values()],
            },
        )
