"""What an organizer corrects on the record: adjustments, reversals, void tasks."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.models import User
from quests.domain.holds import end_hold
from quests.domain.income import income_since, take_income_back
from quests.domain.refusals import UnableToRemedy
from quests.domain.scores import INCOME, check_afresh, lock_standing, lock_teams, recount, tell_every_team, write_entry
from quests.domain.unlocks import unlock_quests
from quests.enums import EntryKind, VoidMode
from quests.models import Enrollment, Event, Pause, ScoreEntry, Task, TaskProgress, TaskVoid

LARGEST_ADJUSTMENT = 100_000
# These have a way back of their own, or are one.
NOT_REVERSED = (EntryKind.REVERSAL, EntryKind.VOID)


def adjust_score(
    *, now: datetime, enrollment: Enrollment, points: int, reason: str, actor: User, token: UUID
) -> ScoreEntry:
    """Give the team points or take some, with the reason; the same `token` does it once. Raises UnableToRemedy."""
    if not points or abs(points) > LARGEST_ADJUSTMENT:
        raise UnableToRemedy(_("Adjust by 1 to 100,000 points, up or down. Nothing was changed."))
    key = f"adjustment:{token}"
    with transaction.atomic():
        entry = write_entry(
            enrollment,
            key=key,
            kind=EntryKind.ADJUSTMENT,
            points=points,
            sentence=f"Adjusted by an organizer: {reason}"[:300],
            source=f"person:{actor.id}",
            at=now,
        )
        if entry is None:
            return ScoreEntry.objects.get(key=key)
        record(
            now=now,
            actor=actor.id,
            action="score.adjust",
            subject=str(enrollment.id),
            scope=enrollment.event_id,
            reason=reason,
            points=points,
        )
    return entry


def reverse_entry(*, now: datetime, event: Event, entry: ScoreEntry, reason: str, actor: User) -> ScoreEntry:
    """Write the entry's opposite, once. Raises UnableToRemedy."""
    with transaction.atomic():
        team = event.enrollments.get(pk=entry.enrollment_id)
        _lock_tasks([entry])
        lock_standing(team)
        refuse_reversal(entry)
        opposite = _write_opposite(team, entry, now=now, sentence=_reversed(entry, reason), source=f"person:{actor.id}")
        recount(event=event, enrollments=[team])
        record(
            now=now,
            actor=actor.id,
            action="score.reverse",
            subject=str(team.id),
            scope=event.id,
            reason=reason,
            entry=entry.pk,
            points=opposite.points,
        )
    return opposite


def refuse_reversal(entry: ScoreEntry) -> None:
    """Raise UnableToRemedy when this entry cannot be reversed."""
    if entry.kind in NOT_REVERSED:
        raise UnableToRemedy(_("A correction is not reversed: adjust the points, or let the task count again."))
    if ScoreEntry.objects.filter(reverses=entry).exists():
        raise UnableToRemedy(_("“%(entry)s” is reversed already. Nothing was changed.") % {"entry": entry.sentence})
    if entry.task and TaskVoid.objects.filter(_path_of(entry), event=entry.event_id, lifted_at=None).exists():
        raise UnableToRemedy(_("The task of this entry is void: let it count again first."))
    if entry.kind == EntryKind.TAKEN_BACK and _row_of(entry).filter(passed_at__isnull=False).exists():
        raise UnableToRemedy(_("The team has these points again. Nothing was changed."))


def void_task(*, now: datetime, event: Event, task: Task, mode: VoidMode, reason: str, actor: User) -> TaskVoid:
    """Take the task out of everybody's points and the maximum, or give it to everybody; it is not checked any more.

    Raises UnableToRemedy when it is void already.
    """
    with transaction.atomic():
        _lock(event)
        void, created = TaskVoid.objects.get_or_create(
            event=event, task=task, lifted_at=None, defaults={"mode": mode, "reason": reason, "by": actor.id, "at": now}
        )
        if not created:
            raise UnableToRemedy(_("“%(task)s” is void already. Nothing was changed.") % {"task": task.title})
        end_hold(now=now, event=event, task=task, actor=actor)
        _stop_checking(event, task)
        teams = lock_teams(event)
        for team, (points, tasks) in effect_of_void(event=event, task=task, mode=mode, teams=teams).items():
            _write_void(now, void, team, points, tasks)
        recount(event=event, enrollments=teams)
        for team in teams:
            unlock_quests(now=now, enrollment=team)
        _record_void(now, "task.void", void, actor, reason)
    return void


def effect_of_void(
    *, event: Event, task: Task, mode: VoidMode, teams: list[Enrollment]
) -> dict[Enrollment, tuple[int, int]]:
    """Return the points and finished tasks that each team would get or lose; teams without a change are left out."""
    entries = ScoreEntry.objects.filter(event=event, task=task.path)
    if mode == VoidMode.EVERYBODY:
        # What it earned over time stays with whom it was earned by; everybody has the task's own points.
        entries = entries.exclude(INCOME)
    has = {
        row["enrollment_id"]: (row["points__sum"], row["tasks_done__sum"])
        for row in entries.order_by().values("enrollment_id").annotate(Sum("points"), Sum("tasks_done"))
    }
    effect = {}
    for team in teams:
        points, tasks = has.get(team.pk, (0, 0))
        change = (-points, -tasks) if mode == VoidMode.NOBODY else (task.points - points, 1 - tasks)
        if mode == VoidMode.EVERYBODY and tasks:
            change = (0, 0)  # Who has earned it keeps what was earned.
        if change != (0, 0):
            effect[team] = change
    return effect


def lift_void(*, now: datetime, event: Event, task: Task, reason: str, actor: User) -> None:
    """Let a void task count again: what the void took or gave is reversed, and who has not passed is checked.

    Raises UnableToRemedy.
    """
    with transaction.atomic():
        _lock(event)
        void = TaskVoid.objects.select_for_update().filter(event=event, task=task, lifted_at=None).first()
        if void is None:
            raise UnableToRemedy(_("“%(task)s” is not void. Nothing was changed.") % {"task": task.title})
        void.lifted_at = now
        void.save(update_fields=["lifted_at"])
        teams = {team.pk: team for team in lock_teams(event)}
        for entry in entries_of_void(void):
            _write_opposite(
                teams[entry.enrollment_id],
                entry,
                now=now,
                sentence=f"“{task.title}” counts again: {reason}"[:300],
                source=f"person:{actor.id}",
            )
        recount(event=event, enrollments=teams.values())
        check_afresh(now=now, event=event, tasks=[task])
        _record_void(now, "task.count_again", void, actor, reason)


def entries_of_void(void: TaskVoid) -> list[ScoreEntry]:
    """Return what the void took and gave."""
    return list(ScoreEntry.objects.filter(event=void.event, kind=EntryKind.VOID, key__startswith=f"void:{void.pk}:"))


def give_what_everybody_has(*, now: datetime, enrollment: Enrollment) -> None:
    """Give a team that was founded late the void tasks that everybody has."""
    for void in TaskVoid.objects.filter(
        event=enrollment.event_id, lifted_at=None, mode=VoidMode.EVERYBODY
    ).select_related("task"):
        _write_void(now, void, enrollment, void.task.points, 1)


def take_back_since(*, now: datetime, event: Event, pause: Pause, reason: str) -> None:
    """Reverse the losses since the pause began that no person decided, and the income of intervals not over by then.

    What a team spent on hints stays spent.
    """
    _lock_tasks(penalties_since(event=event, at=pause.starts_at))
    teams = {team.pk: team for team in lock_teams(event)}
    for entry in penalties_since(event=event, at=pause.starts_at):
        sentence = _reversed(entry, reason)
        _write_opposite(teams[entry.enrollment_id], entry, now=now, sentence=sentence, source=f"pause:{pause.pk}")
    take_income_back(now=now, event=event, since=pause.starts_at, reason=reason, source=f"pause:{pause.pk}")
    recount(event=event, enrollments=teams.values())


def change_by_pause(*, event: Event, at: datetime) -> dict[Enrollment, int]:
    """Return what a pause as of that moment gives back to each team, less what it takes back of its income."""
    changes: dict[Enrollment, int] = {}
    for entry in [*penalties_since(event=event, at=at), *income_since(event=event, at=at)]:
        changes[entry.enrollment] = changes.get(entry.enrollment, 0) - entry.points
    return changes


def penalties_since(*, event: Event, at: datetime) -> list[ScoreEntry]:
    """Return the losses that no person decided, neither hints nor corrections, and that the team has not made good."""
    chosen = (EntryKind.HINT, EntryKind.ADJUSTMENT, *NOT_REVERSED)
    losses = ScoreEntry.objects.filter(event=event, at__gte=at, points__lt=0, reversal__isnull=True)
    return [
        entry
        for entry in losses.exclude(kind__in=chosen).select_related("enrollment").order_by("at", "pk")
        if entry.kind != EntryKind.TAKEN_BACK or _row_of(entry).filter(passed_at=None).exists()
    ]


def _lock(event: Event) -> None:
    """Let no team be founded meanwhile: it would miss what is given to everybody."""
    Event.objects.select_for_update(no_key=True).get(pk=event.pk)


def _reversed(entry: ScoreEntry, reason: str) -> str:
    return f"Reversed: {entry.sentence[:140]} ({reason})"[:300]


def _write_opposite(team: Enrollment, entry: ScoreEntry, *, now: datetime, sentence: str, source: str) -> ScoreEntry:
    opposite = write_entry(
        team,
        key=f"reversal:{entry.pk}",
        kind=EntryKind.REVERSAL,
        points=-entry.points,
        hint_points=-entry.hint_points,
        tasks_done=-entry.tasks_done,
        task=entry.task,
        reverses=entry,
        sentence=sentence,
        source=source,
        at=now,
    )
    if opposite is None:
        raise UnableToRemedy(_("“%(entry)s” is reversed already. Nothing was changed.") % {"entry": entry.sentence})
    if entry.kind == EntryKind.TAKEN_BACK:
        # The team has the task again, so that another pass does not pay for it a second time.
        _row_of(entry).update(
            passed_at=now, turning_since=None, turning_seen_at=None, turning_runs=0, version=F("version") + 1
        )
    return opposite


def _row_of(entry: ScoreEntry) -> QuerySet[TaskProgress]:
    return TaskProgress.objects.filter(_path_of(entry), enrollment=entry.enrollment_id)


def _path_of(entry: ScoreEntry) -> Q:
    quest, _slash, task = entry.task.partition("/")
    return Q(task__quest__slug=quest, task__slug=task)


def _lock_tasks(entries: Iterable[ScoreEntry]) -> None:
    """Let no verdict turn these entries' tasks until the transaction's end; before any standing, as a verdict does."""
    for entry in sorted(entries, key=lambda entry: (entry.enrollment_id, entry.task)):
        list(_row_of(entry).select_for_update())


def _write_void(now: datetime, void: TaskVoid, team: Enrollment, points: int, tasks: int) -> None:
    says = _("counts for nobody") if void.mode == VoidMode.NOBODY else _("is given to everybody")
    write_entry(
        team,
        key=f"void:{void.pk}:{team.pk}",
        kind=EntryKind.VOID,
        points=points,
        tasks_done=tasks,
        task=void.task.path,
        sentence=f"“{void.task.title}” {says}: {void.reason}"[:300],
        source=f"person:{void.by}",
        at=now,
    )


def _stop_checking(event: Event, task: Task) -> None:
    """Check the task for nobody any more; a running check loses its claim."""
    TaskProgress.objects.bulk_create(
        (TaskProgress(enrollment=enrollment, task=task) for enrollment in event.enrollments.all()),
        ignore_conflicts=True,
    )
    rows = TaskProgress.objects.select_for_update(of=("self",)).filter(enrollment__event=event, task=task)
    keys = [row.pk for row in rows.order_by("pk")]
    TaskProgress.objects.filter(pk__in=keys).update(due_at=None, claimed_until=None, version=F("version") + 1)


def _record_void(now: datetime, action: str, void: TaskVoid, actor: User, reason: str) -> None:
    record(
        now=now,
        actor=actor.id,
        action=action,
        subject=f"{void.task.quest.slug}/{void.task.slug}",
        scope=void.event_id,
        reason=reason,
        mode=void.mode,
    )
    tell_every_team(void.event)
