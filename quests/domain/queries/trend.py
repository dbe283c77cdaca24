"""How the points came about: the ledger over time for the teams at the top, and for one's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from django.db import connection

from quests.domain.queries.board import BoardRow
from quests.models import Event

TOP = 10
MOST_STEPS = 120
STEPS = (1, 2, 5, 10, 15, 30, 60, 120)
REMEMBERED = 256


@dataclass(frozen=True)
class TrendLine:
    """One team's points at each of the trend's moments; the last are those of its row on the board."""

    rank: int
    enrollment_id: UUID
    team: str
    points: list[int]


@dataclass(frozen=True)
class Trend:
    """Some teams' points at the same moments, the first being the event's start."""

    moments: list[datetime]
    lines: list[TrendLine]


def trend(
    *, now: datetime, event: Event, rows: Sequence[BoardRow], frozen: bool = False, own: UUID | None = None
) -> Trend | None:
    """Return the trend of the first TOP rows of a board and of one's own, at most two queries and none without change.

    `rows` and `frozen` are the board's, so both show the same. None before the start, and for packs that show none.
    """
    until = min(now, event.ends_at)
    if frozen and event.board_frozen_at:
        until = min(until, event.board_frozen_at)
    if not shows_trend(event) or until <= event.starts_at or not rows:
        return None
    minutes = (event.ends_at - event.starts_at) / timedelta(minutes=1)
    step = timedelta(minutes=next((step for step in STEPS if minutes / step <= MOST_STEPS), STEPS[-1]))
    last = -((event.starts_at - until) // step)
    moments = [*(event.starts_at + number * step for number in range(last)), until]
    top = list(rows[:TOP])
    mine = [row for row in rows[TOP:] if row.enrollment_id == own]
    cut = event.board_frozen_at if frozen else None
    points: dict[UUID, list[int]] = {}
    for group in (top, mine):
        if group:
            state = tuple((row.enrollment_id, row.points, row.hint_points, row.last_gain_at) for row in group)
            points |= _points(event=event.pk, starts_at=event.starts_at, step=step, last=last, until=cut, state=state)
    return Trend(
        moments, [TrendLine(row.rank, row.enrollment_id, row.team, points[row.enrollment_id]) for row in top + mine]
    )


def shows_trend(event: Event) -> bool:
    """Tell whether the event's pack wants the trend to be seen; releases from before it could say so do."""
    return bool(event.release.document["pack"]["scoring"].get("trend", True))


@lru_cache(maxsize=REMEMBERED)
def _points(
    *,
    event: UUID,
    starts_at: datetime,
    step: timedelta,
    last: int,
    until: datetime | None,
    state: tuple[tuple[UUID, int, int, datetime | None], ...],
) -> dict[UUID, list[int]]:
    """Return each team's points at the start and after each step; what came after the last step is in the last.

    `state` is what the board says of these teams: while it stays, nothing is asked again before the next step.
    """
    steps: dict[UUID, list[int]] = {team: [0] * (last + 1) for team, *_line in state}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT enrollment_id,
              LEAST(%(last)s, GREATEST(0, ceil(extract(epoch FROM at - %(starts_at)s) / %(step)s)))::int AS number,
              sum(points)::int
            FROM quests_scoreentry
            WHERE event_id = %(event)s AND enrollment_id = ANY(%(teams)s) AND (%(all)s OR at <= %(until)s)
            GROUP BY enrollment_id, number
            """,
            {
                "event": event,
                "teams": list(steps),
                "starts_at": starts_at,
                "step": step.total_seconds(),
                "last": last,
                "all": until is None,
                "until": until,
            },
        )
        for team, number, gained in cursor.fetchall():
            steps[team][number] = gained
    for each in steps.values():
        for number in range(1, last + 1):
            each[number] += each[number - 1]
    return steps
