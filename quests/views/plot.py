"""A trend as a drawing: coordinates for inline SVG, which takes attributes and classes only."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from quests.domain.queries.trend import Trend

WIDTH, HEIGHT = 600, 240
COLUMNS = 6


@dataclass(frozen=True)
class Plotted:
    """One team's line; `number` from 1 chooses its look."""

    number: int
    rank: int
    team: str
    you: bool
    path: str
    points: int
    cells: list[int]


@dataclass(frozen=True)
class Plot:
    """Lines from the back to the front, the values at the axis, and the moments of the table."""

    lines: list[Plotted]
    high: int
    middle: int
    low: int
    zero: float
    starts_at: datetime
    ends_at: datetime
    moments: list[datetime]
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def back_to_front(self) -> list[Plotted]:
        """Return the lines in the order in which they are drawn: the first and one's own are on top."""
        return sorted(self.lines, key=lambda line: (line.you, -line.number))


def plot(trend: Trend, *, own: UUID | None) -> Plot:
    """Return the drawing of a trend; the table has COLUMNS of its moments, the last one always."""
    every = [points for line in trend.lines for points in line.points]
    low, high = _axis(min(every), max(every))
    first, last = trend.moments[0], trend.moments[-1]
    across = [WIDTH * ((moment - first) / (last - first)) for moment in trend.moments]

    def y(points: int) -> float:
        return round(HEIGHT * (high - points) / (high - low), 1)

    shown = sorted({round(index * (len(across) - 1) / COLUMNS) for index in range(1, COLUMNS + 1)})
    lines = [
        Plotted(
            number=number,
            rank=line.rank,
            team=line.team,
            you=line.enrollment_id == own,
            path=" ".join(f"{x:.1f},{y(points)}" for x, points in zip(across, line.points, strict=True)),
            points=line.points[-1],
            cells=[line.points[index] for index in shown],
        )
        for number, line in enumerate(trend.lines, start=1)
    ]
    return Plot(
        lines=lines,
        high=high,
        middle=(high + low) // 2,
        low=low,
        zero=y(0),
        starts_at=first,
        ends_at=last,
        moments=[trend.moments[index] for index in shown],
    )


def _axis(low: int, high: int) -> tuple[int, int]:
    """Return round ends of the axis around the values, nought among them."""
    low, high = min(0, low), max(0, high)
    unit = max(5, 10 ** (len(str(high - low)) - 1) // 5)
    return low // unit * unit, max(unit, -(-high // unit) * unit)
