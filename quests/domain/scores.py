"""The ledger and the standings."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Max, Q, QuerySet, Sum, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.models import User
from quests.domain.live import event_changed, scores_changed, team_changed
from quests.domain.openings import locked_quests
from quests.domain.refusals import UnableToRemedy
from quests.domain.unlocks import unlock_quests
from quests.enums import EntryKind, EventState, QuestKind, VoidMode
from quests.models import CheckSuspension, Enrollment, Event, ScoreEntry, Standing, Task, TaskProgress, TaskVoid
from quests.models.score import Line
from quests.signals import work_due

TASK_KINDS = (EntryKind.TASK, EntryKind.ACCEPTED)
# What a person gives or takes says nothing about when a team last earned something.
NO_GAIN = (EntryKind.ADJUSTMENT, EntryKind.VOID, EntryKind.REVERSAL)
# What is still checked: what has not passed, and what must go on passing.
UNSETTLED = Q(passed_at=None) | Q(task__quest__kind=QuestKind.CONTINUOUS, accepted=False)
ADDENDS = ("points", "hint_points", "tasks_done")
# What a task earns over time is no part of the task's own points, nor is what was taken back of it.
INCOME = Q(kind=EntryKind.UPTIME) | Q(reverses__kind=EntryKind.UPTIME)


def award(
    *,
    now: datetime,
    enrollment: Enrollment,
    key: str,
    kind: EntryKind,
    points: int,
    sentence: str,
    source: str,
    task: Task | None = None,
) -> ScoreEntry | None:
    """Write one ledger entry and its effect on the standing; None when the key was awarded before."""
    return write_entry(
        enrollment,
        key=key,
        kind=kind,
        points=points,
        hint_points=-points if kind == EntryKind.HINT else 0,
        tasks_done=_tasks_in(kind),
        task=task.path if task else "",
        sentence=sentence,
        source=source,
        at=now,
    )


def _tasks_in(kind: EntryKind) -> int:
    """Return 1 for a task that is gained, -1 for one that is taken back."""
    if kind in TASK_KINDS:
        return 1
    return -1 if kind == EntryKind.TAKEN_BACK else 0


def write_entry(enrollment: Enrollment, *, key: str, **fields: Any) -> ScoreEntry | None:
    """Write an entry with the fields of `ScoreEntry` and add it to the standing; None when its key is there already."""
    with transaction.atomic():
        lock_standing(enrollment)
        entry, created = ScoreEntry.objects.get_or_create(
            key=key, defaults={"event_id": enrollment.event_id, "enrollment": enrollment, **fields}
        )
        if not created:
            return None
        changes: dict[str, object] = {name: F(name) + getattr(entry, name) for name in ADDENDS}
        if entry.points > 0 and entry.kind not in NO_GAIN:
            # PostgreSQL's GREATEST passes over null, so the first gain counts too.
            changes["last_gain_at"] = Greatest(F("last_gain_at"), Value(entry.at))
        Standing.objects.filter(enrollment=enrollment).update(**changes)
        team_changed(enrollment=enrollment, score=True)
    return entry


def write_entries(*, event: Event, entries: Sequence[ScoreEntry]) -> list[ScoreEntry]:
    """Write many entries of an event, not stored yet, and add them to the standings, in a constant number of queries.

    Return those that were written: one whose key is there already is left out.
    """
    with transaction.atomic():
        teams = {entry.enrollment_id for entry in entries}
        # Whoever writes to a team's ledger holds its standing, so no key can appear after this look.
        list(Standing.objects.select_for_update(of=("self",)).filter(enrollment__in=teams).order_by("enrollment_id"))
        there = set(ScoreEntry.objects.filter(key__in=[entry.key for entry in entries]).values_list("key", flat=True))
        new = ScoreEntry.objects.bulk_create(entry for entry in entries if entry.key not in there)
        if not new:
            return []
        sums: dict[UUID, Counter[str]] = {entry.enrollment_id: Counter() for entry in new}
        gained: dict[UUID, datetime] = {}
        for entry in new:
            for name in ADDENDS:
                sums[entry.enrollment_id][name] += getattr(entry, name)
            if entry.points > 0 and entry.kind not in NO_GAIN:
                gained[entry.enrollment_id] = max(entry.at, gained.get(entry.enrollment_id, entry.at))
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE quests_standing AS row SET points = row.points + new.points,
                  hint_points = row.hint_points + new.hint_points, tasks_done = row.tasks_done + new.tasks_done,
                  last_gain_at = GREATEST(row.last_gain_at, new.gained_at)
                FROM unnest(
                  %(teams)s::uuid[], %(points)s::int[], %(hint_points)s::int[], %(tasks_done)s::int[],
                  %(gained)s::timestamptz[]
                ) AS new (enrollment_id, points, hint_points, tasks_done, gained_at)
                WHERE row.enrollment_id = new.enrollment_id
                """,
                {
                    "teams": list(sums),
                    **{name: [each[name] for each in sums.values()] for name in ADDENDS},
                    "gained": [gained.get(team) for team in sums],
                },
            )
        scores_changed(event=event, enrollments=list(sums))
    return new


def task_key(enrollment: Enrollment, task: Task) -> str:
    """Name the award that a team can get for a task, the same in every release that the event adopts."""
    return f"task:{enrollment.id}:{hashlib.sha256(task.path.encode()).hexdigest()[:32]}"


def gain_key(progress: TaskProgress) -> str:
    """Name the award of a task as it stands: one, and one more each time that it was taken back."""
    key = task_key(progress.enrollment, progress.task)
    return f"{key}:again:{progress.times_taken_back}" if progress.times_taken_back else key


def points_held(*, enrollment: Enrollment, task: Task) -> int:
    """Return what the team's ledger adds up to for the task, without what it earned over time."""
    entries = ScoreEntry.objects.filter(enrollment=enrollment, task=task.path).exclude(INCOME)
    return entries.aggregate(points=Sum("points", default=0))["points"]  # type: ignore[no-any-return]


def accept_task(*, now: datetime, enrollment: Enrollment, task: Task, reason: str, actor: User) -> ScoreEntry:
    """Give the team a task by hand, with the reason on the record. Raises UnableToRemedy."""
    with transaction.atomic():
        progress, _created = TaskProgress.objects.select_for_update().get_or_create(enrollment=enrollment, task=task)
        if progress.passed_at:
            raise UnableToRemedy(_("%(team)s already has “%(task)s”.") % {"team": enrollment.name, "task": task.title})
        if TaskVoid.objects.filter(event=enrollment.event_id, task=task, lifted_at=None).exists():
            raise UnableToRemedy(_("“%(task)s” is void: let it count again first.") % {"task": task.title})
        progress.passed_at = now
        progress.accepted = True
        progress.due_at = None
        # A check that is still running must not overwrite what a person decided.
        progress.version += 1
        progress.save(update_fields=["passed_at", "accepted", "due_at", "version"])
        entry = award(
            now=now,
            enrollment=enrollment,
            key=gain_key(progress),
            kind=EntryKind.ACCEPTED,
            points=task.points,
            task=task,
            sentence=f"“{task.title}” accepted by an organizer: {reason}"[:300],
            source=f"person:{actor.id}",
        )
        if entry is None:
            raise UnableToRemedy(
                _("%(team)s already has the points for “%(task)s”.") % {"team": enrollment.name, "task": task.title}
            )
        record(
            now=now,
            actor=actor.id,
            action="task.accept",
            subject=f"{enrollment.id}/{task.quest.slug}/{task.slug}",
            scope=enrollment.event_id,
            reason=reason,
        )
        unlock_quests(now=now, enrollment=enrollment)
    return entry


def suspend_check(*, now: datetime, event: Event, task: Task, reason: str, actor: User) -> CheckSuspension:
    """Stop checking the task for every team of the event; points already given stay. Raises UnableToRemedy."""
    with transaction.atomic():
        suspension, created = CheckSuspension.objects.get_or_create(
            event=event, task=task, lifted_at=None, defaults={"reason": reason, "by": actor.id, "at": now}
        )
        if not created:
            raise UnableToRemedy(_("The check of “%(task)s” is already suspended.") % {"task": task.title})
        # Running checks lose their claim, so that no verdict arrives after the suspension.
        TaskProgress.objects.filter(enrollment__event=event, task=task).update(due_at=None, version=F("version") + 1)
        record(
            now=now,
            actor=actor.id,
            action="check.suspend",
            subject=f"{task.quest.slug}/{task.slug}",
            scope=event.id,
            reason=reason,
        )
        for enrollment in event.enrollments.select_related("event__release"):
            unlock_quests(now=now, enrollment=enrollment)
        tell_every_team(event)
    return suspension


def lift_suspension(*, now: datetime, event: Event, task: Task, actor: User) -> None:
    """Check the task again for every team that has not passed it. Raises UnableToRemedy."""
    with transaction.atomic():
        lifted = CheckSuspension.objects.filter(event=event, task=task, lifted_at=None).update(lifted_at=now)
        if not lifted:
            raise UnableToRemedy(_("The check of “%(task)s” is not suspended.") % {"task": task.title})
        check_afresh(now=now, event=event, tasks=[task])
        record(
            now=now,
            actor=actor.id,
            action="check.resume",
            subject=f"{task.quest.slug}/{task.slug}",
            scope=event.id,
        )
        tell_every_team(event)


def check_afresh(*, now: datetime, event: Event, tasks: Iterable[Task]) -> int:
    """Check these tasks now for every team that may play them and is not done, and return how many checks that makes.

    Suspended and void tasks are left out, and an event that is not running checks nothing.
    """
    if event.state not in (EventState.OPEN, EventState.PAUSED):
        return 0
    stopped = {
        *CheckSuspension.objects.filter(event=event, lifted_at=None).values_list("task_id", flat=True),
        *TaskVoid.objects.filter(event=event, lifted_at=None).values_list("task_id", flat=True),
    }
    wanted = [task for task in tasks if task.pk not in stopped]
    locked = locked_quests(event=event, enrollments=event.enrollments.all())
    with transaction.atomic():
        due = 0
        for task in wanted:
            playing = [team for team, slugs in locked.items() if task.quest.slug not in slugs]
            rows = TaskProgress.objects.filter(enrollment__in=playing, task=task)
            # Teams that were founded meanwhile have no row for this task yet.
            planned = set(rows.values_list("enrollment_id", flat=True))
            TaskProgress.objects.bulk_create(
                (TaskProgress(enrollment_id=team, task=task) for team in playing if team not in planned),
                ignore_conflicts=True,
            )
            due += rows.filter(UNSETTLED).update(due_at=now)
        if due:
            work_due.send(sender=TaskProgress)
    return due


def tell_every_team(event: Event) -> None:
    """Nudge every page of the event."""
    for enrollment in event.enrollments.all():
        team_changed(enrollment=enrollment)
    event_changed(event_id=event.id)


@dataclass(frozen=True)
class StandingLine:
    """What a team's ledger adds up to."""

    points: int = 0
    hint_points: int = 0
    tasks_done: int = 0
    last_gain_at: datetime | None = None

    @classmethod
    def stored(cls, standing: Line) -> "StandingLine":
        """Return the line that a standing holds."""
        return cls(standing.points, standing.hint_points, standing.tasks_done, standing.last_gain_at)


def add_up(
    *, event: Event, enrollments: Iterable[UUID] | None = None, until: datetime | None = None
) -> dict[UUID, StandingLine]:
    """Return what the ledger adds up to for each team that has entries, up to and with a moment if one is given.

    A gain that was reversed, or whose task is void, is no team's last gain.
    """
    entries = ScoreEntry.objects.filter(event=event)
    stands = Q(reversal__isnull=True)
    if enrollments is not None:
        entries = entries.filter(enrollment__in=enrollments)
    if until is not None:
        entries = entries.filter(at__lte=until)
        stands |= Q(reversal__at__gt=until)
    void = Q(task__in=void_paths(event))
    gain = Q(points__gt=0) & ~Q(kind__in=NO_GAIN) & stands & ~void
    rows = (
        entries.order_by()
        .values("enrollment_id")
        .annotate(Sum("points"), Sum("hint_points"), Sum("tasks_done"), last_gain=Max("at", filter=gain))
    )
    return {
        row["enrollment_id"]: StandingLine(
            row["points__sum"], row["hint_points__sum"], row["tasks_done__sum"], row["last_gain"]
        )
        for row in rows
    }


def void_tasks(event: Event) -> QuerySet[TaskVoid, int]:
    """Return the keys of the tasks that count for nobody in this event."""
    voids = TaskVoid.objects.filter(event=event, lifted_at=None, mode=VoidMode.NOBODY)
    return voids.values_list("task_id", flat=True)


def void_paths(event: Event) -> list[str]:
    """Return the paths of the tasks that count for nobody in this event."""
    tasks = Task.objects.filter(pk__in=void_tasks(event)).select_related("quest")
    return [task.path for task in tasks]


def lock_standing(enrollment: Enrollment) -> None:
    """Let nobody else write to the team's ledger until the transaction's end.

    The standing is what each writer locks first: foreign keys lock the team only when the transaction ends.
    """
    Standing.objects.select_for_update().filter(enrollment=enrollment).first()


def lock_teams(event: Event) -> list[Enrollment]:
    """Let nobody else write to the event's ledger until the transaction's end, and return its teams."""
    list(Standing.objects.select_for_update(of=("self",)).filter(event=event).order_by("enrollment_id"))
    return list(event.enrollments.order_by("pk"))


def recount(*, event: Event, enrollments: Iterable[Enrollment]) -> None:
    """Make the standings of locked teams anew, after a correction has moved more than a sum."""
    teams = list(enrollments)
    lines = add_up(event=event, enrollments=[team.pk for team in teams])
    for team in teams:
        Standing.objects.filter(enrollment=team).update(**vars(lines.get(team.pk, StandingLine())))
        team_changed(enrollment=team, score=True)


def rebuild_standings(*, event: Event, check_only: bool = False) -> list[str]:
    """Make the event's standings anew from its ledger; return one sentence for each that differed.

    With `check_only` nothing is written.
    """
    differences = []
    with transaction.atomic():
        teams = sorted(lock_teams(event), key=lambda team: (team.created_at, team.pk))
        lines = add_up(event=event)
        stored = {standing.enrollment_id: standing for standing in Standing.objects.filter(event=event)}
        for team in teams:
            standing, line = stored.get(team.pk), lines.get(team.pk, StandingLine())
            if standing and line == StandingLine.stored(standing):
                continue
            had = f"stored {standing.points} points" if standing else "no standing"
            differences.append(f"{team.name}: {had}, the ledger says {line.points}.")
            if not check_only:
                Standing.objects.update_or_create(enrollment=team, defaults={"event": event, **vars(line)})
        if differences and not check_only:
            event_changed(event_id=event.id)
    return differences


def faults_of_ledger(*, event: Event) -> list[str]:
    """Return one sentence for each thing that no rebuild mends: void tasks that count, brackets that are not there."""
    void = {task.path: task.title for task in Task.objects.filter(pk__in=void_tasks(event)).select_related("quest")}
    counted = (
        ScoreEntry.objects.filter(event=event, task__in=list(void))
        .order_by("enrollment__name", "task")
        .values("enrollment__name", "task")
        .annotate(Sum("points"))
        .exclude(points__sum=0)
    )
    faults = [
        f"{row['enrollment__name']}: “{void[row['task']]}” is void and still counts {row['points__sum']} points."
        for row in counted
    ]
    strangers = event.enrollments.exclude(bracket="").exclude(bracket__in=event.brackets).order_by("name")
    return faults + [f"{team.name}: the event has no bracket “{team.bracket}”." for team in strangers]
