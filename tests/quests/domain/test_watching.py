"""Late checks are shown, and checks that cannot be carried out are told to the operators."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from provisioning.models import Notice
from quests.domain.queries.probing import Probing, probing
from quests.domain.watching import watch_checks
from quests.enums import Outcome, Trigger
from quests.models import Enrollment, ProbeRun, Task, TaskProgress

pytestmark = [pytest.mark.services, pytest.mark.django_db]
MINUTE = timedelta(minutes=1)


def runs(team: Enrollment, at: datetime, outcome: Outcome, count: int, late_ms: int = 500) -> None:
    task = Task.objects.filter(quest__release=team.event.release).first()
    ProbeRun.objects.bulk_create(
        ProbeRun(
            enrollment=team, task=task, probe="some-probe", at=at, trigger=Trigger.SCHEDULE, outcome=outcome,
            summary="AWS is away.", milliseconds=1, late_ms=late_ms,
        )
        for _ in range(count)
    )  # fmt: skip


def open_notices() -> list[str]:
    return list(Notice.objects.filter(over_at=None).values_list("title", flat=True))


def test_the_last_minutes_are_told_whatever_came_before(now: datetime, team: Enrollment) -> None:
    runs(team, now - 6 * MINUTE, Outcome.ERROR, 50, late_ms=90_000)
    assert probing(now=now, event=team.event) == Probing(0, 0, None, None, waiting=0)
    runs(team, now - MINUTE, Outcome.FAIL, 19, late_ms=1000)
    runs(team, now - MINUTE, Outcome.ERROR, 1, late_ms=20_000)
    assert team.place and team.place.lease
    team.place.lease.state = "active"
    team.place.lease.save(update_fields=["state"])
    TaskProgress.objects.update(due_at=now + MINUTE)
    TaskProgress.objects.filter(task__slug="close-ssh").update(due_at=now)
    found = probing(now=now, event=team.event)
    assert (found.runs, found.errors, found.late_p50, found.waiting) == (20, 1, 1.0, 1)
    assert found.late_p95 is not None and 1 < found.late_p95 <= 20
    assert (found.is_failing, found.is_behind) == (False, False)


def test_the_operators_are_told_once_and_it_ends(now: datetime, team: Enrollment) -> None:
    runs(team, now, Outcome.ERROR, 19)
    watch_checks(now=now)
    assert open_notices() == []  # Too few to say anything.
    runs(team, now, Outcome.FAIL, 5)
    watch_checks(now=now + timedelta(seconds=30))
    watch_checks(now=now + MINUTE)
    assert open_notices() == ["Checks of Test flight do not work"]
    assert "19 of the last 24 checks in 5 minutes" in Notice.objects.get().text
    # Silence is no recovery.
    watch_checks(now=now + 10 * MINUTE)
    assert len(open_notices()) == 1
    runs(team, now + 10 * MINUTE, Outcome.FAIL, 30)
    watch_checks(now=now + 11 * MINUTE)
    assert open_notices() == []


def test_the_control_room_shows_it_at_the_same_cost_however_many_runs_there_are(
    client: Client, team: Enrollment, organizer: User
) -> None:
    from django.utils import timezone

    client.force_login(organizer)
    address = reverse("control", args=[team.event.slug]) + "?part=checks"
    assert "No check in the last five minutes." in client.get(address).content.decode()
    counts = []
    for count in (30, 300):
        runs(team, timezone.now(), Outcome.ERROR, count, late_ms=60_000)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(address).content.decode()
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert "Many checks cannot be carried out." in page
    assert "330 of the last 330 failed on our side" in page
    assert "Verdicts come late." in page
