"""Running claimed checks: what is read before, and whom a broken one stops."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from provisioning.models import Lease
from provisioning.signals import lease_moved
from quests.domain import runs
from quests.domain.checks import claim_due_checks
from quests.domain.runs import IN_FLIGHT, _writer, run_checks, start_checks
from quests.models import Enrollment, PackRelease, ProbeRun, TaskProgress
from tests.quests.conftest import MakePerson, new_team, unlock

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def now() -> datetime:
    """Runs store their verdicts at the wall clock's time."""
    return datetime.now(UTC)


def ready(team: Enrollment, now: datetime) -> None:
    """Give the team a sandbox, and make the only task that asks no sandbox due: its input was not handed in."""
    assert team.place and team.place.lease
    team.place.lease.state = "active"
    team.place.lease.save(update_fields=["state"])
    if not team.unlocks.exists():
        unlock(team, now, "double-dodo")
    TaskProgress.objects.filter(enrollment=team).exclude(task__slug="find-the-copy").update(due_at=None)
    TaskProgress.objects.filter(enrollment=team, task__slug="find-the-copy").update(due_at=now)


def outcomes() -> list[str]:
    rows = TaskProgress.objects.filter(task__slug="find-the-copy").order_by("enrollment__created_at")
    return list(rows.values_list("last_outcome", flat=True))


def test_more_checks_need_not_more_queries_to_be_read(now: datetime, team: Enrollment, make_person: MakePerson) -> None:
    counts = []
    for number in (1, 2, 3):
        if number > 1:
            new_team(team.event, now, f"Other Birds {number}", make_person())
        for each in team.event.enrollments.select_related("place__lease"):
            ready(each, now)
        claims = claim_due_checks(now=now, limit=10)
        assert len(claims) == number
        with CaptureQueriesContext(connection) as queries:
            run_checks(claims=claims, seconds=10)
        statements = [query["sql"] for query in queries.captured_queries]
        # What comes after depends on how many verdicts arrive together; see the tests of recording.
        counts.append(next(place for place, sql in enumerate(statements) if "FOR UPDATE" in sql))
        assert outcomes() == ["fail"] * number
    # The release is read once and kept.
    assert counts[0] - 1 <= counts[1] == counts[2]


def test_a_run_says_how_late_it_was(now: datetime, team: Enrollment) -> None:
    ready(team, now - timedelta(seconds=90))
    run_checks(claims=claim_due_checks(now=now, limit=10), seconds=10)
    (run,) = ProbeRun.objects.filter(enrollment=team)
    assert 90_000 <= run.late_ms < 150_000
    # Whatever it has missed, it is due once and only later.
    assert claim_due_checks(now=datetime.now(UTC), limit=10) == []


def test_waiting_for_a_sandbox_is_no_lateness(now: datetime, team: Enrollment) -> None:
    ready(team, now - timedelta(seconds=90))
    assert team.place and team.place.lease
    team.place.lease.state_since = now
    lease_moved.send(Lease, lease=team.place.lease)
    run_checks(claims=claim_due_checks(now=datetime.now(UTC), limit=10), seconds=10)
    (run,) = ProbeRun.objects.filter(enrollment=team)
    assert run.late_ms < 60_000


def test_a_release_that_cannot_be_read_stops_no_other_teams_check(
    now: datetime, team: Enrollment, release: PackRelease, make_person: MakePerson
) -> None:
    other = new_team(team.event, now, "Other Birds", make_person())
    for each in (team, other):
        ready(Enrollment.objects.select_related("place__lease").get(pk=each.pk), now)
    claims = claim_due_checks(now=now + timedelta(seconds=1), limit=10)
    broken = TaskProgress.objects.get(enrollment=team, task__slug="find-the-copy")
    quest = release.quests.get(slug="open-nest")
    # A task whose probe the release does not have, as an older platform might have stored it.
    TaskProgress.objects.filter(pk=broken.pk).update(
        task=quest.tasks.create(slug="odd", position=9, points=1, checks=["?"])
    )
    run_checks(claims=claims, seconds=10)
    assert outcomes() == ["fail"]


@pytest.mark.django_db(transaction=True)
def test_a_started_check_is_stored_without_anybody_waiting_for_it(now: datetime, team: Enrollment) -> None:
    ready(team, now)
    start_checks(claims=claim_due_checks(now=now, limit=10), seconds=10)
    deadline = time.monotonic() + 30
    while outcomes() != ["fail"] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert outcomes() == ["fail"]
    # Each has given its place back.
    for _ in range(IN_FLIGHT):
        assert _writer().room.acquire(timeout=20)
    _writer().room.release(IN_FLIGHT)


def test_without_room_a_check_is_left_for_another_worker(now: datetime, team: Enrollment) -> None:
    ready(team, now)
    for _ in range(IN_FLIGHT):
        assert _writer().room.acquire(timeout=20)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(runs, "DISPATCH", timedelta(0))
            start_checks(claims=claim_due_checks(now=now, limit=10), seconds=10)
    finally:
        _writer().room.release(IN_FLIGHT)
    assert ProbeRun.objects.count() == 0
    assert len(claim_due_checks(now=now + timedelta(seconds=11), limit=10)) == 1
