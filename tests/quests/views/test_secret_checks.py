"""Of a secret check a team learns the outcome and the advice, never the solution."""

from datetime import datetime

import pytest
from django.urls import reverse

from quests.enums import Outcome, Trigger
from quests.models import ProbeRun, Task, TaskProgress
from tests.quests.views.conftest import World

pytestmark = [pytest.mark.services, pytest.mark.django_db]

EVIDENCE = {"asked": "what-was-asked", "expected": "what-was-expected", "seen": "what-was-seen"}


def judged(world: World, now: datetime, *, quest: str, outcome: Outcome) -> None:
    """Let the first task of a quest have been checked with this outcome."""
    task = Task.objects.filter(quest__release=world.event.release, quest__slug=quest)[0]
    run = ProbeRun.objects.create(
        enrollment=world.team,
        task=task,
        probe=task.checks[0],
        at=now,
        trigger=Trigger.SCHEDULE,
        outcome=outcome,
        summary="summary-of-the-evidence",
        advice="Look again.",
        milliseconds=5,
        **EVIDENCE,
    )
    TaskProgress.objects.filter(enrollment=world.team, task=task).update(last_run=run, last_outcome=outcome)


def shown(world: World, quest: str, **query: str) -> set[str]:
    page = world.client("member").get(reverse("quest", args=[world.event.slug, quest]), query).content.decode()
    return {word for word in (*EVIDENCE.values(), "summary-of-the-evidence", "Look again.") if word in page}


@pytest.mark.parametrize("query", [{}, {"part": "tasks"}])
def test_a_secret_fail_shows_the_advice_alone(world: World, now: datetime, query: dict[str, str]) -> None:
    judged(world, now, quest="double-dodo", outcome=Outcome.FAIL)
    assert shown(world, "double-dodo", **query) == {"Look again."}


@pytest.mark.parametrize("outcome", Outcome.values)
def test_the_evidence_of_a_secret_check_never_appears(world: World, now: datetime, outcome: str) -> None:
    judged(world, now, quest="double-dodo", outcome=Outcome(outcome))
    assert shown(world, "double-dodo") & set(EVIDENCE.values()) == set()


def test_an_open_check_shows_its_evidence(world: World, now: datetime) -> None:
    judged(world, now, quest="open-nest", outcome=Outcome.FAIL)
    assert shown(world, "open-nest") == {*EVIDENCE.values(), "summary-of-the-evidence", "Look again."}
