"""The board of a rich event, word for word, as JSON and as HTML; `GOLDEN=write` writes it anew to be read and kept."""

import json
import os
import re
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from quests.domain.brackets import put_in_bracket, set_brackets
from quests.domain.corrections import adjust_score, reverse_entry, void_task
from quests.domain.freezing import plan_freeze
from quests.domain.scores import accept_task, award, rebuild_standings
from quests.enums import EntryKind, VoidMode
from quests.models import Enrollment, Event, FrozenStanding, PackRelease, Standing, Task
from tests.quests.conftest import MakePerson, new_event, new_team, run_actions

pytestmark = [pytest.mark.services, pytest.mark.django_db]

GOLDEN = Path(__file__).with_name("golden")
MINUTE = timedelta(minutes=1)


def agrees(name: str, text: str) -> None:
    """Compare with the golden file, or write it when asked to."""
    path = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


@pytest.fixture
def rich(now: datetime, release: PackRelease, organizer: User, make_person: MakePerson) -> Event:
    """Five teams in two brackets: a hint, an adjustment, a reversal, a void task, and a frozen board."""
    event = new_event(now=now, release=release, organizer=organizer, planned_teams=5)
    run_actions(event, now, "vend", "open")  # type: ignore[arg-type]
    set_brackets(now=now, event=event, names=["Nestlings", "Birds & Bees"], actor=organizer)
    names = ("Auks", "Bustards", "Cranes", "Dodos <3", "Emus")
    teams = [new_team(event, now, name, make_person(name)) for name in names]
    for team in teams[:2]:
        put_in_bracket(now=now, enrollment=team, bracket="Nestlings", actor=organizer)
    put_in_bracket(now=now, enrollment=teams[3], bracket="Birds & Bees", actor=organizer)
    tasks = list(Task.objects.filter(quest__release=release).order_by("pk")[:5])

    def accept(team: Enrollment, task: Task, minutes: int) -> None:
        accept_task(now=now + minutes * MINUTE, enrollment=team, task=task, reason="Seen", actor=organizer)

    for number, team in enumerate(teams[:4]):
        for task in tasks[: 2 + number % 2]:
            accept(team, task, 5 + number)
    auks, bustards, cranes, dodos, _emus = teams
    award(
        now=now + 9 * MINUTE,
        enrollment=cranes,
        key="hint",
        kind=EntryKind.HINT,
        points=-15,
        sentence="Hint 1",
        source="test",
    )
    adjust = {"now": now + 10 * MINUTE, "actor": organizer}
    adjust_score(enrollment=auks, points=-10, reason="Shared a key", token=UUID(int=1), **adjust)  # type: ignore[arg-type]
    wrong = bustards.score_entries.order_by("-pk")[0]
    reverse_entry(event=event, entry=wrong, reason="Another team's screen", **adjust)  # type: ignore[arg-type]
    plan_freeze(now=now + 11 * MINUTE, event=event, at=now + 11 * MINUTE, actor=organizer)
    accept(dodos, tasks[4], 12)
    void = {"reason": "The wrong port", "actor": organizer, "now": now + 13 * MINUTE}
    void_task(event=event, task=tasks[0], mode=VoidMode.NOBODY, **void)  # type: ignore[arg-type]
    void_task(event=event, task=tasks[3], mode=VoidMode.EVERYBODY, **void)  # type: ignore[arg-type]
    event.refresh_from_db()
    return event


def test_the_board_is_what_it_was(client: Client, rich: Event, organizer: User) -> None:
    player = rich.enrollments.get(name="Auks").participations.get().user
    for who, person in (("organizer", organizer), ("team", player)):
        client.force_login(person)
        for bracket in ("", "Nestlings"):
            said = {"bracket": bracket} if bracket else {}
            name = f"{who}-{bracket.lower() or 'all'}"
            body = client.get(reverse("api_board", args=[rich.slug]), said).json()
            agrees(f"{name}.json", json.dumps(body, indent=1, ensure_ascii=False) + "\n")
            page = client.get(reverse("board", args=[rich.slug]), {"part": "board", **said}).content.decode()
            agrees(f"{name}.html", re.sub(r"\n\s*\n+", "\n", page).strip() + "\n")


def test_a_rebuild_makes_the_same_board(client: Client, rich: Event, organizer: User) -> None:
    client.force_login(organizer)
    where = reverse("api_board", args=[rich.slug])
    before = client.get(where).json()
    assert rebuild_standings(event=rich, check_only=True) == []
    Standing.objects.filter(event=rich).update(points=1, tasks_done=9, hint_points=3, last_gain_at=None)
    assert client.get(where).json()["standings"] != before["standings"]
    assert len(rebuild_standings(event=rich)) == 5
    assert client.get(where).json() == before
    assert FrozenStanding.objects.filter(event=rich).count() == 5
