"""Holding, turning red and green again: what verdicts make of a task."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from accounts.models import User
from quests.domain.checks import claim_due_checks, take_checks
from quests.domain.corrections import reverse_entry
from quests.domain.queries.console import task_views
from quests.domain.refusals import UnableToRemedy
from quests.domain.scores import accept_task, rebuild_standings
from quests.enums import Outcome
from quests.models import Enrollment, ScoreEntry, Standing
from tests.quests.playing import judge, playing_team, quest_of, row

pytestmark = [pytest.mark.services, pytest.mark.django_db]

PASS, FAIL, ERROR = Outcome.PASS, Outcome.FAIL, Outcome.ERROR


@pytest.fixture
def team(tmp_path: Path, now: datetime, organizer: User) -> Enrollment:
    return playing_team(folder=tmp_path, now=now, organizer=organizer)


@pytest.fixture
def hatching(team: Enrollment, now: datetime) -> Enrollment:
    """The team with the quest open that asks to hold for ten minutes."""
    judge(team, "warm", PASS, now)
    return team


def points(team: Enrollment) -> list[int]:
    return list(ScoreEntry.objects.filter(enrollment=team).order_by("id").values_list("points", flat=True))


def view(team: Enrollment, quest: str, task: str) -> tuple[str, str, bool]:
    shown = next(each for each in task_views(enrollment=team, quest=quest_of(team, quest)) if each.slug == task)
    return shown.state, shown.turning, shown.taken_back


def test_a_task_passes_once_it_has_held_for_its_time(hatching: Enrollment, now: datetime) -> None:
    for minute in (0, 4, 9):
        progress = judge(hatching, "first", PASS, now + timedelta(minutes=minute))
        assert (progress.passed_at, progress.turning_since) == (None, now)
        assert view(hatching, "hatch", "first") == ("holding", "holding", False)
    # It is looked at again no later than when its time is over.
    assert progress.due_at and progress.due_at <= now + timedelta(minutes=10)
    assert points(hatching) == [50]

    progress = judge(hatching, "first", PASS, now + timedelta(minutes=10))
    assert (progress.passed_at, progress.due_at, progress.turning_since) == (now + timedelta(minutes=10), None, None)
    assert points(hatching) == [50, 40]


def test_a_fail_begins_the_hold_anew(hatching: Enrollment, now: datetime) -> None:
    judge(hatching, "first", PASS, now)
    assert judge(hatching, "first", FAIL, now + timedelta(minutes=9)).turning_since is None
    judge(hatching, "first", PASS, now + timedelta(minutes=10))
    assert judge(hatching, "first", PASS, now + timedelta(minutes=19)).passed_at is None
    assert judge(hatching, "first", PASS, now + timedelta(minutes=20)).passed_at


def test_an_error_breaks_no_hold_and_its_time_does_not_count(hatching: Enrollment, now: datetime) -> None:
    judge(hatching, "first", PASS, now)
    judge(hatching, "first", PASS, now + timedelta(minutes=5))
    judge(hatching, "first", ERROR, now + timedelta(minutes=6))
    judge(hatching, "first", ERROR, now + timedelta(minutes=8))
    # Five minutes have been seen to hold; the four from the last good look to the next one were not.
    assert judge(hatching, "first", PASS, now + timedelta(minutes=9)).turning_since == now + timedelta(minutes=4)
    assert judge(hatching, "first", PASS, now + timedelta(minutes=13)).passed_at is None
    assert judge(hatching, "first", PASS, now + timedelta(minutes=14)).passed_at


def test_a_continuous_task_goes_on_being_checked_and_is_taken_back(team: Enrollment, now: datetime) -> None:
    assert judge(team, "stays-warm", PASS, now).due_at
    later = now + timedelta(minutes=5)
    assert team.place and team.place.lease
    team.place.lease.state = "ready"
    team.place.lease.save(update_fields=["state"])
    due = take_checks(now=later, claims=claim_due_checks(now=later, limit=100))
    assert row(team, "stays-warm").pk in {claim.progress_id for claim in due}

    # One red verdict may be a hiccup; the second in a row takes the points back.
    assert judge(team, "stays-warm", FAIL, later).passed_at
    assert view(team, "keep", "stays-warm") == ("pass", "breaking", False)
    assert judge(team, "stays-warm", FAIL, later + timedelta(minutes=1)).passed_at is None
    assert view(team, "keep", "stays-warm") == ("fail", "", True)
    assert points(team) == [30, -30]
    standing = Standing.objects.get(enrollment=team)
    assert (standing.points, standing.tasks_done) == (0, 0)

    # And it comes again the same way.
    judge(team, "stays-warm", PASS, later + timedelta(minutes=2))
    assert points(team) == [30, -30]
    judge(team, "stays-warm", PASS, later + timedelta(minutes=3))
    assert points(team) == [30, -30, 30]
    assert Standing.objects.get(enrollment=team).tasks_done == 1
    assert rebuild_standings(event=team.event, check_only=True) == []


def test_flapping_costs_nothing_and_neither_do_errors(team: Enrollment, now: datetime) -> None:
    judge(team, "stays-warm", PASS, now)
    verdicts = [FAIL, PASS, FAIL, PASS, FAIL, ERROR, ERROR, ERROR, PASS, ERROR, FAIL]
    for minute, outcome in enumerate(verdicts, start=1):
        judge(team, "stays-warm", outcome, now + timedelta(minutes=minute))
    assert points(team) == [30]


def test_a_task_that_was_taken_back_can_be_accepted_and_is_then_left_alone(
    team: Enrollment, now: datetime, organizer: User
) -> None:
    for minute, outcome in enumerate([PASS, FAIL, FAIL]):
        judge(team, "stays-warm", outcome, now + timedelta(minutes=minute))
    task = row(team, "stays-warm").task
    accept_task(now=now, enrollment=team, task=task, reason="Our fault", actor=organizer)
    assert points(team) == [30, -30, 30]
    assert row(team, "stays-warm").due_at is None


def test_a_reversed_take_back_gives_the_task_back_and_is_not_paid_twice(
    team: Enrollment, now: datetime, organizer: User
) -> None:
    for minute, outcome in enumerate([PASS, FAIL, FAIL]):
        judge(team, "stays-warm", outcome, now + timedelta(minutes=minute))
    taken = ScoreEntry.objects.get(enrollment=team, points=-30)
    later = now + timedelta(minutes=5)
    reverse_entry(now=later, event=team.event, entry=taken, reason="Our fault", actor=organizer)
    assert row(team, "stays-warm").passed_at == later
    for minute in (6, 7):
        judge(team, "stays-warm", PASS, now + timedelta(minutes=minute))
    assert points(team) == [30, -30, 30]
    assert rebuild_standings(event=team.event, check_only=True) == []


def test_points_that_the_team_has_again_are_not_given_back(team: Enrollment, now: datetime, organizer: User) -> None:
    for minute, outcome in enumerate([PASS, FAIL, FAIL, PASS, PASS]):
        judge(team, "stays-warm", outcome, now + timedelta(minutes=minute))
    taken = ScoreEntry.objects.get(enrollment=team, points=-30)
    with pytest.raises(UnableToRemedy, match="has these points again"):
        reverse_entry(now=now, event=team.event, entry=taken, reason="Our fault", actor=organizer)
    assert points(team) == [30, -30, 30]


def test_a_gain_that_an_organizer_took_is_not_taken_again(team: Enrollment, now: datetime, organizer: User) -> None:
    judge(team, "stays-warm", PASS, now)
    gain = ScoreEntry.objects.get(enrollment=team)
    reverse_entry(now=now, event=team.event, entry=gain, reason="It was a canned answer", actor=organizer)
    for minute in (1, 2):
        judge(team, "stays-warm", FAIL, now + timedelta(minutes=minute))
    assert points(team) == [30, -30]
