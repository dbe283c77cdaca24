"""When tasks are checked: claims, and what a verdict changes."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Case, F, Q, When
from django.utils.translation import gettext as _

from provisioning.enums import OPEN_LEASE_STATES
from quests.domain.environments import HAS_ITS_STACK, require_environment
from quests.domain.holds import is_held
from quests.domain.live import team_changed
from quests.domain.openings import require_unlocked
from quests.domain.playing import require_open
from quests.domain.quotas import take_check
from quests.domain.refusals import CheckTooSoon
from quests.domain.turns import follow_turn, is_settled, take_turn, turns_at
from quests.enums import EventState, Outcome, Trigger
from quests.models import Enrollment, Event, ProbeRun, Quest, TaskProgress
from quests.signals import work_due

# How long a tick's message may take to its worker: a lost one costs no more than this.
DISPATCH = timedelta(seconds=10)
# Longer than a runner's own deadline (see quests/tasks.py), so that a claim never expires under a live worker.
CLAIM = timedelta(seconds=60)


@dataclass(frozen=True)
class Claim:
    """A claimed check: its verdict is written only while the row still has this version."""

    progress_id: int
    version: int


@dataclass(frozen=True)
class CheckResult:
    """One probe's verdict as it will be stored."""

    probe: str
    outcome: Outcome
    summary: str
    asked: str
    expected: str
    seen: str
    advice: str
    milliseconds: int


def stop_checks(*, event: Event) -> None:
    """Check nothing of the event any more; verdicts still under way are dropped."""
    TaskProgress.objects.filter(enrollment__event=event).exclude(due_at=None, claimed_until=None).update(
        due_at=None, claimed_until=None, version=F("version") + 1
    )


def request_check(*, now: datetime, enrollment: Enrollment, quest: Quest, cooldown: bool = True) -> int:
    """Check the quest's open tasks now; return how many.

    Raises EventNotOpen, QuestLocked, EnvironmentNotReady or CheckTooSoon.

    Without `cooldown` a check just made is no reason to wait: the team has handed in something new.
    """
    require_open(now=now, enrollment=enrollment)
    require_unlocked(enrollment=enrollment, quest=quest)
    require_environment(enrollment=enrollment, quest=quest)
    with transaction.atomic():
        rows = list(
            TaskProgress.objects.select_for_update()
            .filter(enrollment=enrollment, task__quest=quest, passed_at=None)
            .exclude(due_at=None)
            .order_by("pk")
        )
        ready_at = max((row.requested_at for row in rows if row.requested_at), default=None)
        if cooldown and ready_at is not None:
            ready_at += timedelta(seconds=quest.cooldown_seconds)
            if now < ready_at:
                seconds = int((ready_at - now).total_seconds()) + 1
                raise CheckTooSoon(_("Just checked: try again in %(seconds)s s.") % {"seconds": seconds})
        if rows:
            try:
                take_check(enrollment=enrollment, quest=quest)
            except CheckTooSoon:
                if cooldown:
                    raise
                return 0  # What was handed in is looked at on schedule.
        TaskProgress.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=now, requested_at=now)
        if rows:
            team_changed(enrollment=enrollment)
            work_due.send(sender=TaskProgress)
    return len(rows)


def claim_due_checks(*, now: datetime, limit: int) -> list[Claim]:
    """Claim checks, for the way to their worker, that are due in open events with a sandbox that is ready.

    What people asked for goes first, then what has waited longest. At most `limit` are on their way at once, so
    that nothing piles up before workers that are behind; a pair that has missed intervals runs once. Two ticks at
    once claim different rows.
    """
    on_the_way = TaskProgress.objects.filter(claimed_until__gt=now, claimed_until__lte=now + DISPATCH).count()
    with transaction.atomic():
        due = (
            TaskProgress.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(
                Q(claimed_until=None) | Q(claimed_until__lt=now),
                due_at__lte=now,
                enrollment__event__state=EventState.OPEN,
                enrollment__event__ends_at__gt=now,
                enrollment__place__lease__state__in=OPEN_LEASE_STATES,
            )
            .filter(HAS_ITS_STACK)
            .order_by(Case(When(requested_at=F("due_at"), then=0), default=1), "due_at")
            .only("pk")[: max(0, limit - on_the_way)]
        )
        ids = [row.pk for row in due]
        if not ids:
            return []
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE quests_taskprogress SET claimed_until = %(until)s, version = version + 1
                WHERE id = ANY(%(ids)s) RETURNING id, version
                """,
                {"until": now + DISPATCH, "ids": ids},
            )
            claims = {row[0]: Claim(progress_id=row[0], version=row[1]) for row in cursor.fetchall()}
    return [claims[pk] for pk in ids]


def take_checks(*, now: datetime, claims: list[Claim]) -> list[Claim]:
    """Take claimed checks for running; those that another message's worker has taken already are left out."""
    if not claims:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE quests_taskprogress AS row SET claimed_until = %(until)s, version = row.version + 1
            FROM unnest(%(ids)s::bigint[], %(versions)s::bigint[]) AS claim (id, version)
            WHERE row.id = claim.id AND row.version = claim.version
            RETURNING row.id, row.version
            """,
            {
                "until": now + CLAIM,
                "ids": [claim.progress_id for claim in claims],
                "versions": [claim.version for claim in claims],
            },
        )
        return [Claim(progress_id=row[0], version=row[1]) for row in cursor.fetchall()]


def still_counts(*, now: datetime, progress: TaskProgress) -> bool:
    """Tell whether a verdict that arrives now is stored at all."""
    event = progress.enrollment.event
    return event.paused_at is None and now < event.ends_at


def was_pressed_since(progress: TaskProgress) -> bool:
    """Tell whether somebody pressed Check now while this run was under way: it may have looked too early."""
    requested, claimed_until = progress.requested_at, progress.claimed_until
    return bool(requested and claimed_until and requested > claimed_until - CLAIM)


def was_asked_for(progress: TaskProgress) -> bool:
    """Tell whether this run answers somebody's Check now."""
    requested = progress.requested_at
    return requested is not None and progress.due_at == requested and not was_pressed_since(progress)


def next_due(*, now: datetime, quest: Quest) -> datetime:
    """Return when a task is looked at again; the jitter keeps teams from falling into step."""
    return now + timedelta(seconds=quest.every_seconds * random.uniform(0.9, 1.1))


def facts_of(*, now: datetime, progress: TaskProgress, results: Iterable[CheckResult]) -> list[ProbeRun]:
    """Return the verdicts of a taken row's run as facts, not stored yet."""
    late = timedelta(0)
    if progress.due_at and progress.claimed_until:
        late = max(late, progress.claimed_until - CLAIM - progress.due_at)
    return [
        ProbeRun(
            enrollment=progress.enrollment,
            task=progress.task,
            at=now,
            trigger=Trigger.CHECK_NOW if was_asked_for(progress) else Trigger.SCHEDULE,
            late_ms=round(late.total_seconds() * 1000),
            **vars(result),
        )
        for result in results
    ]


def decisive_of(runs: Sequence[ProbeRun]) -> ProbeRun:
    """Return the verdict that speaks for the task: the first that does not pass, or the last pass."""
    return next((run for run in runs if run.outcome != Outcome.PASS), runs[-1])


def record_results(*, now: datetime, claim: Claim, results: list[CheckResult]) -> bool:
    """Store the verdicts of one task's checks and what follows from them; False if the claim was lost.

    The first that does not pass speaks for the task; what it makes of it is `quests.domain.turns`. After the event's
    end nothing counts any more, even while its clock has not moved it on yet; nor while it is paused.
    """
    with transaction.atomic():
        progress = (
            TaskProgress.objects.select_for_update(of=("self",))
            .select_related("task__quest", "enrollment__event")
            .filter(pk=claim.progress_id, version=claim.version)
            .first()
        )
        if progress is None or not still_counts(now=now, progress=progress):
            return False
        task, enrollment = progress.task, progress.enrollment
        asked_for, pressed_since = was_asked_for(progress), was_pressed_since(progress)
        runs = ProbeRun.objects.bulk_create(facts_of(now=now, progress=progress, results=results))
        decisive = decisive_of(runs)
        # While many teams' task breaks together, verdicts are kept as facts and nothing follows from them.
        turn = None if is_held(progress) else take_turn(now=now, progress=progress, outcome=Outcome(decisive.outcome))
        said = (progress.last_outcome, progress.last_summary)
        visible = bool(asked_for or turn) or said != (decisive.outcome, decisive.summary)
        progress.last_outcome, progress.last_summary = decisive.outcome, decisive.summary
        progress.last_run = decisive
        if decisive.outcome == Outcome.PASS:
            progress.last_pass_at = now
        progress.claimed_until = None
        progress.version += 1
        if is_settled(progress):
            progress.due_at = None
        elif not pressed_since:
            progress.due_at = next_due(now=now, quest=task.quest)
            turns = turns_at(progress)
            if turns and turns > now:
                progress.due_at = min(progress.due_at, turns)
        progress.save()
        if turn:
            follow_turn(now=now, progress=progress, turn=turn, source=f"probe-run:{decisive.id}")
        if visible:
            team_changed(enrollment=enrollment)
        if pressed_since and progress.due_at:
            work_due.send(sender=TaskProgress)
    return True
