"""What an organizer's act would do, computed before it is done; nothing is written here."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quests.domain.corrections import change_by_pause, effect_of_void, entries_of_void
from quests.domain.holds import at_risk
from quests.domain.pauses import LATER, LONGEST_PAUSE
from quests.domain.queries.board import maximum_of
from quests.domain.scores import INCOME
from quests.enums import ActionKind, VoidMode
from quests.models import Enrollment, Event, ScoreEntry, Task, TaskHold, TaskProgress, TaskVoid


@dataclass(frozen=True)
class Move:
    """Something that the clock will do at another time."""

    kind: str
    before: datetime
    after: datetime


@dataclass(frozen=True)
class TeamChange:
    """A team's points before and after."""

    name: str
    before: int
    after: int

    @property
    def change(self) -> int:
        """Return what the team gains or loses."""
        return self.after - self.before


@dataclass(frozen=True)
class Effect:
    """What an act would do: in words, to the clock's actions, to teams' points.

    `quiet` teams keep their points; None where the act is not about points.
    """

    sentences: list[str]
    moves: list[Move] = field(default_factory=list)
    teams: list[TeamChange] = field(default_factory=list)
    quiet: int | None = None


def of_pause(*, now: datetime, event: Event, freezes: bool, as_of: datetime | None) -> Effect:
    """Tell what pausing would stop, and what a pause as of an earlier time would give back."""
    access = (
        _("Sandboxes are frozen: nobody gets in, and what runs in them goes on and costs.")
        if freezes
        else _("Teams keep access to their sandboxes and can work on; nothing they do is checked or scored.")
    )
    sentences = [
        _("Timers, checks, hints and scoring stop for all teams; the last points stay."),
        access,
        _("When you resume, the end and all that is still to come move by the length of the pause."),
        _("A pause of more than %(hours)s hours ends the event.")
        % {"hours": int(LONGEST_PAUSE.total_seconds() // 3600)},
    ]
    changes = change_by_pause(event=event, at=as_of) if as_of else {}
    if as_of:
        minutes = int((now - as_of).total_seconds() // 60)
        sentences.append(
            ngettext(
                "The last %(minutes)s minute does not count as played; losses are given back, income is taken back.",
                "The last %(minutes)s minutes do not count as played; losses are given back, income is taken back.",
                minutes,
            )
            % {"minutes": minutes}
        )
    return _with_points(sentences, event, changes) if as_of else Effect(sentences)


def of_resume(*, now: datetime, event: Event) -> Effect:
    """Tell to when the end and all that is to come would move."""
    length = now - (event.paused_at or now)
    sentences = [
        _("Timers, checks, hints and scoring go on where they stood, for all teams."),
        _("Sandboxes that this pause froze can be reached again."),
    ]
    return Effect(sentences, _moves(event, length))


def of_extension(*, event: Event, minutes: int) -> Effect:
    """Tell to when the end and all that is to come would move."""
    sentences = [_("The sandboxes and the booking of their accounts last as much longer, and cost accordingly.")]
    return Effect(sentences, _moves(event, timedelta(minutes=minutes)))


def of_rescheduling(*, now: datetime, event: Event, starts_at: datetime) -> Effect:
    """Tell to when everything would move, and who is told."""
    by = starts_at - event.starts_at
    vends_at = max(now, starts_at - timedelta(minutes=event.warmup_minutes))
    pending = event.actions.filter(done_at__isnull=True).order_by("due_at", "id")
    moves = [
        Move(action.kind, action.due_at, vends_at if action.kind == ActionKind.VEND else action.due_at + by)
        for action in pending
    ]
    told = event.participations.filter(user__email__isnull=False).count()
    sentences = [
        _("Teams, people and places stay. The accounts are booked for the new time, if the pool has them then."),
        _("No sandbox has been made yet, so nothing that costs is lost."),
        ngettext(
            "%(told)s participant with an address gets a letter with the new calendar entry; so do those who run it.",
            "%(told)s participants with an address get a letter with the new calendar entry; so do those who run it.",
            told,
        )
        % {"told": told},
    ]
    return Effect(sentences, moves)


def of_adjustment(*, enrollment: Enrollment, points: int) -> Effect:
    """Tell the team's points before and after."""
    said = [_("The team sees the points with your reason. No other team is affected.")]
    return _with_points(said, enrollment.event, {enrollment: points})


def of_reversal(*, entry: ScoreEntry) -> Effect:
    """Tell the team's points before and after."""
    sentences = [_("“%(entry)s” stays on the record, with its opposite beside it. It is done once.") % {"entry": entry}]
    if entry.task:
        sentences.append(_("The task is not checked again for this team."))
    return _with_points(sentences, entry.event, {entry.enrollment: -entry.points})


def of_void(*, event: Event, task: Task, mode: VoidMode) -> Effect:
    """Tell what each team and the maximum would be after the task is void."""
    teams = list(event.enrollments.all())
    changes = effect_of_void(event=event, task=task, mode=mode, teams=teams)
    passed = TaskProgress.objects.filter(enrollment__event=event, task=task, passed_at__isnull=False).count()
    sentences = [
        _("%(passed)s of %(teams)s teams have passed it. It is not checked any more.")
        % {"passed": passed, "teams": len(teams)}
    ]
    if mode == VoidMode.NOBODY:
        maximum = maximum_of(event)
        sentences.append(
            _("The maximum falls from %(before)s to %(after)s points.")
            % {"before": maximum, "after": maximum - task.points}
        )
    sentences.append(_("You can let it count again: what is taken or given now is reversed then."))
    return _with_points(sentences, event, {team: points for team, (points, _tasks) in changes.items()})


def of_counting_again(*, void: TaskVoid) -> Effect:
    """Tell what each team would be after the void is lifted."""
    changes: dict[Enrollment, int] = {}
    for entry in entries_of_void(void):
        changes[entry.enrollment] = changes.get(entry.enrollment, 0) - entry.points
    sentences = [
        _("What the void took or gave is reversed, and the task is checked for teams that have not passed it.")
    ]
    return _with_points(sentences, void.event, changes)


def of_resuming_scoring(*, hold: TaskHold) -> Effect:
    """Tell whom the task would be taken from, if what is seen now goes on."""
    held = (
        ScoreEntry.objects.filter(enrollment__in=at_risk(hold), task=hold.task.path)
        .exclude(INCOME)
        .values_list("enrollment")
        .annotate(Sum("points"))
        .order_by()
    )
    teams = hold.event.enrollments.in_bulk([team for team, _points in held])
    sentences = [
        _("From the next checks on, the task counts again as it did. What the hold left out is not paid later."),
        _("The teams below are failing now: they lose these points if their next checks say so too."),
    ]
    if hold.task.income_minutes:
        sentences.append(_("Income begins with the first full interval from now on."))
    return _with_points(sentences, hold.event, {teams[team]: -points for team, points in held})


def of_freezing(*, event: Event, at: datetime | None) -> Effect:
    """Tell who sees what."""
    sentences = [
        _("Teams and coaches see the standings of that moment, on the board, in the API and as their rank."),
        _("A team still sees its own points; organizers see everything, but the projector shows the frozen board."),
    ]
    return Effect(sentences, [Move("freeze_board", at, at)] if at else [])


def _moves(event: Event, by: timedelta) -> list[Move]:
    pending = event.actions.filter(done_at__isnull=True, kind__in=LATER).order_by("due_at", "id")
    return [Move(action.kind, action.due_at, action.due_at + by) for action in pending]


def _with_points(sentences: list[str], event: Event, changes: dict[Enrollment, int]) -> Effect:
    standings = {standing.enrollment_id: standing.points for standing in event.standings.all()}
    teams = [
        TeamChange(team.name, standings.get(team.pk, 0), standings.get(team.pk, 0) + points)
        for team, points in changes.items()
        if points
    ]
    teams.sort(key=lambda change: change.name.lower())
    return Effect(sentences, teams=teams, quiet=len(standings) - len(teams))
