"""History stays short and still tells every change."""

from datetime import datetime, timedelta

import pytest

from quests.domain.retention import compact_runs
from quests.enums import Outcome, Trigger
from quests.models import Enrollment, ProbeRun, Task, TaskProgress

pytestmark = [pytest.mark.services, pytest.mark.django_db]
LETTERS = {"p": Outcome.PASS, "f": Outcome.FAIL, "e": Outcome.ERROR}


def run_through(now: datetime, team: Enrollment, task: Task, outcomes: str, probe: str = "some-probe") -> None:
    ProbeRun.objects.bulk_create(
        ProbeRun(
            enrollment=team,
            task=task,
            probe=probe,
            at=now + timedelta(minutes=minute),
            trigger=Trigger.SCHEDULE,
            outcome=LETTERS[letter],
            summary=letter,
            milliseconds=1,
        )
        for minute, letter in enumerate(outcomes)
    )


def kept(team: Enrollment, task: Task, now: datetime, probe: str = "some-probe") -> list[tuple[int, str]]:
    rows = ProbeRun.objects.filter(enrollment=team, task=task, probe=probe).order_by("at")
    return [(round((row.at - now).total_seconds() / 60), row.summary) for row in rows]


def test_the_latest_and_every_change_stay(now: datetime, team: Enrollment) -> None:
    first, second = Task.objects.filter(quest__release=team.event.release)[:2]
    run_through(now, team, first, "ffffeffffpppp")
    run_through(now, team, first, "ppppppp", probe="another")
    run_through(now, team, second, "ff")
    assert compact_runs(now=now, latest=2) == 7 + 4
    expected = [(0, "f"), (4, "e"), (5, "f"), (9, "p"), (11, "p"), (12, "p")]
    assert kept(team, first, now) == expected
    assert kept(team, first, now, "another") == [(0, "p"), (5, "p"), (6, "p")]
    assert kept(team, second, now) == [(0, "f"), (1, "f")]
    assert compact_runs(now=now, latest=2) == 0
    assert kept(team, first, now) == expected


def test_what_a_page_shows_as_the_last_verdict_stays(now: datetime, team: Enrollment) -> None:
    task = Task.objects.filter(quest__release=team.event.release).first()
    run_through(now, team, task, "fffff")
    shown = ProbeRun.objects.order_by("at")[2]
    TaskProgress.objects.filter(enrollment=team, task=task).update(last_run=shown)
    compact_runs(now=now, latest=1)
    assert kept(team, task, now) == [(0, "f"), (2, "f"), (4, "f")]


def test_long_after_the_event_nothing_is_touched(now: datetime, team: Enrollment) -> None:
    task = Task.objects.filter(quest__release=team.event.release).first()
    run_through(now, team, task, "fffff")
    assert compact_runs(now=team.event.ends_at + timedelta(hours=7), latest=1) == 0
