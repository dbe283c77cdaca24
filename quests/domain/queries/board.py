"""The board: one computation for the page and the API."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Sum

from quests.domain.scores import StandingLine, void_tasks
from quests.models import Enrollment, Event, Task


@dataclass(frozen=True)
class BoardRow:
    """One team's line; equal points, hint points and last gain share a rank."""

    rank: int
    enrollment_id: UUID
    team: str
    bracket: str
    tasks_done: int
    points: int
    hint_points: int
    last_gain_at: datetime | None


def board(event: Event, *, frozen: bool = False, bracket: str = "") -> list[BoardRow]:
    """Return the event's standings: most points, then fewer hint points, then the earlier last gain.

    With `frozen` they are those of the moment at which the board was frozen; a bracket ranks only its own teams.
    """
    playing = event.enrollments.filter(closed_at=None)
    teams = playing.select_related("frozen_standing" if frozen else "standing")
    if bracket:
        teams = teams.filter(bracket=bracket)
    lines = [(team, _line(team, frozen=frozen)) for team in teams]
    lines.sort(key=lambda pair: (_order(pair[1]), pair[0].name.lower()))
    rows: list[BoardRow] = []
    for position, (team, line) in enumerate(lines, start=1):
        tied = position > 1 and _order(lines[position - 2][1]) == _order(line)
        rows.append(
            BoardRow(
                rank=rows[-1].rank if tied else position,
                enrollment_id=team.pk,
                team=team.name,
                bracket=team.bracket,
                **vars(line),
            )
        )
    return rows


def is_frozen_for(event: Event, *, organizes: bool) -> bool:
    """Tell whether this person sees the standings of an earlier moment; organizers see them as they are."""
    return event.board_frozen_at is not None and not organizes


def bracket_of(event: Event, wanted: str) -> str:
    """Return the wanted bracket if the event has it, else none: the whole board."""
    return wanted if wanted in event.brackets else ""


def maximum_of(event: Event) -> int:
    """Return how many points the event's tasks give together; what is void for everybody is not in it."""
    void = Task.objects.filter(pk__in=list(void_tasks(event))).aggregate(points=Sum("points"))["points"] or 0
    return event.release.maximum - int(void)


def tasks_of(event: Event) -> int:
    """Return how many tasks count."""
    return Task.objects.filter(quest__release=event.release_id).exclude(pk__in=list(void_tasks(event))).count()


def _line(team: Enrollment, *, frozen: bool) -> StandingLine:
    # A team that was founded after the freeze has nothing on the frozen board.
    standing = getattr(team, "frozen_standing" if frozen else "standing", None)
    return StandingLine.stored(standing) if standing else StandingLine()


def _order(line: StandingLine) -> tuple[int, int, float]:
    gained = line.last_gain_at.timestamp() if line.last_gain_at else float("inf")
    return (-line.points, line.hint_points, gained)
