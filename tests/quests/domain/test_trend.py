"""The trend: points over time as the ledger has them, and the board's own numbers at its end."""

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from quests.domain.brackets import put_in_bracket, set_brackets
from quests.domain.corrections import adjust_score
from quests.domain.freezing import plan_freeze
from quests.domain.queries.board import board
from quests.domain.queries.trend import Trend, trend
from quests.models import Enrollment, Event, PackRelease
from quests.views.plot import plot
from tests.quests.conftest import new_event, new_person, new_team, run_actions
from tests.quests.domain.test_freezing import gain

pytestmark = [pytest.mark.services, pytest.mark.django_db]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def teams(now: datetime, release: PackRelease, organizer: User) -> list[Enrollment]:
    """Thirteen teams; each next one has a point less."""
    event = new_event(now=now, release=release, organizer=organizer, planned_teams=13)
    run_actions(event, now, "vend", "open")  # type: ignore[arg-type]
    teams = [new_team(event, now, f"Team {number:02}", new_person()) for number in range(13)]
    for number, team in enumerate(teams):
        gain(team, now + timedelta(seconds=90), 50 - number)
    return teams


def shown(event: Event, at: datetime, *, frozen: bool = False, own: Enrollment | None = None) -> Trend:
    event = Event.objects.get(pk=event.pk)
    rows = board(event, frozen=frozen)
    found = trend(now=at, event=event, rows=rows, frozen=frozen, own=own.pk if own else None)
    assert found is not None
    points = {row.enrollment_id: row.points for row in rows}
    assert [line.points[-1] for line in found.lines] == [points[line.enrollment_id] for line in found.lines]
    assert {len(line.points) for line in found.lines} == {len(found.moments)}
    return found


def test_points_are_summed_up_minute_by_minute(teams: list[Enrollment], now: datetime, organizer: User) -> None:
    gain(teams[0], now + 3 * MINUTE, 7)
    found = shown(teams[0].event, now + timedelta(seconds=200))
    assert found.moments == [now, now + MINUTE, now + 2 * MINUTE, now + 3 * MINUTE, now + timedelta(seconds=200)]
    assert found.lines[0].points == [0, 0, 50, 57, 57]
    assert [line.team for line in found.lines] == [f"Team {number:02}" for number in range(10)]


def test_ones_own_team_is_there_wherever_it_ranks(teams: list[Enrollment], now: datetime) -> None:
    found = shown(teams[0].event, now + 2 * MINUTE, own=teams[12])
    assert [(line.rank, line.team) for line in found.lines[9:]] == [(10, "Team 09"), (13, "Team 12")]
    assert [line.you for line in plot(found, own=teams[12].pk).lines] == [False] * 10 + [True]
    assert len(shown(teams[0].event, now + 2 * MINUTE, own=teams[3]).lines) == 10


def test_it_freezes_with_the_board(teams: list[Enrollment], now: datetime, organizer: User) -> None:
    event = teams[0].event
    plan_freeze(now=now + 2 * MINUTE, event=event, at=now + 2 * MINUTE, actor=organizer)
    gain(teams[12], now + 3 * MINUTE, 500)
    then, live = shown(event, now + 9 * MINUTE, frozen=True), shown(event, now + 9 * MINUTE)
    assert (then.moments[-1], then.lines[0].team, then.lines[0].points[-1]) == (now + 2 * MINUTE, "Team 00", 50)
    assert (live.lines[0].team, live.lines[0].points[-1]) == ("Team 12", 538)


def test_what_is_corrected_after_the_end_is_in_the_last_step(
    teams: list[Enrollment], now: datetime, organizer: User
) -> None:
    token = teams[0].pk
    adjust_score(now=now + 90 * MINUTE, enrollment=teams[0], points=-60, reason="So", actor=organizer, token=token)
    found = shown(teams[0].event, now + 100 * MINUTE, own=teams[0])
    assert (found.moments[-1], found.lines[-1].points[-2:]) == (now + 60 * MINUTE, [50, -10])
    drawn = plot(found, own=None)
    assert (drawn.low, drawn.high) == (-10, 50)


def test_it_takes_one_query_and_none_without_a_change(teams: list[Enrollment], now: datetime) -> None:
    event = teams[0].event
    rows = board(event)
    numbers = []
    for each in (rows[:1], rows[:3], rows[:3]):
        with CaptureQueriesContext(connection) as queries:
            trend(now=now + 2 * MINUTE, event=event, rows=each)
        numbers.append(len(queries))
    assert numbers == [1, 1, 0]
    gain(teams[0], now + 2 * MINUTE, 3)
    assert shown(event, now + 2 * MINUTE).lines[0].points[-1] == 53


def test_there_is_none_before_the_start_or_where_the_pack_wants_none(teams: list[Enrollment], now: datetime) -> None:
    event = teams[0].event
    assert trend(now=now, event=event, rows=board(event)) is None
    event.release.document["pack"]["scoring"]["trend"] = False
    assert trend(now=now + MINUTE, event=event, rows=board(event)) is None


def test_page_and_api_show_the_same_numbers_by_bracket_too(
    teams: list[Enrollment], client: Client, now: datetime, organizer: User
) -> None:
    event = teams[0].event
    set_brackets(now=now, event=event, names=["Nestlings"], actor=organizer)
    event.refresh_from_db()
    for team in teams[3:5]:
        put_in_bracket(now=now, enrollment=team, bracket="Nestlings", actor=organizer)
    client.force_login(organizer)
    for said, number in (({}, 10), ({"bracket": "Nestlings"}, 2)):
        body = client.get(reverse("api_trend", args=[event.slug]), said).json()
        page = client.get(reverse("board", args=[event.slug]), {"part": "trend", **said}).content.decode()
        key = re.findall(r'class="trend-team">(Team \d\d)</span> <b>(\d+)</b>', page)
        assert [(line["team"], str(line["points"][-1])) for line in body["teams"]] == key
        assert len(key) == number
        assert page.count("<polyline") == number
        assert "style=" not in page
    wrong = client.get(reverse("api_trend", args=[event.slug]), {"bracket": "giants"})
    assert (wrong.status_code, wrong.json()["brackets"]) == (404, ["Nestlings"])
