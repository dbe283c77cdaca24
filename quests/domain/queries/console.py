"""What the mission console shows a team."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from provisioning.domain.placeholders import variables as lease_variables
from quests.domain.openings import what_opens
from quests.domain.queries.board import board, is_frozen_for, maximum_of
from quests.domain.queries.feed import FeedLine, feed_of
from quests.domain.queries.images import images_of
from quests.domain.scores import INCOME, void_paths
from quests.domain.timeline import timeline_of
from quests.domain.timers import offered_at, takes_too_long
from quests.domain.turns import turns_at
from quests.enums import Outcome, QuestKind
from quests.models import (
    CheckSuspension,
    Enrollment,
    HintReveal,
    ProbeRun,
    Quest,
    QuestStart,
    Standing,
    Task,
    TaskHold,
    TaskProgress,
    TaskVoid,
    Uptime,
)
from quests.pack import render_markdown


@dataclass(frozen=True)
class QuestCard:
    """A quest in the list."""

    slug: str
    title: str
    kind: str
    level: str
    difficulty: int
    expected_minutes: int
    points: int
    earned: int
    state: str
    minutes_spent: int | None
    opens: list[str]
    late: bool


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
    """A task of the open quest with its last verdict.

    `turning` says what it is on the way to (`holding`, `breaking`, `mending` or nothing); with `hold_minutes` also
    since when, and until when nothing may speak against it. `held_since`: the scoring of it holds itself.
    """

    slug: str
    title: str
    points: int
    state: str
    verdict: VerdictView | None
    reason: str = ""
    hold_minutes: int = 0
    turning: str = ""
    turning_since: datetime | None = None
    turns_at: datetime | None = None
    taken_back: bool = False
    passed_at: datetime | None = None
    income_points: int = 0
    income_minutes: int = 0
    uptime: Uptime | None = None
    held_since: datetime | None = None


@dataclass(frozen=True)
class HintView:
    """A hint as the team sees it: the text only once revealed."""

    number: int
    state: str
    cost_points: int
    offered_at: datetime
    text_html: str = ""
    released: bool = False


@dataclass(frozen=True)
class OpenQuest:
    """The quest on the page."""

    slug: str
    title: str
    kind: str
    difficulty: int
    expected_minutes: int
    points: int
    roles: list[str]
    objectives: list[str]
    body_html: str
    tasks: list[TaskView]
    hints: list[HintView]
    minutes_spent: int
    late: bool
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
    feed: list[FeedLine] = field(default_factory=list)


def quest_cards(*, now: datetime, enrollment: Enrollment) -> list[QuestCard]:
    """Return every quest of the event by level with the team's state in it, in a constant number of queries."""
    progress = {row.task_id: row for row in TaskProgress.objects.filter(enrollment=enrollment)}
    starts = {start.quest_id: start.at for start in QuestStart.objects.filter(enrollment=enrollment)}
    opens = what_opens(enrollment)
    played = timeline_of(enrollment.event)
    void = set(void_paths(enrollment.event))
    earned: dict[str, int] = defaultdict(int)
    entries = enrollment.score_entries.exclude(task="").exclude(INCOME).order_by()
    for path, points in entries.values_list("task").annotate(Sum("points")):
        earned[path.partition("/")[0]] += points
    document = enrollment.event.release.document
    levels = {level["slug"]: level["title"] for level in document["pack"]["levels"]}
    order = {slug: number for number, slug in enumerate(levels)}
    level_of = {quest["slug"]: quest["level"] or "" for quest in document["quests"]}
    cards = []
    for quest in enrollment.event.release.quests.prefetch_related("tasks"):
        tasks = list(quest.tasks.all())
        passed = [progress[task.pk].passed_at for task in tasks if task.pk in progress and progress[task.pk].passed_at]
        done = bool(tasks) and len(passed) == len(tasks)
        started = starts.get(quest.pk)
        finished = max(filter(None, passed)) if done else now
        minutes = played.minutes(started, finished) if started else None
        cards.append(
            QuestCard(
                slug=quest.slug,
                title=quest.title,
                kind=quest.kind,
                level=levels.get(level_of.get(quest.slug, ""), ""),
                difficulty=quest.difficulty,
                expected_minutes=quest.expected_minutes,
                points=quest.points - sum(task.points for task in tasks if f"{quest.slug}/{task.slug}" in void),
                earned=earned[quest.slug],
                state=_quest_state(locked=quest.slug in opens, done=done, begun=bool(started or passed)),
                minutes_spent=minutes,
                opens=opens.get(quest.slug, []),
                late=not done and takes_too_long(quest=quest, minutes=minutes),
            )
        )
    # The sort is stable: within a level the pack's own order stays.
    return sorted(cards, key=lambda card: order.get(level_of.get(card.slug, ""), -1))


def _quest_state(*, locked: bool, done: bool, begun: bool) -> str:
    if done:
        return "done"
    if locked:
        return "locked"
    return "started" if begun else "open"


def open_quest(*, now: datetime, enrollment: Enrollment, quest: Quest, start: QuestStart) -> OpenQuest:
    """Return the quest's page for the team."""
    document = quest_document(enrollment, quest)
    progress = _progress_of(enrollment, quest)
    lease = enrollment.place.lease if enrollment.place else None
    known = lease_variables(lease) if lease else {}
    open_rows = [row for row in progress.values() if not row.passed_at]
    due = [row.due_at for row in progress.values() if row.due_at]
    passed = [row.passed_at for row in progress.values() if row.passed_at]
    tasks = task_views(enrollment=enrollment, quest=quest, progress=progress)
    ended = min(now, enrollment.event.ends_at)
    done = bool(tasks) and len(passed) == len(tasks)
    spent = timeline_of(enrollment.event).minutes(start.at, max(passed) if done else ended)
    return OpenQuest(
        slug=quest.slug,
        title=quest.title,
        kind=quest.kind,
        difficulty=quest.difficulty,
        expected_minutes=quest.expected_minutes,
        points=quest.points,
        roles=document["roles"],
        objectives=document["objectives"],
        body_html=render_markdown(document["body"], known, images_of(enrollment.event, quest.slug)),
        tasks=tasks,
        hints=hint_views(now=now, enrollment=enrollment, quest=quest, start=start, known=known),
        minutes_spent=spent,
        late=not done and takes_too_long(quest=quest, minutes=spent),
        checking=any(row.requested_at and row.due_at == row.requested_at for row in open_rows),
        can_check=any(row.due_at for row in open_rows),
        next_check_at=min(due) if due else None,
    )


def quest_document(enrollment: Enrollment, quest: Quest) -> dict[str, Any]:
    """Return the quest as the pack's release wrote it."""
    documents: list[dict[str, Any]] = enrollment.event.release.document["quests"]
    return next(document for document in documents if document["slug"] == quest.slug)


def task_views(
    *, enrollment: Enrollment, quest: Quest, progress: dict[int, TaskProgress] | None = None, everything: bool = False
) -> list[TaskView]:
    """Return the quest's tasks as the team sees them; `everything` shows the evidence of secret checks, for coaches."""
    rows = _progress_of(enrollment, quest) if progress is None else progress
    stopped: dict[int, tuple[str, str]] = {}
    for state, kind in (("suspended", CheckSuspension), ("void", TaskVoid)):
        found = kind.objects.filter(event=enrollment.event, task__quest=quest, lifted_at=None)
        stopped |= {task: (state, reason) for task, reason in found.values_list("task_id", "reason")}
    probes = enrollment.event.release.document["probes"]
    views = [
        _task_view(task, rows.get(task.pk), stopped.get(task.pk, ("", "")), probes, everything)
        for task in quest.tasks.all()
    ]
    return _with_running(enrollment, quest, views) if quest.kind == QuestKind.CONTINUOUS else views


def _with_running(enrollment: Enrollment, quest: Quest, views: list[TaskView]) -> list[TaskView]:
    """Return the views of a continuous quest with what its tasks have made of their time."""
    uptimes = {row.task: row for row in Uptime.objects.filter(enrollment=enrollment)}
    held = TaskHold.objects.filter(event=enrollment.event, task__quest=quest, ended_at=None)
    since = dict(held.values_list("task__slug", "at"))
    return [
        replace(view, uptime=uptimes.get(f"{quest.slug}/{view.slug}"), held_since=since.get(view.slug))
        for view in views
    ]


def _progress_of(enrollment: Enrollment, quest: Quest) -> dict[int, TaskProgress]:
    rows = TaskProgress.objects.filter(enrollment=enrollment, task__quest=quest)
    return {row.task_id: row for row in rows.select_related("last_run", "task__quest")}


def _verdict_view(run: ProbeRun, probes: dict[str, Any], everything: bool) -> VerdictView:
    secret = not everything and probes.get(run.probe, {}).get("visibility", "secret") == "secret"
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
    task: Task, progress: TaskProgress | None, stopped: tuple[str, str], probes: dict[str, Any], everything: bool
) -> TaskView:
    stop, reason = stopped
    if stop == "void":
        state = "void"
    elif progress and progress.accepted:
        state = "accepted"
    elif progress and progress.passed_at:
        state = "pass"
    elif stop:
        state = stop
    else:
        state = (progress.last_outcome if progress else "") or "open"
        # It passes, but not for long enough yet.
        state = "holding" if state == Outcome.PASS else state
    return TaskView(
        slug=task.slug,
        title=task.title,
        points=task.points,
        state=state,
        verdict=_verdict_view(progress.last_run, probes, everything) if progress and progress.last_run else None,
        reason=reason,
        hold_minutes=task.hold_minutes,
        income_points=task.income_points,
        income_minutes=task.income_minutes,
        passed_at=progress.passed_at if progress else None,
        **(_turning_view(progress) if progress and state not in ("accepted", "suspended", "void") else {}),
    )


def _turning_view(progress: TaskProgress) -> dict[str, Any]:
    mending = progress.times_taken_back and not progress.passed_at
    turning = "breaking" if progress.passed_at else "mending" if mending else "holding"
    return {
        "turning": turning if progress.turning_since else "",
        "turning_since": progress.turning_since,
        "turns_at": turns_at(progress),
        "taken_back": bool(mending),
    }


def hint_views(
    *, now: datetime, enrollment: Enrollment, quest: Quest, start: QuestStart, known: Mapping[str, object]
) -> list[HintView]:
    """Return the quest's hints: revealed ones with their text, the next one with its price."""
    reveals = HintReveal.objects.filter(enrollment=enrollment, hint__quest=quest)
    revealed = dict(reveals.values_list("hint_id", "released"))
    stood = min(now, enrollment.event.paused_at or now)
    images = images_of(enrollment.event, quest.slug)
    views = []
    turn = True
    for hint in quest.hints.all():
        at = offered_at(hint=hint, start=start)
        if hint.pk in revealed:
            text = render_markdown(hint.text, known, images)
            views.append(HintView(hint.number, "revealed", hint.cost_points, at, text, revealed[hint.pk]))
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
        feed=feed_of(enrollment),
    )
