"""What organizers and coaches see: places with their sandboxes, teams with their progress."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _

from provisioning.enums import OPEN_LEASE_STATES, LeaseState
from provisioning.models import Lease
from quests.domain.openings import locked_quests
from quests.domain.queries.board import board
from quests.domain.timeline import Timeline, timeline_of
from quests.domain.timers import takes_too_long
from quests.enums import EventState, Outcome
from quests.models import Event, HintReveal, Place, ProbeRun, Quest, QuestStart, TaskProgress, Uptime


@dataclass(frozen=True)
class PlaceView:
    """A place and what its sandbox is doing; before the warm-up it is only planned."""

    number: int
    name: str
    state: str
    step: str = ""
    since: datetime | None = None
    account_id: str = ""
    error: str = ""
    reason: str = ""
    cost_usd: Decimal | None = None
    budget_usd: Decimal | None = None
    cost_at: datetime | None = None


@dataclass(frozen=True)
class Readiness:
    """How many of an event's sandboxes can be played in."""

    ready: int
    total: int
    being_prepared: int
    failed: int


@dataclass(frozen=True)
class QuestCell:
    """One team in one quest; minutes are whole minutes since the first member opened it.

    `uptime` is in percent of the judged intervals of all its tasks together.
    """

    slug: str
    title: str
    expected_minutes: int
    state: str
    done: int
    tasks: int
    minutes: int | None
    late: bool
    hints: int
    last_failure: str
    uptime: int | None = None


@dataclass(frozen=True)
class TeamRow:
    """One team over all quests."""

    id: UUID
    name: str
    members: list[str]
    points: int
    hint_points: int
    lease: Lease | None
    cells: list[QuestCell]
    last_sign_at: datetime | None


@dataclass(frozen=True)
class Grid:
    """Teams by quests."""

    quests: list[Quest]
    rows: list[TeamRow]


PREPARING = (LeaseState.REQUESTED, LeaseState.RESERVED, LeaseState.PROVISIONING)


def places(event: Event) -> list[PlaceView]:
    """Return the event's places in order, each with its sandbox and team."""
    playing = Place.objects.filter(event=event).exclude(enrollment__closed_at__isnull=False)
    rows = playing.select_related("lease__account", "enrollment").order_by("number")
    return [_place(place) for place in rows]


def _place(place: Place) -> PlaceView:
    name = place.enrollment.name if hasattr(place, "enrollment") else _("Place %(number)s") % {"number": place.number}
    lease = place.lease
    if lease is None:
        return PlaceView(number=place.number, name=name, state=EventState.SCHEDULED)
    # An open sandbox needs no explanation.
    is_open = lease.state in OPEN_LEASE_STATES
    return PlaceView(
        number=place.number,
        name=name,
        state=lease.state,
        step="" if is_open else lease.step,
        since=lease.state_since,
        account_id=(lease.account.account_id or "") if lease.account else "",
        error=lease.error,
        reason="" if is_open else lease.reason,
        cost_usd=lease.cost_usd,
        budget_usd=lease.budget_usd,
        cost_at=lease.cost_at,
    )


def readiness(views: list[PlaceView]) -> Readiness:
    """Count the places by what organizers need to know."""
    return Readiness(
        ready=sum(view.state in OPEN_LEASE_STATES for view in views),
        total=len(views),
        being_prepared=sum(view.state in PREPARING for view in views),
        failed=sum(view.state == LeaseState.FAILED for view in views),
    )


def grid(*, now: datetime, event: Event, frozen: bool = False) -> Grid:
    """Return every team's progress per quest against the expected time, in a constant number of queries.

    With `frozen` the points are those of the frozen board.
    """
    quests = list(event.release.quests.prefetch_related("tasks"))
    progress: dict[tuple[UUID, int], list[TaskProgress]] = defaultdict(list)
    for row in TaskProgress.objects.filter(enrollment__event=event).select_related("task"):
        progress[row.enrollment_id, row.task.quest_id].append(row)
    starts: dict[UUID, dict[int, datetime]] = defaultdict(dict)
    for start in QuestStart.objects.filter(enrollment__event=event):
        starts[start.enrollment_id][start.quest_id] = start.at
    hints = {
        (row["enrollment_id"], row["hint__quest_id"]): row["opened"]
        for row in HintReveal.objects.filter(enrollment__event=event)
        .values("enrollment_id", "hint__quest_id")
        .annotate(opened=Count("id"))
    }
    uptimes = _uptimes(event)
    played = timeline_of(event)
    shown = {row.enrollment_id: row for row in board(event, frozen=frozen)}
    rows = []
    locked = locked_quests(event=event, enrollments=event.enrollments.all())
    playing = event.enrollments.filter(closed_at=None)
    enrollments = playing.select_related("place__lease__account").prefetch_related("participations__user")
    for enrollment in enrollments:
        own = [row for quest in quests for row in progress[enrollment.pk, quest.pk]]
        signs = [at for row in own for at in (row.requested_at, row.passed_at) if at]
        signs += starts[enrollment.pk].values()
        rows.append(
            TeamRow(
                id=enrollment.pk,
                name=enrollment.name,
                members=[participation.user.name for participation in enrollment.participations.all()],
                points=shown[enrollment.pk].points,
                hint_points=shown[enrollment.pk].hint_points,
                lease=enrollment.place.lease if enrollment.place else None,
                cells=[
                    _cell(
                        now=min(now, event.ends_at),
                        played=played,
                        quest=quest,
                        rows=progress[enrollment.pk, quest.pk],
                        started=starts[enrollment.pk].get(quest.pk),
                        hints=hints.get((enrollment.pk, quest.pk), 0),
                        locked=quest.slug in locked.get(enrollment.pk, ()),
                        uptime=uptimes.get((enrollment.pk, quest.slug)),
                    )
                    for quest in quests
                ],
                last_sign_at=max(signs, default=None),
            )
        )
    return Grid(quests=quests, rows=rows)


def _cell(
    *,
    now: datetime,
    played: Timeline,
    quest: Quest,
    rows: list[TaskProgress],
    started: datetime | None,
    hints: int,
    locked: bool,
    uptime: int | None,
) -> QuestCell:
    tasks = len(quest.tasks.all())
    passed = [row.passed_at for row in rows if row.passed_at]
    done = bool(tasks) and len(passed) == tasks
    until = max(passed) if done else now
    minutes = played.minutes(started, until) if started else None
    failures = [row.last_summary for row in rows if not row.passed_at and row.last_outcome == Outcome.FAIL]
    return QuestCell(
        slug=quest.slug,
        title=quest.title,
        expected_minutes=quest.expected_minutes,
        state="done" if done else "locked" if locked else "started" if started or passed else "open",
        done=len(passed),
        tasks=tasks,
        minutes=minutes,
        late=takes_too_long(quest=quest, minutes=minutes),
        hints=hints,
        last_failure=failures[0] if failures and started else "",
        uptime=uptime,
    )


def _uptimes(event: Event) -> dict[tuple[UUID, str], int]:
    """Return the uptime in percent by team and quest."""
    passed: Counter[tuple[UUID, str]] = Counter()
    judged: Counter[tuple[UUID, str]] = Counter()
    for row in Uptime.objects.filter(enrollment__event=event):
        pair = row.enrollment_id, row.task.partition("/")[0]
        passed[pair] += row.passed
        judged[pair] += row.judged
    return {pair: passed[pair] * 100 // judged[pair] for pair in judged}


def platform_errors(*, now: datetime, event: Event, limit: int = 5) -> list[ProbeRun]:
    """Return the last hour's latest verdicts that were our fault or AWS's, which cost no team anything."""
    return list(
        ProbeRun.objects.filter(enrollment__event=event, outcome=Outcome.ERROR, at__gt=now - timedelta(hours=1))
        .select_related("enrollment", "task")
        .order_by("-at")[:limit]
    )
