"""The organizer's acts: said, shown, then done, without any script."""

import re
from datetime import datetime

import pytest
from django.urls import reverse

from quests.domain.scores import accept_task
from quests.enums import EventState, VoidMode
from quests.models import ScoreEntry, Standing, Task, TaskVoid
from quests.views.acts import ACTS
from tests.quests.views.conftest import World

pytestmark = [pytest.mark.services, pytest.mark.django_db]

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@pytest.fixture
def task(world: World) -> Task:
    return Task.objects.filter(quest__release=world.event.release).order_by("pk")[0]


def where(world: World, act: str) -> str:
    return reverse("control_act", args=[world.event.slug, act])


def shown(world: World, act: str, **said: object) -> tuple[str, dict[str, str]]:
    """Return the page that shows what would happen, and what its button would send."""
    page = world.client("organizer").get(where(world, act), {**said, "show": "1"})
    assert page.status_code == 200, page.content.decode()
    text = page.content.decode()
    return text, {name: value for name, value in HIDDEN.findall(text) if name != "csrfmiddlewaretoken"}


def test_what_was_shown_is_what_is_done(world: World, task: Task, now: datetime) -> None:
    organizer = world.people["organizer"]
    assert organizer is not None
    accept_task(now=now, enrollment=world.team, task=task, reason="Seen", actor=organizer)
    said = {"task": str(task.pk), "mode": "nobody", "reason": "Wrong port"}
    text, send = shown(world, "void", **said)
    assert send == {"version": "0", **said}
    cells = [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[dh][^>]*>.*?</t[dh]>", text)]
    assert cells[-3:] == ["Hippo Ballerinas", str(task.points), f"−{task.points} 0"]
    assert "1 team keeps its points." in text
    assert not TaskVoid.objects.exists()

    answer = world.client("organizer").post(where(world, "void"), send)
    assert answer["Location"] == reverse("control", args=[world.event.slug])
    assert TaskVoid.objects.get().mode == VoidMode.NOBODY
    assert Standing.objects.get(enrollment=world.team).points == 0
    control = world.client("organizer").get(answer["Location"]).content.decode()
    assert "counts for nobody · Wrong port" in control


def test_who_confirms_what_is_done_already_is_told_so(world: World, task: Task, now: datetime) -> None:
    organizer = world.people["organizer"]
    assert organizer is not None
    entry = accept_task(now=now, enrollment=world.team, task=task, reason="Seen", actor=organizer)
    _page, send = shown(world, "reverse", entry=entry.pk, reason="Wrong team")
    world.client("staff").post(where(world, "reverse"), send)
    late = world.client("organizer").post(where(world, "reverse"), send)
    assert late.status_code == 422
    assert "This cannot be chosen any more: somebody else may have been faster." in late.content.decode()
    assert Standing.objects.get(enrollment=world.team).points == 0
    assert ScoreEntry.objects.count() == 2


def test_of_two_organizers_the_second_is_told_and_undoes_nothing(world: World) -> None:
    _page, pause = shown(world, "pause", reason="Lunch", access="keep", minutes_ago=0)
    _page, extend = shown(world, "extend", reason="More", minutes=10)
    first, second = world.client("organizer"), world.client("staff")
    first.post(where(world, "pause"), pause)
    answer = second.post(where(world, "extend"), extend, follow=True)
    assert "Meanwhile Olive has moved the clock" in answer.content.decode()
    ends_at = world.event.ends_at
    world.event.refresh_from_db()
    assert (world.event.state, world.event.ends_at) == (EventState.PAUSED, ends_at)
    _page, go_on = shown(world, "continue")
    first.post(where(world, "continue"), go_on)
    world.event.refresh_from_db()
    assert world.event.state == EventState.OPEN


def test_a_doubled_click_adjusts_once(world: World) -> None:
    token = "5f0c1f43-4dd5-4a53-9b39-5b7f1e2a7a01"
    _page, send = shown(world, "adjust", enrollment=world.team.pk, points=-25, reason="Shared", token=token)
    for _ in range(2):
        world.client("organizer").post(where(world, "adjust"), send)
    assert list(ScoreEntry.objects.values_list("points", flat=True)) == [-25]


@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("pause", {"reason": "", "access": "keep", "minutes_ago": "0"}),
        ("pause", {"reason": "Lunch", "access": "all", "minutes_ago": "0"}),
        ("pause", {"reason": "Lunch", "access": "keep", "minutes_ago": "90"}),
        ("extend", {"reason": "More", "minutes": "-3"}),
        ("extend", {"reason": "More", "minutes": "many"}),
        ("adjust", {"enrollment": "nobody", "points": "5", "reason": "So"}),
        ("adjust", {"points": "0", "reason": "So it is"}),
        ("reverse", {"entry": "99", "reason": "Wrong"}),
        ("void", {"task": "0", "mode": "nobody", "reason": "Wrong"}),
        ("void", {"mode": "somebody", "reason": "Wrong"}),
        ("count-again", {"void": "1", "reason": "Right"}),
        ("resume-scoring", {"hold": "1", "reason": "Right"}),
        ("freeze-board", {"minutes_before_end": "0"}),
        ("bracket", {"bracket": "giants"}),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(world: World, act: str, said: dict[str, str]) -> None:
    client = world.client("organizer")
    page = client.get(where(world, act), {**said, "show": "1"})
    assert (page.status_code, "errorlist" in page.content.decode()) == (422, True)
    assert client.post(where(world, act), {**said, "version": "0"}).status_code == 422
    assert not ScoreEntry.objects.exists()
    world.event.refresh_from_db()
    assert world.event.clock_version == 0


def test_an_act_without_the_version_of_the_clock_is_shown_and_not_done(world: World) -> None:
    said = {"reason": "Lunch", "access": "keep", "minutes_ago": "0"}
    assert world.client("organizer").post(where(world, "pause"), said).status_code == 422
    world.event.refresh_from_db()
    assert world.event.state == EventState.OPEN


def test_brackets_are_named_filled_and_not_taken_from_under_a_team(world: World) -> None:
    client = world.client("organizer")
    client.post(where(world, "brackets"), {"names": "students, professionals", "version": "0"})
    client.post(where(world, "bracket"), {"enrollment": world.team.pk, "bracket": "students", "version": "0"})
    board = client.get(reverse("api_board", args=[world.event.slug]), {"bracket": "students"}).json()
    assert [(row["rank"], row["team"]) for row in board["standings"]] == [(1, "Hippo Ballerinas")]
    answer = client.post(where(world, "brackets"), {"names": "professionals", "version": "0"}, follow=True)
    assert "Hippo Ballerinas is in the bracket “students”: move the team first" in answer.content.decode()
    unknown = client.get(reverse("api_board", args=[world.event.slug]), {"bracket": "giants"})
    assert (unknown.status_code, unknown.json()["brackets"]) == (404, ["students", "professionals"])


@pytest.mark.parametrize("act", ACTS)
def test_every_act_has_its_page(world: World, act: str) -> None:
    assert world.client("organizer").get(where(world, act)).status_code == 200


def test_an_act_that_is_not_there_is_not_found(world: World) -> None:
    assert world.client("organizer").get(where(world, "explode")).status_code == 404
