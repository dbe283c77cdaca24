"""Keeping the history of checks short: the latest verdicts, and every one that said something new."""

from datetime import datetime, timedelta

from django.db import connection

from quests.models import Enrollment

# About an hour of a task that is looked at each minute.
LATEST_KEPT = 60
# After its event nothing is added, so what is left by then stays.
REVISITED_FOR = timedelta(hours=6)


def compact_runs(*, now: datetime, latest: int = LATEST_KEPT) -> int:
    """Delete what repeats its predecessor, but for the `latest` of each team, task and probe; return how many.

    One team at a time, each in a transaction of its own, so that no verdict waits for this. Every change of outcome
    stays, and with it the run that an award names as its source: a first pass is a change.
    """
    played = Enrollment.objects.filter(event__starts_at__lte=now, event__ends_at__gt=now - REVISITED_FOR)
    return sum(_compact(enrollment, latest) for enrollment in played.order_by("pk"))


def _compact(enrollment: Enrollment, latest: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM quests_proberun WHERE id IN (
              SELECT id FROM (
                SELECT id, outcome,
                  lag(outcome) OVER (PARTITION BY task_id, probe ORDER BY at, id) AS before,
                  row_number() OVER (PARTITION BY task_id, probe ORDER BY at DESC, id DESC) AS age
                FROM quests_proberun WHERE enrollment_id = %(enrollment)s
              ) AS run
              WHERE age > %(latest)s AND outcome = before
                AND NOT EXISTS (SELECT FROM quests_taskprogress WHERE last_run_id = run.id)
            )
            """,
            {"enrollment": enrollment.pk, "latest": latest},
        )
        return int(cursor.rowcount)
