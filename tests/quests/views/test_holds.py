"""The control room when a task holds itself: the evidence, and an organizer's decision."""

from dataclasses import asdict
from datetime import datetime

import pytest
from django.urls import reverse

from quests.domain.holds import Evidence
from quests.models import Task, TaskHold
from tests.quests.views.conftest import World
from tests.quests.views.test_acts import shown, where

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def hold(world: World, now: datetime) -> TaskHold:
    seen = Evidence(turned=4, running=9, fails=3, errors=1, since=now.isoformat(), said=[("<b>Timed out</b>", 4)])
    task = Task.objects.filter(quest__release=world.event.release)[0]
    return TaskHold.objects.create(event=world.event, task=task, at=now, evidence=asdict(seen))


def test_organizers_see_the_evidence_and_let_the_task_count_again(world: World, hold: TaskHold) -> None:
    control = reverse("control", args=[world.event.slug])
    client = world.client("organizer")
    for part in ({}, {"part": "checks"}):
        text = client.get(control, part).content.decode()
        assert "It broke for 4 of 9 teams together." in text
        assert "3 failed, 1 could not be carried out" in text
        assert "4 teams: &lt;b&gt;Timed out&lt;/b&gt;" in text
        assert f"{where(world, 'resume-scoring')}?hold={hold.pk}" in text
    text, send = shown(world, "resume-scoring", hold=hold.pk, reason="Our proxy")
    assert "3 teams keep their points." not in text
    assert "teams keep their points." in text
    for _ in range(2):
        answer = client.post(where(world, "resume-scoring"), send)
    hold.refresh_from_db()
    assert hold.ended_by == world.people["organizer"].pk  # type: ignore[union-attr]
    # The second click finds nothing to let count again, and says so beside the field.
    assert (answer.status_code, "errorlist" in answer.content.decode()) == (422, True)
    assert "Probably us" not in client.get(control).content.decode()


def test_the_event_page_says_what_counts(world: World) -> None:
    text = world.client("teamless").get(reverse("event", args=[world.event.slug])).content.decode()
    assert "Tasks: 1,000 points together" in text
    assert ("Speed does not count" in text, "Income:" in text) == (True, False)
