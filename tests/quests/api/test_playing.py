"""A team that plays by a script meets the rules of its console."""

from datetime import datetime
from pathlib import Path

import pytest

from accounts.models import User
from quests.models import Enrollment, QuestStart
from tests.quests.api.programs import Program
from tests.quests.playing import playing_team
from tests.quests.views.conftest import now  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def team(tmp_path: Path, now: datetime, organizer: User) -> Enrollment:  # noqa: F811
    return playing_team(folder=tmp_path, now=now, organizer=organizer)


@pytest.fixture
def program(team: Enrollment) -> Program:
    return Program(team.participations.get().user)


def test_quests_are_read_opened_and_checked(program: Program, team: Enrollment) -> None:
    slug = team.event.slug
    cards = program.get("api_quests", slug).json()["quests"]
    assert {card["slug"]: card["state"] for card in cards} == {
        "nest": "open",
        "keep": "open",
        "riddle": "open",
        "hatch": "locked",
        "fly": "locked",
    }
    assert not QuestStart.objects.filter(enrollment=team).exists()

    opened = program.post("api_quest_open", slug, "nest").json()
    assert [task["slug"] for task in opened["tasks"]] == ["warm"]
    assert [(hint["state"], hint["text_html"]) for hint in opened["hints"]] == [("offered", ""), ("locked", "")]
    assert QuestStart.objects.filter(enrollment=team).count() == 1

    locked = program.post("api_quest_open", slug, "hatch")
    assert (locked.status_code, locked.json()["code"]) == (409, "QuestLocked")
    missing = program.post("api_quest_open", slug, "nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "NotFound")


def test_what_is_handed_in_stands_there_and_is_checked(program: Program, team: Enrollment) -> None:
    slug = team.event.slug
    saved = program.put("api_input", slug, "nest", "endpoint", value=" http://127.0.0.1:1/ ")
    assert (saved.status_code, saved.json()["value"], saved.json()["saved_by"]) == (200, "http://127.0.0.1:1", "Ada")
    wrong = program.put("api_input", slug, "nest", "endpoint", value="soon")
    assert (wrong.status_code, list(wrong.json()["fields"])) == (422, ["value"])
    assert program.put("api_input", slug, "nest", "nothing", value="x").status_code == 404
    assert program.post("api_quest_check", slug, "nest").json() == {"checking": 1}
    soon = program.post("api_quest_check", slug, "nest")
    assert (soon.status_code, soon.json()["code"]) == (409, "CheckTooSoon")


def test_a_hint_costs_once(program: Program, team: Enrollment) -> None:
    slug = team.event.slug
    program.post("api_quest_open", slug, "nest")
    for _ in range(2):
        shown = program.post("api_hint", slug, "nest", 1).json()
        assert shown["hints"][0]["text_html"] == "<p>Sit on it.</p>\n"
    entries = program.get("api_entries", slug).json()["entries"]
    assert [(entry["kind"], entry["points"], entry["hint_points"]) for entry in entries] == [("hint", -5, 5)]
    early = program.post("api_hint", slug, "nest", 2)
    assert (early.status_code, early.json()["code"]) == (409, "HintNotYetOffered")


def test_a_team_is_founded_joined_and_seen(program: Program, team: Enrollment, make_person, now: datetime) -> None:  # type: ignore[no-untyped-def]  # noqa: F811
    from quests.domain.joining import join_event

    slug = team.event.slug
    bo, cy = make_person("Bo"), make_person("Cy")
    for person in (bo, cy):
        join_event(now=now, code=team.event.join_code, user=person)
    made = Program(bo).post("api_teams", slug, name="Moas")
    assert (made.status_code, made.json()["members"]) == (201, ["Bo"])
    taken = Program(cy).post("api_teams", slug, name="moas")
    assert (taken.status_code, taken.json()["code"]) == (409, "TeamNameTaken")
    joined = Program(cy).post("api_team_join", slug, made.json()["id"])
    assert (joined.status_code, joined.json()["members"]) == (200, ["Bo", "Cy"])

    listed = program.get("api_teams", slug).json()["teams"]
    assert [row["name"] for row in listed] == ["Hippo Ballerinas", "Moas"]
    own, foreign = program.get("api_team", slug, team.pk), program.get("api_team", slug, made.json()["id"])
    assert (own.status_code, own.json()["points"]) == (200, 0)
    assert [quest["slug"] for quest in own.json()["quests"]] == ["nest", "hatch", "keep", "riddle", "fly"]
    assert (foreign.status_code, foreign.json()["error"]) == (404, "There is no such team for you.")
