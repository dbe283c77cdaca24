"""How the checks themselves are doing: how late they are, how many wait, how many could not be carried out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from provisioning.enums import OPEN_LEASE_STATES
from quests.enums import EventState
from quests.models import Event, TaskProgress

WINDOW = timedelta(minutes=5)
# Later than this is worth a word; a check that is due waits for a tick and a worker in any case.
LATE_SECONDS = 15.0
ENOUGH_RUNS = 20
TOO_MANY_ERRORS = 0.2


@dataclass(frozen=True)
class Probing:
    """The last minutes of an event's checks; seconds are None while there was none."""

    runs: int
    errors: int
    late_p50: float | None
    late_p95: float | None
    waiting: int

    @property
    def is_behind(self) -> bool:
        """Whether people should know that verdicts come late."""
        return self.late_p95 is not None and self.late_p95 > LATE_SECONDS

    @property
    def is_failing(self) -> bool:
        """Whether so many checks could not be carried out that somebody should look why."""
        return self.runs >= ENOUGH_RUNS and self.errors > self.runs * TOO_MANY_ERRORS


def probing(*, now: datetime, event: Event) -> Probing:
    """Return how the event's checks of the last five minutes went, whatever came before."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*), count(*) FILTER (WHERE outcome = 'error'),
              percentile_cont(0.5) WITHIN GROUP (ORDER BY late_ms),
              percentile_cont(0.95) WITHIN GROUP (ORDER BY late_ms)
            FROM quests_proberun AS run JOIN quests_enrollment AS team ON team.id = run.enrollment_id
            WHERE run.at > %s AND team.event_id = %s
            """,
            [now - WINDOW, event.pk],
        )
        runs, errors, middle, high = cursor.fetchone()
    waiting = TaskProgress.objects.filter(
        enrollment__event=event, due_at__lte=now, enrollment__place__lease__state__in=OPEN_LEASE_STATES
    ).count()
    return Probing(
        runs=runs,
        errors=errors,
        late_p50=None if middle is None else middle / 1000,
        late_p95=None if high is None else high / 1000,
        waiting=waiting if event.state == EventState.OPEN else 0,
    )
