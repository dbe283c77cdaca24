"""Events over the API: seen by the same people as on their pages, scheduled and paused by the same rules."""

from datetime import datetime

import pytest

from accounts.models import User
from quests.enums import EventState
from quests.models import Event, PackRelease
from tests.quests.api.programs import Program
from tests.quests.conftest import new_event
from tests.quests.views.conftest import World, now, world  # noqa: F401  (fixtures)

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def person(world: World, who: str) -> User:  # noqa: F811
    found = world.people[who]
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("who", "names", "roles"),
    [
        ("outsider", [], None),
        ("member", ["Test flight"], ["participant"]),
        ("coach", ["Test flight"], ["coach"]),
        ("organizer", ["Test flight"], ["organizer"]),
        ("other_organizer", ["Elsewhere"], None),
        ("staff", ["Elsewhere", "Test flight"], ["staff"]),
    ],
)
def test_each_sees_the_events_of_their_own(world: World, who: str, names: list[str], roles: list[str] | None) -> None:  # noqa: F811
    program = Program(person(world, who))
    listed = program.get("api_events").json()["events"]
    assert sorted(event["name"] for event in listed) == names
    if roles:
        shown = program.get("api_event", world.event.slug).json()
        assert shown in listed
        assert shown["roles"] == roles
        assert (shown["join_code"] is not None) == (who in ("organizer", "staff"))


def test_lists_go_on_by_link_and_lose_nothing(now: datetime, release: PackRelease, organizer: User) -> None:  # noqa: F811
    made = {new_event(now=now, release=release, organizer=organizer, name=f"Event {n}").slug for n in range(5)}
    program = Program(organizer)
    answer, seen = program.get("api_events", limit=2), []
    while True:
        seen += [event["slug"] for event in answer.json()["events"]]
        if answer.json()["next"] is None:
            break
        address, _, rel = answer["Link"].partition("; ")
        assert rel == 'rel="next"'
        answer = program.client.get(address.strip("<>"))
    assert (len(seen), set(seen)) == (5, made)
    assert "Link" not in answer


def test_an_organizer_moves_the_clock_as_of_what_was_read(world: World) -> None:  # noqa: F811
    program, slug = Program(person(world, "organizer")), world.event.slug
    version = program.get("api_event", slug).json()["clock_version"]

    paused = program.post("api_pause", slug, reason="Fire drill", clock_version=version)
    assert (paused.status_code, paused.json()["state"]) == (200, "paused")
    outdated = program.post("api_resume", slug, clock_version=version)
    assert (outdated.status_code, outdated.json()["code"]) == (409, "ClockMoved")
    resumed = program.post("api_resume", slug, clock_version=paused.json()["clock_version"]).json()
    assert resumed["state"] == "open"

    before = datetime.fromisoformat(resumed["ends_at"])
    longer = program.post(
        "api_extend", slug, minutes=15, reason="Good fun", clock_version=resumed["clock_version"]
    ).json()
    assert (datetime.fromisoformat(longer["ends_at"]) - before).total_seconds() == 900

    unsure = program.post("api_end", slug, confirm="yes", clock_version=longer["clock_version"])
    assert (unsure.status_code, unsure.json()["code"]) == (422, "InvalidInput")
    ended = program.post("api_end", slug, confirm=world.event.name, clock_version=longer["clock_version"])
    assert (ended.status_code, ended.json()["ends_at"] < resumed["ends_at"]) == (200, True)


@pytest.mark.usefixtures("event")
def test_an_event_is_scheduled_by_the_same_form(release: PackRelease, organizer: User) -> None:
    program = Program(organizer)
    plan = {
        "name": "From a script",
        "pack": release.pack.slug,
        "version": release.version,
        "starts_at": "2027-05-04T09:30",
        "time_zone": "Europe/Berlin",
        "duration_minutes": 60,
        "planned_teams": 1,
        "team_size_max": 4,
    }
    made = program.post("api_events", **plan)
    assert (made.status_code, made.json()["starts_at"]) == (201, "2027-05-04T07:30:00+00:00")
    assert Event.objects.get(slug=made.json()["slug"]).state == EventState.SCHEDULED

    twice = program.post("api_events", **plan)
    assert (twice.status_code, twice.json()["code"]) == (409, "UnableToSchedule")
    wrong = program.post("api_events", **plan | {"time_zone": "Nowhere", "planned_teams": 0, "version": "none"})
    assert (wrong.status_code, sorted(wrong.json()["fields"])) == (422, ["planned_teams", "release", "time_zone"])
    assert Event.objects.filter(name="From a script").count() == 1
