"""The teams of an event that need a coach, ranked, each with what a coach can do about it at once."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Exists, IntegerField, Max, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce

from accounts.models import AuditEntry
from quests.domain.attention import Question, Situation, need_of
from quests.domain.queries.help_requests import RequestView, queue_of
from quests.domain.timeline import Timeline, timeline_of
from quests.enums import EventState, Outcome, QuestKind, Trigger
from quests.models import (
    AnswerAttempt,
    CheckSuspension,
    Enrollment,
    Event,
    HelpMessage,
    HintReveal,
    InputValue,
    ProbeRun,
    Quest,
    QuestStart,
    TaskProgress,
    TaskVoid,
)

# The same failure counts as long as the team may still remember the first one.
REMEMBERED = timedelta(hours=1)
PLAYING = (EventState.OPEN, EventState.PAUSED)


@dataclass(frozen=True)
class Attention:
    """One team in one quest, or in none, that needs somebody: why, since when, and the next hint to release."""

    team: UUID
    team_name: str
    members: list[str]
    quest: str
    quest_title: str
    score: int
    reasons: list[str]
    since: datetime
    next_hint: int | None
    request: RequestView | None


@dataclass(frozen=True)
class _Room:
    """What the rows of one event say: by team, or by team and quest."""

    now: datetime
    event: Event
    played: Timeline
    quests: list[Quest]
    questions: dict[tuple[UUID, str], RequestView]
    starts: dict[tuple[UUID, int], datetime]
    progress: dict[tuple[UUID, int], list[TaskProgress]]
    opened: dict[tuple[UUID, int], int]
    signs: dict[UUID, datetime]
    stopped: set[int]

    def last_sign(self, team: Enrollment) -> datetime:
        """Return the team's last sign of life, the event's start at the earliest."""
        return max(self.signs.get(team.pk, self.event.starts_at), self.event.starts_at)

    def minutes(self, since: datetime) -> int:
        """Return the minutes played since then."""
        return self.played.minutes(since, self.now)

    def is_done(self, team: Enrollment, quest: Quest) -> bool:
        """Tell whether nothing is left for the team in the quest; what nobody is checked for is not left."""
        passed = {row.task_id for row in self.progress.get((team.pk, quest.pk), []) if row.passed_at}
        return all(task.pk in passed or task.pk in self.stopped for task in quest.tasks.all())


def attention(*, now: datetime, event: Event) -> list[Attention]:
    """Return who needs a coach, the greatest need first, in a constant number of queries.

    The same failure counts where the team itself asked for the check (Check now, or handing something in), within the
    last hour: scheduled checks would repeat it without anybody at work. Outside the playing time only questions count.
    """
    teams = list(event.enrollments.prefetch_related("participations__user"))
    room = _room(now, event, teams)
    playing = event.state in PLAYING and now < event.ends_at
    found = [each for team in teams for each in (_of_team(room, team) if playing else _asked_only(room, team))]
    return sorted(found, key=lambda each: (-each.score, each.since, each.team_name))


def _of_team(room: _Room, team: Enrollment) -> list[Attention]:
    silent = room.minutes(room.last_sign(team))
    begun = [quest for quest in room.quests if (team.pk, quest.pk) in room.starts and not room.is_done(team, quest)]
    # Silence is the team's: it is said once, where the team was last.
    latest = max(begun, key=lambda quest: room.starts[team.pk, quest.pk], default=None)
    found = [
        _attention(
            room,
            team,
            quest,
            _situation(room, team, quest, silent if quest is latest else 0),
            since=_last_pass(room, team, quest),
        )
        for quest in begun
    ]
    rest: list[Quest | None] = [quest for quest in room.quests if quest not in begun]
    for quest in [*rest, None]:
        idle = quest is None and latest is None and not all(room.is_done(team, each) for each in room.quests)
        situation = Situation(silent=silent if idle else 0, question=_question(room, team, quest))
        found.append(_attention(room, team, quest, situation, since=room.last_sign(team)))
    return [each for each in found if each.score]


def _asked_only(room: _Room, team: Enrollment) -> list[Attention]:
    quests: list[Quest | None] = [*room.quests, None]
    found = [
        _attention(room, team, quest, Situation(question=_question(room, team, quest)), since=room.now)
        for quest in quests
    ]
    return [each for each in found if each.score]


def _attention(
    room: _Room, team: Enrollment, quest: Quest | None, situation: Situation, *, since: datetime
) -> Attention:
    need = need_of(situation)
    request = room.questions.get((team.pk, quest.slug if quest else ""))
    opened = room.opened.get((team.pk, quest.pk), 0) if quest else 0
    # Hints are numbered from 1 and opened in their order.
    has_next = bool(situation.quest) and opened < situation.hints
    return Attention(
        team=team.pk,
        team_name=team.name,
        members=[row.user.name for row in team.participations.all()],
        quest=quest.slug if quest else "",
        quest_title=quest.title if quest else "",
        score=need.score,
        reasons=need.reasons,
        since=min(since, request.opened_at) if request else since,
        next_hint=opened + 1 if has_next and room.event.state == EventState.OPEN else None,
        request=request,
    )


def _situation(room: _Room, team: Enrollment, quest: Quest, silent: int) -> Situation:
    key = (team.pk, quest.pk)
    rows = room.progress.get(key, [])
    failing = [row for row in rows if not row.passed_at and row.last_outcome == Outcome.FAIL]
    repeats, failure = max(((_repeats(row), row.last_summary) for row in failing), default=(0, ""))
    return Situation(
        quest=quest.title,
        minutes=room.minutes(room.starts[key]),
        expected=None if quest.kind == QuestKind.CONTINUOUS else quest.expected_minutes,
        stalled=room.minutes(_last_pass(room, team, quest)),
        passed=sum(row.passed_at is not None for row in rows),
        repeats=repeats,
        failure=failure,
        silent=silent,
        hints=len(quest.hints.all()),
        hints_open=room.opened.get(key, 0),
        question=_question(room, team, quest),
    )


def _last_pass(room: _Room, team: Enrollment, quest: Quest) -> datetime:
    """Return when the team last passed a task of the quest, or began it."""
    rows = room.progress.get((team.pk, quest.pk), [])
    return max([room.starts[team.pk, quest.pk], *(row.passed_at for row in rows if row.passed_at)])


def _question(room: _Room, team: Enrollment, quest: Quest | None) -> Question | None:
    request = room.questions.get((team.pk, quest.slug if quest else ""))
    if request is None:
        return None
    minutes = int((room.now - request.opened_at).total_seconds() // 60)
    return Question(minutes, request.text, request.coach if request.coach_id else "", answered=not request.waits)


def _repeats(row: TaskProgress) -> int:
    return int(row.repeats)  # type: ignore[attr-defined]


def _room(now: datetime, event: Event, teams: list[Enrollment]) -> _Room:
    starts = {
        (team, quest): at
        for team, quest, at in QuestStart.objects.filter(enrollment__event=event).values_list(
            "enrollment_id", "quest_id", "at"
        )
    }
    progress: dict[tuple[UUID, int], list[TaskProgress]] = defaultdict(list)
    for row in _progress(now, event):
        progress[row.enrollment_id, row.task.quest_id].append(row)
    reveals = HintReveal.objects.filter(enrollment__event=event).values("enrollment_id", "hint__quest_id")
    questions: dict[tuple[UUID, str], RequestView] = {}
    for request in queue_of(event=event):
        # A question about the score stands behind one about the quest itself.
        if not request.about_score or (request.team, request.quest) not in questions:
            questions[request.team, request.quest] = request
    return _Room(
        now=now,
        event=event,
        played=timeline_of(event),
        quests=list(event.release.quests.prefetch_related("tasks", "hints")),
        questions=questions,
        starts=starts,
        progress=progress,
        opened={
            (row["enrollment_id"], row["hint__quest_id"]): row["opened"]
            for row in reveals.order_by().annotate(opened=Count("id"))
        },
        signs=_signs(event, teams, starts, progress),
        stopped={
            task
            for kind in (CheckSuspension, TaskVoid)
            for task in kind.objects.filter(event=event, lifted_at=None).values_list("task_id", flat=True)
        },
    )


def _progress(now: datetime, event: Event) -> Any:
    asked = Q(trigger=Trigger.CHECK_NOW, outcome=Outcome.FAIL, at__gt=now - REMEMBERED)
    same = (
        ProbeRun.objects.filter(asked, enrollment=OuterRef("enrollment"), task=OuterRef("task"))
        .filter(probe=OuterRef("last_run__probe"), summary=OuterRef("last_summary"))
        .order_by()
        .values("enrollment")
        .annotate(n=Count("pk"))
        .values("n")
    )
    begun = QuestStart.objects.filter(enrollment=OuterRef("enrollment"), quest=OuterRef("task__quest"))
    failing = When(
        Q(passed_at=None, last_outcome=Outcome.FAIL) & Exists(begun),
        then=Coalesce(Subquery(same, output_field=IntegerField()), 0),
    )
    return (
        TaskProgress.objects.filter(enrollment__event=event)
        .select_related("task")
        # Counted only where somebody is at work: most rows of a large event need no look at its runs.
        .annotate(repeats=Case(failing, default=0))
    )


def _signs(
    event: Event,
    teams: list[Enrollment],
    starts: dict[tuple[UUID, int], datetime],
    progress: dict[tuple[UUID, int], list[TaskProgress]],
) -> dict[UUID, datetime]:
    """Return each team's last sign of life: whatever one of its members did here, or had a key for."""
    signs: dict[UUID, list[datetime]] = defaultdict(list)
    for (team, _quest), at in starts.items():
        signs[team].append(at)
    for (team, _quest), rows in progress.items():
        signs[team] += [at for row in rows for at in (row.requested_at, row.passed_at) if at]
    own: list[tuple[Any, str]] = [
        (InputValue.objects.filter(enrollment__event=event), "saved_at"),
        (AnswerAttempt.objects.filter(enrollment__event=event), "at"),
        (HintReveal.objects.filter(enrollment__event=event, released=False), "at"),
    ]
    for rows, field in own:
        for team, at in rows.order_by().values_list("enrollment_id").annotate(last=Max(field)):
            signs[team].append(at)
    said = HelpMessage.objects.filter(request__enrollment__event=event, from_coach=False)
    for team, at in said.order_by().values_list("request__enrollment_id").annotate(last=Max("at")):
        signs[team].append(at)
    team_of = {row.user_id: team.pk for team in teams for row in team.participations.all()}
    acts = AuditEntry.objects.filter(scope=event.id, actor__in=team_of).order_by().values_list("actor")
    for actor, at in acts.annotate(last=Max("at")):
        signs[team_of[actor]].append(at)
    return {team: max(moments) for team, moments in signs.items()}
