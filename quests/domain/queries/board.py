"""The board: one computation for the page and the API."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from quests.models import Event, Standing


@dataclass(frozen=True)
class BoardRow:
    """One team's line; equal points, hint points and last gain share a rank."""

    rank: int
    enrollment_id: UUID
    team: str
    tasks_done: int
    points: int
    hint_points: int
    last_gain_at: datetime | None


def board(event: Event) -> list[BoardRow]:
    """Return the event's standings: most points, then fewer hint points, then the earlier last gain."""
    standings = list(Standing.objects.filter(event=event).select_related("enrollment"))
    standings.sort(key=lambda standing: (_order(standing), standing.enrollment.name.lower()))
    rows: list[BoardRow] = []
    for position, standing in enumerate(standings, start=1):
        tied = position > 1 and _order(standings[position - 2]) == _order(standing)
        rows.append(
            BoardRow(
                rank=rows[-1].rank if tied else position,
                enrollment_id=standing.enrollment_id,
                team=standing.enrollment.name,
                tasks_done=standing.tasks_done,
                points=standing.points,
                hint_points=standing.hint_points,
                last_gain_at=standing.last_gain_at,
            )
        )
    return rows


def _order(standing: Standing) -> tuple[int, int, float]:
    gained = standing.last_gain_at.timestamp() if standing.last_gain_at else float("inf")
    return (-standing.points, standing.hint_points, gained)
