"""Running claimed checks: what is read before, and whom a broken one stops."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quests.domain.checks import claim_due_checks
from quests.domain.runs import run_checks
from quests.models import Enrollment, PackRelease, TaskProgress
from tests.quests.conftest import MakePerson, new_team, unlock

# Verdicts are stored by threads of their own, which see only what is committed.
pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


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


def test_more_checks_need_not_more_queries(now: datetime, team: Enrollment, make_person: MakePerson) -> None:
    counts = []
    for number in (1, 2):
        if number == 2:
            new_team(team.event, now, "Other Birds", make_person())
        for each in team.event.enrollments.select_related("place__lease"):
            ready(each, now)
        claims = claim_due_checks(now=now, limit=10)
        assert len(claims) == number
        with CaptureQueriesContext(connection) as queries:
            run_checks(claims=claims, seconds=10)
        # The verdicts themselves are stored over connections of their own threads.
        counts.append(len(queries))
        assert outcomes() == ["fail"] * number
    assert counts[0] == counts[1]


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
