"""Corrections over the API happen once, are seen by those whom they touch, and are the organizer's alone."""

from datetime import datetime
from uuid import uuid4

import pytest

from accounts.models import AuditEntry, User
from quests.models import Enrollment, Event, PackRelease, ScoreEntry
from tests.quests.api.programs import Program
from tests.quests.conftest import new_person, new_team

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def program(organizer: User) -> Program:
    return Program(organizer)


def test_an_adjustment_happens_once_and_is_reversed_once(program: Program, team: Enrollment, organizer: User) -> None:
    slug, token = team.event.slug, str(uuid4())
    for _ in range(2):
        made = program.post("api_adjust", slug, team=str(team.pk), points=40, reason="A fine talk", token=token)
        assert (made.status_code, made.json()["points"]) == (201, 40)
    assert ScoreEntry.objects.filter(enrollment=team).count() == 1
    assert AuditEntry.objects.filter(action="score.adjust", actor=organizer.pk).count() == 1

    taken = program.post("api_reverse", slug, made.json()["id"], reason="The wrong team")
    assert (taken.status_code, taken.json()["points"], taken.json()["reverses"]) == (201, -40, made.json()["id"])
    again = program.post("api_reverse", slug, made.json()["id"], reason="The wrong team")
    assert (again.status_code, again.json()["code"]) == (409, "UnableToRemedy")
    nothing = program.post("api_adjust", slug, team=str(team.pk), points=0, reason="Nothing", token=str(uuid4()))
    assert (nothing.status_code, nothing.json()["code"]) == (409, "UnableToRemedy")


def test_a_task_is_void_and_counts_again(program: Program, team: Enrollment) -> None:
    slug = team.event.slug
    before = program.get("api_board", slug).json()["maximum"]
    task = team.event.release.quests.get(slug="open-nest").tasks.first()
    voided = program.post("api_void", slug, "open-nest", task.slug, reason="It was broken")
    assert voided.json() == {"done": f"open-nest/{task.slug} is void; every team sees the reason."}
    assert program.get("api_board", slug).json()["maximum"] == before - task.points
    assert program.post("api_count_again", slug, "open-nest", task.slug, reason="Mended").status_code == 200
    assert program.get("api_board", slug).json()["maximum"] == before


def test_the_ledger_is_everybodys_own(program: Program, team: Enrollment, open_event: Event, now: datetime) -> None:
    rivals = new_team(open_event, now, "Other Birds", new_person("Bo"))
    for each in (team, rivals):
        program.post("api_adjust", open_event.slug, team=str(each.pk), points=5, reason="Hello", token=str(uuid4()))
    everything = program.get("api_entries", open_event.slug).json()["entries"]
    assert [entry["team"] for entry in everything] == [str(rivals.pk), str(team.pk)]
    own = Program(rivals.participations.get().user).get("api_entries", open_event.slug).json()["entries"]
    assert [entry["team"] for entry in own] == [str(rivals.pk)]


def test_packs_are_for_those_who_schedule(program: Program, release: PackRelease, team: Enrollment) -> None:
    found = program.get("api_packs").json()["releases"]
    assert [(row["pack"], row["version"]) for row in found] == [(release.pack.slug, release.version)]
    assert program.get("api_pack", release.pack.slug).json()["releases"] == found
    assert program.get("api_pack", "nothing").status_code == 404
    player = Program(team.participations.get().user)
    assert (player.get("api_packs").status_code, player.get("api_packs").json()["code"]) == (403, "NotAllowed")


def test_people_are_listed_for_those_who_run_the_event(program: Program, team: Enrollment) -> None:
    people = program.get("api_participants", team.event.slug).json()["participants"]
    assert [(person["name"], person["team"], person["roles"]) for person in people] == [("Ada", "Hippo Ballerinas", [])]
