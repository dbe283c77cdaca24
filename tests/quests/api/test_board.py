"""The board as JSON: the page's own numbers, for the same people."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from quests.domain.scores import award
from quests.enums import EntryKind
from quests.models import Enrollment, Event
from tests.quests.conftest import MakePerson, new_team

pytestmark = [pytest.mark.services, pytest.mark.django_db]

NO_EVENT = {"code": "NotFound", "error": "There is no such event for you."}
CELL = re.compile(r"<t[dh][^>]*>(.*?)</t[dh]>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")


def gain(now: datetime, team: Enrollment, points: int, kind: EntryKind = EntryKind.TASK) -> None:
    entry = award(
        now=now,
        enrollment=team,
        key=f"{team.pk}:{points}:{now.isoformat()}",
        kind=kind,
        points=points,
        sentence="Feathers",
        source="test",
    )
    assert entry is not None


@pytest.fixture
def teams(now: datetime, open_event: Event, make_person: MakePerson) -> list[Enrollment]:
    """Three teams: one leads, one has as many points but paid for a hint, one has nothing."""
    leader, hinted, idle = (
        new_team(open_event, now, name, make_person()) for name in ("Moas & Co", "Hinted", "<i>Idle</i>")
    )
    gain(now, leader, 1200)
    gain(now + timedelta(minutes=1), hinted, 1300)
    gain(now + timedelta(minutes=1), hinted, -100, EntryKind.HINT)
    return [leader, hinted, idle]


def test_the_api_gives_the_numbers_of_the_page(
    client: Client, open_event: Event, organizer: User, teams: list[Enrollment]
) -> None:
    client.force_login(organizer)
    body = client.get(reverse("api_board", args=[open_event.slug])).json()
    page = client.get(reverse("board", args=[open_event.slug]), {"part": "board"}).content.decode()
    lines = [
        [" ".join(unescape(TAG.sub("", cell)).split()) for cell in CELL.findall(line)] for line in page.split("<tr")[2:]
    ]

    assert [(row["rank"], row["team"], row["points"], row["hint_points"]) for row in body["standings"]] == [
        (1, "Moas & Co", 1200, 0),
        (2, "Hinted", 1200, 100),
        (3, "<i>Idle</i>", 0, 0),
    ]
    assert [(line[0], line[1], line[2].split("/")[0], line[3]) for line in lines] == [
        (str(row["rank"]), row["team"], str(row["tasks_done"]), f"{row['points']:,}") for row in body["standings"]
    ]


def test_names_are_text_on_the_page(
    client: Client, open_event: Event, organizer: User, teams: list[Enrollment]
) -> None:
    client.force_login(organizer)
    page = client.get(reverse("board", args=[open_event.slug])).content.decode()
    assert "&lt;i&gt;Idle&lt;/i&gt;" in page
    assert "<i>Idle</i>" not in page


def test_strangers_get_401_and_outsiders_404(client: Client, open_event: Event, make_person: MakePerson) -> None:
    address = reverse("api_board", args=[open_event.slug])
    stranger = client.get(address)
    assert (stranger.status_code, stranger.json()) == (401, {"code": "SignInFirst", "error": "Sign in first."})
    client.force_login(make_person())
    outsider = client.get(address)
    assert (outsider.status_code, outsider.json()) == (404, NO_EVENT)


def test_an_event_that_is_not_there_looks_like_one_of_others(client: Client, make_person: MakePerson) -> None:
    client.force_login(make_person())
    assert client.get(reverse("api_board", args=["nothing"])).json() == NO_EVENT


def test_the_board_is_read_only(client: Client, open_event: Event, organizer: User) -> None:
    client.force_login(organizer)
    assert client.post(reverse("api_board", args=[open_event.slug])).status_code == 405


def test_a_board_that_has_not_changed_is_not_sent_again(
    client: Client, open_event: Event, organizer: User, now: datetime, teams: list[Enrollment]
) -> None:
    client.force_login(organizer)
    address = reverse("api_board", args=[open_event.slug])
    etag = client.get(address)["ETag"]
    again = client.get(address, headers={"If-None-Match": etag})
    gain(now + timedelta(minutes=2), teams[2], 5)
    changed = client.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert (changed.status_code, changed["ETag"] != etag) == (200, True)
