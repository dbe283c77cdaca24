"""`manage.py scores rebuild`: differences are named, and a check fails without changing anything."""

from datetime import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from quests.domain.scores import accept_task
from quests.enums import VoidMode
from quests.models import Enrollment, Standing, TaskVoid

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def scores(*arguments: str) -> tuple[str, str]:
    """Return what the command wrote and, when it failed, its last sentence."""
    out = StringIO()
    try:
        call_command("scores", *arguments, stdout=out)
    except CommandError as failure:
        return out.getvalue(), str(failure)
    return out.getvalue(), ""


@pytest.fixture
def points(now: datetime, team: Enrollment, organizer: User) -> int:
    """The points that the team really has."""
    task = team.event.release.quests.get(slug="open-nest").tasks.first()
    assert accept_task(now=now, enrollment=team, task=task, reason="Seen it", actor=organizer)
    return int(task.points)


def test_right_standings_are_said_to_be_right(team: Enrollment, points: int) -> None:
    said = ("Test flight: every standing agrees with the ledger.\n", "")
    assert scores("rebuild", team.event.slug, "--check") == said
    assert scores("rebuild", team.event.slug) == said


def test_a_wrong_standing_fails_the_check_and_is_then_corrected(team: Enrollment, points: int) -> None:
    Standing.objects.update(points=7)
    difference = f"Hippo Ballerinas: stored 7 points, the ledger says {points}.\n"
    failure = "Test flight: 1 standing(s) differ from the ledger; none was changed."
    assert scores("rebuild", team.event.slug, "--check") == (difference, failure)
    assert Standing.objects.get().points == 7
    assert scores("rebuild", team.event.slug) == (f"{difference}Test flight: 1 standing(s) corrected.\n", "")
    assert Standing.objects.get().points == points
    assert scores("rebuild", team.event.slug, "--check")[1] == ""


def test_a_void_task_that_counts_and_a_bracket_that_is_not_there_fail_every_run(
    now: datetime, team: Enrollment, points: int, organizer: User
) -> None:
    task = team.event.release.quests.get(slug="open-nest").tasks.first()
    TaskVoid.objects.create(
        event=team.event, task=task, mode=VoidMode.NOBODY, reason="By hand", by=organizer.pk, at=now
    )
    Standing.objects.update(last_gain_at=None)
    Enrollment.objects.update(bracket="giants")
    said = (
        f"Hippo Ballerinas: “{task.title}” is void and still counts {points} points.\n"
        "Hippo Ballerinas: the event has no bracket “giants”.\n"
    )
    failure = (
        "Test flight: 2 fault(s) in the ledger or the brackets, which no rebuild mends: "
        "an organizer corrects them in the control room."
    )
    assert scores("rebuild", team.event.slug, "--check") == (said, failure)
    assert scores("rebuild", team.event.slug) == (said, failure)


def test_an_unknown_event_is_answered_with_those_that_are_there(team: Enrollment) -> None:
    failure = "There is no event with the slug 'tset-flight'. The latest are: test-flight."
    assert scores("rebuild", "tset-flight") == ("", failure)


@pytest.mark.parametrize("arguments", [(), ("rebuild",), ("erase", "test-flight")])
def test_without_an_action_or_an_event_nothing_runs(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"required|invalid choice"):
        call_command("scores", *arguments)
