"""The ledger and the standings."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.models import User
from quests.domain.live import event_changed, team_changed
from quests.domain.refusals import UnableToRemedy
from quests.enums import EntryKind, EventState
from quests.models import CheckSuspension, Enrollment, Event, ScoreEntry, Standing, Task, TaskProgress

TASK_KINDS = (EntryKind.TASK, EntryKind.ACCEPTED)


def award(
    *, now: datetime, enrollment: Enrollment, key: str, kind: EntryKind, points: int, sentence: str, source: str
) -> ScoreEntry | None:
    """Write one ledger entry and its effect on the standing; None when the key was awarded before."""
    with transaction.atomic():
        entry, created = ScoreEntry.objects.get_or_create(
            key=key,
            defaults={
                "event_id": enrollment.event_id,
                "enrollment": enrollment,
                "kind": kind,
                "points": points,
                "sentence": sentence,
                "source": source,
                "at": now,
            },
        )
        if not created:
            return None
        effect = StandingLine().with_entry(entry)
        changes: dict[str, object] = {
            "points": F("points") + effect.points,
            "hint_points": F("hint_points") + effect.hint_points,
            "tasks_done": F("tasks_done") + effect.tasks_done,
        }
        if effect.last_gain_at:
            # PostgreSQL's GREATEST passes over null, so the first gain counts too.
            changes["last_gain_at"] = Greatest(F("last_gain_at"), Value(effect.last_gain_at))
        Standing.objects.filter(enrollment=enrollment).update(**changes)
        team_changed(enrollment=enrollment, score=True)
    return entry


def task_key(enrollment: Enrollment, task: Task) -> str:
    """Name the one award that a team can get for a task, the same in every release that the event adopts."""
    slugs = f"{task.quest.slug}/{task.slug}"
    return f"task:{enrollment.id}:{hashlib.sha256(slugs.encode()).hexdigest()[:32]}"


def accept_task(*, now: datetime, enrollment: Enrollment, task: Task, reason: str, actor: User) -> ScoreEntry:
    """Give the team a task by hand, with the reason on the record. Raises UnableToRemedy."""
    with transaction.atomic():
        progress, _created = TaskProgress.objects.select_for_update().get_or_create(enrollment=enrollment, task=task)
        if progress.passed_at:
            raise UnableToRemedy(_("%(team)s already has “%(task)s”.") % {"team": enrollment.name, "task": task.title})
        progress.passed_at = now
        progress.accepted = True
        progress.due_at = None
        # A check that is still running must not overwrite what a person decided.
        progress.version += 1
        progress.save(update_fields=["passed_at", "accepted", "due_at", "version"])
        entry = award(
            now=now,
            enrollment=enrollment,
            key=task_key(enrollment, task),
            kind=EntryKind.ACCEPTED,
            points=task.points,
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
        _tell_every_team(event)
    return suspension


def lift_suspension(*, now: datetime, event: Event, task: Task, actor: User) -> None:
    """Check the task again for every team that has not passed it. Raises UnableToRemedy."""
    with transaction.atomic():
        lifted = CheckSuspension.objects.filter(event=event, task=task, lifted_at=None).update(lifted_at=now)
        if not lifted:
            raise UnableToRemedy(_("The check of “%(task)s” is not suspended.") % {"task": task.title})
        if event.state == EventState.OPEN:
            # Teams that were founded meanwhile have no row for this task yet.
            TaskProgress.objects.bulk_create(
                (TaskProgress(enrollment=enrollment, task=task) for enrollment in event.enrollments.all()),
                ignore_conflicts=True,
            )
            TaskProgress.objects.filter(enrollment__event=event, task=task, passed_at=None).update(due_at=now)
        record(
            now=now,
            actor=actor.id,
            action="check.resume",
            subject=f"{task.quest.slug}/{task.slug}",
            scope=event.id,
        )
        _tell_every_team(event)


def _tell_every_team(event: Event) -> None:
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
    def stored(cls, standing: Standing) -> "StandingLine":
        """Return the line that a standing holds."""
        return cls(standing.points, standing.hint_points, standing.tasks_done, standing.last_gain_at)

    def with_entry(self, entry: ScoreEntry) -> "StandingLine":
        """Return the line after one more entry."""
        gained = entry.points > 0
        return StandingLine(
            points=self.points + entry.points,
            hint_points=self.hint_points - (entry.points if entry.kind == EntryKind.HINT else 0),
            tasks_done=self.tasks_done + (1 if entry.kind in TASK_KINDS else 0),
            last_gain_at=max(filter(None, [self.last_gain_at, entry.at])) if gained else self.last_gain_at,
        )


def add_up(entries: Iterable[ScoreEntry]) -> StandingLine:
    """Return the standing that these ledger entries make."""
    line = StandingLine()
    for entry in entries:
        line = line.with_entry(entry)
    return line


def rebuild_standings(*, event: Event, check_only: bool = False) -> list[str]:
    """Make the event's standings anew from its ledger; return one sentence for each that differed.

    With `check_only` nothing is written.
    """
    differences = []
    with transaction.atomic():
        # An award writes its entry under a lock that this one excludes, so ledger and standing belong together.
        for enrollment in event.enrollments.select_for_update(of=("self",)):
            standing = Standing.objects.select_for_update().filter(enrollment=enrollment).first()
            line = add_up(enrollment.score_entries.order_by("at", "id"))
            if standing and line == StandingLine.stored(standing):
                continue
            had = f"stored {standing.points} points" if standing else "no standing"
            differences.append(f"{enrollment.name}: {had}, the ledger says {line.points}.")
            if not check_only:
                Standing.objects.update_or_create(enrollment=enrollment, defaults={"event": event, **vars(line)})
        if differences and not check_only:
            event_changed(event_id=event.id)
    return differences
