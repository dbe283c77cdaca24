"""What is particular about First flight; what all packs share is in test_packs_played."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto.server import ThreadedMotoServer

from quests.pack import substitute
from tests.quests.pack.places import DOCUMENTS, Place

PACK = DOCUMENTS["first-flight"]
QUESTS = [quest.slug for quest in PACK.quests]


@pytest.fixture(scope="module")
def simulator() -> Iterator[str]:
    """A moto server of this module's own."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def place(simulator: str) -> Place:
    """A place as a team gets it."""
    place = Place(simulator, PACK)
    place.prepare()
    return place


def test_it_has_five_quests() -> None:
    assert len(PACK.quests) == 5


@pytest.mark.services
def test_seeding_twice_changes_nothing(place: Place) -> None:
    place.seed()
    assert place.call("dynamodb", "scan", {"TableName": "rentals"})["Count"] == 8
    assert place.call("dynamodb", "scan", {"TableName": "products"})["Count"] == 2


@pytest.mark.services
@pytest.mark.parametrize("slug", QUESTS)
def test_prepared_calls_run_and_solve_nothing_but_the_first_task(place: Place, slug: str) -> None:
    quest = PACK.quest(slug)
    for call in quest.workbench:
        if call.label not in {"Set failing letters aside", "Change the status of a rental"}:
            place.call(call.service, call.operation, substitute(call.parameters, place.variables))
    solved = {task.slug for task in quest.tasks} - place.failing_tasks(slug)
    assert solved == ({"close-ssh"} if slug == "open-nest" else set())
