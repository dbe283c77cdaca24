"""Mass failure: when many teams' task breaks together it is probably us, and scoring of that task holds itself."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.models import User
from quests.domain.refusals import UnableToRemedy
from quests.domain.scores import tell_every_team
from quests.enums import EventState, Outcome, QuestKind
from quests.models import CheckSuspension, Event, Task, TaskHold, TaskProgress, TaskVoid

log = structlog.get_logger(__name__)

SHARE = 0.3
FEWEST_TEAMS = 3
# A task that is checked more rarely than it pays needs this many checks' time to be seen to turn everywhere.
CHECKS_TO_LOOK_BACK = 2.5
SUMMARIES = 3


@dataclass(frozen=True)
class Evidence:
    """What was seen: `turned` of the `running` teams, in their last verdict `fails` and `errors`.

    `since` is the earliest of their last passes; `said` the most frequent summaries, each with its number of teams.
    """

    turned: int
    running: int
    fails: int
    errors: int
    since: str
    said: list[tuple[str, int]]

    @property
    def since_at(self) -> datetime:
        """Return `since` as a moment."""
        return datetime.fromisoformat(self.since)


def evidence_of(hold: TaskHold) -> Evidence:
    """Return the stored evidence."""
    stored = hold.evidence
    return Evidence(**{**stored, "said": [(text, teams) for text, teams in stored["said"]]})


def hold_mass_failures(*, now: datetime) -> int:
    """Hold the scoring of every task that breaks for many teams at once; return how many. Meant for every tick."""
    held = 0
    for event_id, task_id in _suspects(now):
        try:
            held += _hold(now, event_id, task_id)
        except Exception:
            # One task's trouble waits for the next tick; the others are held now.
            log.exception("hold.failed", event=str(event_id), task=task_id)
    return held


def is_held(progress: TaskProgress) -> bool:
    """Tell whether a verdict on this locked row moves nothing at the moment; only what goes on running can be held."""
    if progress.task.quest.kind != QuestKind.CONTINUOUS:
        return False
    return TaskHold.objects.filter(event=progress.enrollment.event_id, task=progress.task_id, ended_at=None).exists()


def live_holds(event: Event) -> list[TaskHold]:
    """Return what is held now, the oldest first."""
    return list(TaskHold.objects.filter(event=event, ended_at=None).select_related("task__quest").order_by("at"))


def resume_scoring(*, now: datetime, event: Event, hold: TaskHold, reason: str, actor: User) -> None:
    """Let the task count again from now on: what its next verdicts say. Raises UnableToRemedy."""
    with transaction.atomic():
        Event.objects.select_for_update(no_key=True).get(pk=event.pk)
        if not end_hold(now=now, event=event, task=hold.task, actor=actor):
            raise UnableToRemedy(_("“%(task)s” is not held any more. Nothing was changed.") % {"task": hold.task.title})
        record(
            now=now,
            actor=actor.id,
            action="scoring.resume",
            subject=hold.task.path,
            scope=event.id,
            reason=reason,
        )
        tell_every_team(event)


def end_hold(*, now: datetime, event: Event, task: Task, actor: User) -> bool:
    """End the hold of a task of a locked event; False where there is none."""
    live = TaskHold.objects.filter(event=event, task=task, ended_at=None)
    return bool(live.update(ended_at=now, ended_by=actor.id))


def at_risk(hold: TaskHold) -> list[UUID]:
    """Return the teams that lose the task by the usual rule if they go on failing once scoring is resumed."""
    rows = TaskProgress.objects.filter(
        enrollment__event=hold.event_id,
        task=hold.task_id,
        passed_at__isnull=False,
        accepted=False,
        last_outcome=Outcome.FAIL,
    )
    return list(rows.values_list("enrollment_id", flat=True))


def _suspects(now: datetime) -> list[tuple[UUID, int]]:
    """Return event and task wherever enough teams have turned; one query for all events."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH pair AS (
              SELECT team.event_id, row.task_id,
                row.last_outcome IN ('fail', 'error') AND row.last_pass_at > GREATEST(
                  %(now)s - make_interval(secs => GREATEST(task.income_minutes * 60, quest.every_seconds * %(checks)s)),
                  (SELECT max(hold.ended_at) FROM quests_taskhold AS hold
                   WHERE hold.event_id = team.event_id AND hold.task_id = row.task_id)
                ) AS turned
              FROM quests_taskprogress AS row
              JOIN quests_enrollment AS team ON team.id = row.enrollment_id
              JOIN quests_event AS event ON event.id = team.event_id
              JOIN quests_task AS task ON task.id = row.task_id
              JOIN quests_quest AS quest ON quest.id = task.quest_id
              WHERE event.state = 'open' AND quest.kind = 'continuous' AND NOT row.accepted
                AND row.last_pass_at IS NOT NULL AND (row.passed_at IS NOT NULL OR row.times_taken_back > 0)
                AND NOT EXISTS (SELECT FROM quests_taskhold AS hold
                  WHERE hold.event_id = team.event_id AND hold.task_id = row.task_id AND hold.ended_at IS NULL)
            )
            SELECT event_id, task_id FROM pair GROUP BY event_id, task_id
            HAVING count(*) FILTER (WHERE turned) >= %(fewest)s
              AND count(*) FILTER (WHERE turned) > count(*) * %(share)s
            """,
            {"now": now, "checks": CHECKS_TO_LOOK_BACK, "fewest": FEWEST_TEAMS, "share": SHARE},
        )
        return [(event, task) for event, task in cursor.fetchall()]


def _hold(now: datetime, event_id: UUID, task_id: int) -> bool:
    """Hold one task, unless what the suspicion saw has changed meanwhile."""
    with transaction.atomic():
        event = (
            Event.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(pk=event_id, state=EventState.OPEN)
            .first()
        )
        stopped = {"event": event_id, "task": task_id, "lifted_at": None}
        if (
            event is None
            or TaskHold.objects.filter(event=event_id, task=task_id, ended_at=None).exists()
            or CheckSuspension.objects.filter(**stopped).exists()
            or TaskVoid.objects.filter(**stopped).exists()
        ):
            return False
        rows = list(
            TaskProgress.objects.select_for_update(of=("self",))
            .filter(enrollment__event=event, task=task_id, accepted=False, last_pass_at__isnull=False)
            .select_related("task__quest")
            .order_by("pk")
        )
        running = [row for row in rows if row.passed_at or row.times_taken_back]
        turned = [row for row in running if _has_turned(row, now, _ended_before(event, task_id))]
        if len(turned) < FEWEST_TEAMS or len(turned) <= len(running) * SHARE:
            return False
        task, found = turned[0].task, _evidence(turned, len(running))
        TaskHold.objects.create(event=event, task=task, at=now, evidence=asdict(found))
        # Whatever was on the way to be taken back is on its way no more.
        TaskProgress.objects.filter(pk__in=[row.pk for row in rows]).update(
            turning_since=None, turning_seen_at=None, turning_runs=0
        )
        record(
            now=now,
            actor=None,
            action="scoring.hold",
            subject=task.path,
            scope=event.pk,
            reason=f"{found.turned} of {found.running} teams failed together",
        )
        tell_every_team(event)
    return True


def _ended_before(event: Event, task_id: int) -> datetime | None:
    holds = TaskHold.objects.filter(event=event, task=task_id).order_by("-ended_at")
    return holds.values_list("ended_at", flat=True).first()


def _has_turned(row: TaskProgress, now: datetime, resumed_at: datetime | None) -> bool:
    seconds = max(row.task.income_minutes * 60, row.task.quest.every_seconds * CHECKS_TO_LOOK_BACK)
    assert row.last_pass_at
    return (
        row.last_outcome in (Outcome.FAIL, Outcome.ERROR)
        and row.last_pass_at > now - timedelta(seconds=seconds)
        and (resumed_at is None or row.last_pass_at > resumed_at)
    )


def _evidence(turned: Iterable[TaskProgress], running: int) -> Evidence:
    rows = list(turned)
    said = Counter(row.last_summary[:200] for row in rows)
    outcomes = Counter(row.last_outcome for row in rows)
    return Evidence(
        turned=len(rows),
        running=running,
        fails=outcomes[Outcome.FAIL],
        errors=outcomes[Outcome.ERROR],
        since=min(row.last_pass_at for row in rows if row.last_pass_at).isoformat(),
        said=said.most_common(SUMMARIES),
    )
