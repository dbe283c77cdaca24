"""What the mission console shows a team."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from provisioning.domain.placeholders import variables as lease_variables
from quests.domain.playing import offered_at
from quests.domain.queries.board import board, is_frozen_for, maximum_of
from quests.domain.scores import void_tasks
from quests.domain.timeline import timeline_of
from quests.enums import Outcome
from quests.models import (
    CheckSuspension,
    Enrollment,
    HintReveal,
    ProbeRun,
    Quest,
    QuestStart,
    ScoreEntry,
    Standing,
    Task,
    TaskProgress,
    TaskVoid,
)
from quests.pack import render_markdown

FEED_LENGTH = 12


@dataclass(frozen=True)
class QuestCard:
    """A quest in the list."""

    slug: str
    title: str
    difficulty: int
    expected_minutes: int
    points: int
    earned: int
    state: str
    minutes_spent: int | None


@dataclass(frozen=True)
class VerdictView:
    """A verdict as the team may see it: of a secret check only the outcome and the advice."""

    outcome: str
    summary: str
    asked: str
    expected: str
    seen: str
    advice: str
    at: datetime
    milliseconds: int


@dataclass(frozen=True)
class TaskView:
    """A task of the open quest with its last verdict."""

    slug: str
    title: str
    points: int
    state: str
    verdict: VerdictView | None
    reason: str = ""


@dataclass(frozen=True)
class HintView:
    """A hint as the team sees it: the text only once revealed."""

    number: int
    state: str
    cost_points: int
    offered_at: datetime
    text_html: str = ""


@dataclass(frozen=True)
class OpenQuest:
    """The quest on the page."""

    slug: str
    title: str
    difficulty: int
    expected_minutes: int
    points: int
    roles: list[str]
    objectives: list[str]
    body_html: str
    tasks: list[TaskView]
    hints: list[HintView]
    minutes_spent: int
    checking: bool
    can_check: bool
    next_check_at: datetime | None


@dataclass(frozen=True)
class Rank:
    """Where the team stands."""

    rank: int | None
    points: int
    total_teams: int
    maximum: int
    feed: list[ScoreEntry] = field(default_factory=list)


def quest_cards(*, now: datetime, enrollment: Enrollment) -> list[QuestCard]:
    """Return every quest of the event with the team's state in it, in a constant number of queries."""
    progress = {row.task_id: row for row in TaskProgress.objects.filter(enrollment=enrollment)}
    starts = {start.quest_id: start.at for start in QuestStart.objects.filter(enrollment=enrollment)}
    played = timeline_of(enrollment.event)
    void = set(void_tasks(enrollment.event))
    entries = enrollment.score_entries.filter(task__isnull=False).order_by()
    earned = dict(entries.values_list("task_id").annotate(Sum("points")))
    cards = []
    for quest in enrollment.event.release.quests.prefetch_related("tasks"):
        tasks = list(quest.tasks.all())
        passed = [progress[task.pk].passed_at for task in tasks if task.pk in progress and progress[task.pk].passed_at]
        done = bool(tasks) and len(passed) == len(tasks)
        started = starts.get(quest.pk)
        finished = max(filter(None, passed)) if done else now
        cards.append(
            QuestCard(
                slug=quest.slug,
                title=quest.title,
                difficulty=quest.difficulty,
                expected_minutes=quest.expected_minutes,
                points=quest.points - sum(task.points for task in tasks if task.pk in void),
                earned=sum(earned.get(task.pk, 0) for task in tasks),
                state="done" if done else "started" if started or passed else "open",
                minutes_spent=played.minutes(started, finished) if started else None,
            )
        )
    return cards


def open_quest(*, now: datetime, enrollment: Enrollment, quest: Quest, start: QuestStart) -> OpenQuest:
    """Return the quest's page for the team."""
    document = quest_document(enrollment, quest)
    progress = {
        row.task_id: row
        for row in TaskProgress.objects.filter(enrollment=enrollment, task__quest=quest).select_related("last_run")
    }
    suspended = dict(
        CheckSuspension.objects.filter(event=enrollment.event, task__quest=quest, lifted_at=None).values_list(
            "task_id", "reason"
        )
    )
    voids = TaskVoid.objects.filter(event=enrollment.event, task__quest=quest, lifted_at=None)
    void = dict(voids.values_list("task_id", "reason"))
    probes = enrollment.event.release.document["probes"]
    lease = enrollment.place.lease if enrollment.place else None
    known = lease_variables(lease) if lease else {}
    open_rows = [row for row in progress.values() if not row.passed_at]
    due = [row.due_at for row in open_rows if row.due_at]
    passed = [row.passed_at for row in progress.values() if row.passed_at]
    tasks = list(quest.tasks.all())
    ended = min(now, enrollment.event.ends_at)
    finished = max(passed) if tasks and len(passed) == len(tasks) else ended
    return OpenQuest(
        slug=quest.slug,
        title=quest.title,
        difficulty=quest.difficulty,
        expected_minutes=quest.expected_minutes,
        points=quest.points,
        roles=document["roles"],
        objectives=document["objectives"],
        body_html=render_markdown(document["body"], known),
        tasks=[_task_view(task, progress.get(task.pk), suspended, void, probes) for task in tasks],
        hints=hint_views(now=now, enrollment=enrollment, quest=quest, start=start, known=known),
        minutes_spent=timeline_of(enrollment.event).minutes(start.at, finished),
        checking=any(row.requested_at and row.due_at == row.requested_at for row in open_rows),
        can_check=bool(due),
        next_check_at=min(due) if due else None,
    )


def quest_document(enrollment: Enrollment, quest: Quest) -> dict[str, Any]:
    """Return the quest as the pack's release wrote it."""
    documents: list[dict[str, Any]] = enrollment.event.release.document["quests"]
    return next(document for document in documents if document["slug"] == quest.slug)


def _verdict_view(run: ProbeRun, probes: dict[str, Any]) -> VerdictView:
    secret = probes.get(run.probe, {}).get("visibility", "secret") == "secret"
    hidden = {"asked": "", "expected": "", "seen": ""}
    if run.outcome == Outcome.FAIL:
        hidden["summary"] = _("Not yet.")
    shown = {name: getattr(run, name) for name in ("summary", "asked", "expected", "seen")}
    return VerdictView(
        outcome=run.outcome,
        advice=run.advice,
        at=run.at,
        milliseconds=run.milliseconds,
        **(shown | hidden if secret else shown),
    )


def _task_view(
    task: Task,
    progress: TaskProgress | None,
    suspended: dict[int, str],
    void: dict[int, str],
    probes: dict[str, Any],
) -> TaskView:
    if task.pk in void:
        state = "void"
    elif progress and progress.accepted:
        state = "accepted"
    elif progress and progress.passed_at:
        state = "pass"
    elif task.pk in suspended:
        state = "suspended"
    else:
        state = (progress.last_outcome if progress else "") or "open"
    return TaskView(
        slug=task.slug,
        title=task.title,
        points=task.points,
        state=state,
        verdict=_verdict_view(progress.last_run, probes) if progress and progress.last_run else None,
        reason=void.get(task.pk) or suspended.get(task.pk, ""),
    )


def hint_views(
    *, now: datetime, enrollment: Enrollment, quest: Quest, start: QuestStart, known: Mapping[str, object]
) -> list[HintView]:
    """Return the quest's hints: revealed ones with their text, the next one with its price."""
    reveals = HintReveal.objects.filter(enrollment=enrollment, hint__quest=quest)
    revealed = set(reveals.values_list("hint_id", flat=True))
    stood = min(now, enrollment.event.paused_at or now)
    views = []
    turn = True
    for hint in quest.hints.all():
        at = offered_at(hint=hint, start=start)
        if hint.pk in revealed:
            text = render_markdown(hint.text, known)
            views.append(HintView(hint.number, "revealed", hint.cost_points, at, text))
            continue
        state = "locked" if not turn else "offered" if stood >= at else "later"
        views.append(HintView(hint.number, state, hint.cost_points, at))
        turn = False
    return views


def rank_of(*, enrollment: Enrollment) -> Rank:
    """Return the team's own points, its rank as the board shows it, and the latest reasons."""
    event = enrollment.event
    rows = board(event, frozen=is_frozen_for(event, organizes=False))
    standing = Standing.objects.get(enrollment=enrollment)
    own = next((row for row in rows if row.enrollment_id == enrollment.pk), None)
    return Rank(
        rank=own.rank if own else None,
        points=standing.points,
        total_teams=len(rows),
        maximum=maximum_of(event),
        feed=list(enrollment.score_entries.order_by("-at", "-id")[:FEED_LENGTH]),
    )
