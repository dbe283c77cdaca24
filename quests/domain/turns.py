"""What a verdict makes of a task: it passes, it must hold for a while first, or its points are taken back."""

from datetime import datetime, timedelta

from quests.domain.bonuses import give_speed_bonus
from quests.domain.scores import award, gain_key, points_held, task_key
from quests.domain.timeline import timeline_of
from quests.domain.unlocks import unlock_quests
from quests.enums import EntryKind, Outcome, QuestKind, Turn
from quests.models import TaskProgress

# A task that turns red, or green again, turns only when this many verdicts in a row say so.
RUNS_TO_TURN = 2


def take_turn(*, now: datetime, progress: TaskProgress, outcome: Outcome) -> Turn | None:
    """Note a verdict on the row, not stored yet, and return whether the task turns by it.

    A task with `hold_minutes` turns once the verdicts have said so for that long without one against it. Without,
    the first pass counts at once and every later turn takes RUNS_TO_TURN verdicts. An error is no verdict: it
    breaks nothing, and the time around it does not count. Call before `last_outcome` is overwritten.
    """
    if outcome == Outcome.ERROR:
        _leave_out_the_time(progress, now)
        return None
    if (outcome == Outcome.PASS) == (progress.passed_at is not None):
        _forget(progress)
        return None
    if progress.turning_since is None:
        progress.turning_since, progress.turning_runs = now, 0
    elif progress.last_outcome == Outcome.ERROR:
        _leave_out_the_time(progress, now)
    progress.turning_seen_at = now
    progress.turning_runs += 1
    if not _has_turned(progress, now):
        return None
    _forget(progress)
    if outcome == Outcome.PASS:
        progress.passed_at = now
        return Turn.PASSED
    progress.passed_at = None
    progress.times_taken_back += 1
    return Turn.TAKEN_BACK


def turns_at(progress: TaskProgress) -> datetime | None:
    """Return when a task with `hold_minutes` turns if nothing speaks against it; None while it is not turning.

    What is paused does not count.
    """
    if progress.turning_since is None or not progress.task.hold_minutes:
        return None
    held = timedelta(minutes=progress.task.hold_minutes)
    return timeline_of(progress.enrollment.event).moment(progress.turning_since, held)


def is_settled(progress: TaskProgress) -> bool:
    """Tell whether the task needs no more checks; one of a continuous quest does until a person accepts it."""
    return progress.accepted or bool(progress.passed_at and progress.task.quest.kind != QuestKind.CONTINUOUS)


def follow_turn(*, now: datetime, progress: TaskProgress, turn: Turn, source: str) -> None:
    """Give or take back the task's points, once for each turn, and open what that opens."""
    task, enrollment = progress.task, progress.enrollment
    named = f"“{task.title}” in “{task.quest.title}”"
    if turn == Turn.TAKEN_BACK:
        held = points_held(enrollment=enrollment, task=task)
        if not held:
            return  # An organizer has taken them already.
        award(
            now=now,
            enrollment=enrollment,
            key=f"{task_key(enrollment, task)}:back:{progress.times_taken_back}",
            kind=EntryKind.TAKEN_BACK,
            points=-held,
            sentence=f"{named} does not hold any more",
            source=source,
            task=task,
        )
        return
    award(
        now=now,
        enrollment=enrollment,
        key=gain_key(progress),
        kind=EntryKind.TASK,
        points=task.points,
        sentence=f"{named} holds again" if progress.times_taken_back else named,
        source=source,
        task=task,
    )
    give_speed_bonus(now=now, progress=progress, source=source)
    unlock_quests(now=now, enrollment=enrollment)


def _has_turned(progress: TaskProgress, now: datetime) -> bool:
    turns = turns_at(progress)
    if turns is not None:
        return now >= turns
    first_pass = progress.passed_at is None and not progress.times_taken_back
    return first_pass or progress.turning_runs >= RUNS_TO_TURN


def _leave_out_the_time(progress: TaskProgress, now: datetime) -> None:
    if progress.turning_since and progress.turning_seen_at:
        progress.turning_since += max(timedelta(0), now - progress.turning_seen_at)
        progress.turning_seen_at = now


def _forget(progress: TaskProgress) -> None:
    progress.turning_since = progress.turning_seen_at = None
    progress.turning_runs = 0
