"""The latest reasons of a team's points, with what it earned over time summed up between them."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _

from quests.domain.scores import INCOME
from quests.models import Enrollment

FEED_LENGTH = 12


@dataclass(frozen=True)
class FeedLine:
    """One reason, or one that came `times` in a row with nothing else between."""

    sentence: str
    points: int
    at: datetime
    times: int = 1


def feed_of(enrollment: Enrollment) -> list[FeedLine]:
    """Return the team's latest entries, the newest first, in two queries.

    Income is one line per task and reason between two entries of another kind, so that it never drowns the rest.
    """
    others = list(enrollment.score_entries.exclude(INCOME).order_by("-at", "-id")[:FEED_LENGTH])
    lines = [FeedLine(entry.sentence, entry.points, entry.at) for entry in others]
    lines += _income(enrollment, [entry.at for entry in reversed(others)], whole=len(others) < FEED_LENGTH)
    return sorted(lines, key=lambda line: line.at, reverse=True)[:FEED_LENGTH]


def _income(enrollment: Enrollment, moments: list[datetime], *, whole: bool) -> list[FeedLine]:
    """Return the team's income summed up between these moments; without `whole` only what came after the first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT entry.sentence, sum(entry.points), max(entry.at), count(*)
            FROM quests_scoreentry AS entry LEFT JOIN quests_scoreentry AS reversed ON reversed.id = entry.reverses_id
            WHERE entry.enrollment_id = %(team)s AND (entry.kind = 'uptime' OR reversed.kind = 'uptime')
              AND (%(whole)s OR entry.at >= %(first)s)
            GROUP BY entry.task, entry.sentence, width_bucket(entry.at, %(moments)s::timestamptz[])
            """,
            {
                "team": enrollment.pk,
                "whole": whole,
                "first": moments[0] if moments else None,
                "moments": moments or [enrollment.created_at],
            },
        )
        return [
            FeedLine(_many(sentence, times), points, at, times) for sentence, points, at, times in cursor.fetchall()
        ]


def _many(sentence: str, times: int) -> str:
    if times == 1:
        return sentence
    return _("%(sentence)s, %(times)s times in a row") % {"sentence": sentence, "times": times}
