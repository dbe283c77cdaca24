"""Every shipped pack is played for real: its flaws are there, its tasks fail, are solved, and reject near misses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto.server import ThreadedMotoServer

from quests.enums import Outcome
from tests.quests.pack.places import DOCUMENTS, Place

QUESTS = [(slug, quest.slug) for slug, pack in DOCUMENTS.items() for quest in pack.quests]
NEAR_MISSES = [
    (slug, quest, name)
    for slug, pack in DOCUMENTS.items()
    for quest, solution in pack.solutions.items()
    for name in solution.near_misses
]


@pytest.fixture(scope="module")
def simulator() -> Iterator[str]:
    """A moto server of this module's own: what is tested here are the packs, not the gate."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def placed(simulator: str, slug: str) -> Place:
    """Return a place of that pack as a team gets it."""
    place = Place(simulator, DOCUMENTS[slug])
    place.prepare()
    return place


@pytest.mark.parametrize("slug", DOCUMENTS)
def test_quests_get_harder_and_fit_into_the_time(slug: str) -> None:
    pack = DOCUMENTS[slug]
    difficulties = [quest.difficulty for quest in pack.quests]
    assert difficulties == sorted(difficulties)
    assert sum(quest.expected_minutes for quest in pack.quests) <= pack.pack.duration_minutes


@pytest.mark.parametrize("slug", DOCUMENTS)
def test_every_quest_has_priced_hints_a_solution_and_two_near_misses(slug: str) -> None:
    pack = DOCUMENTS[slug]
    assert all(len(quest.hints) >= 2 and all(hint.cost_percent for hint in quest.hints) for quest in pack.quests)
    few = [quest.slug for quest in pack.quests if len(pack.solutions[quest.slug].near_misses) < 2]
    assert few == []


@pytest.mark.services
@pytest.mark.parametrize("slug", DOCUMENTS)
def test_every_flaw_is_present_before_the_start_also_when_seeded_twice(simulator: str, slug: str) -> None:
    place = placed(simulator, slug)
    expected = dict.fromkeys(place.pack.readiness, Outcome.PASS)
    assert {name: verdict.outcome for name, verdict in place.judge(list(expected)).items()} == expected
    place.seed()
    assert {name: verdict.outcome for name, verdict in place.judge(list(expected)).items()} == expected


@pytest.mark.services
@pytest.mark.parametrize(("slug", "quest"), QUESTS)
def test_a_quest_fails_at_first_and_passes_when_solved(simulator: str, slug: str, quest: str) -> None:
    place = placed(simulator, slug)
    assert place.failing_tasks(quest) == {task.slug for task in place.pack.quest(quest).tasks}
    with place.attempted(place.pack.solutions[quest].solve):
        assert place.failing_tasks(quest) == set()


@pytest.mark.services
@pytest.mark.parametrize(("slug", "quest", "name"), NEAR_MISSES)
def test_a_near_miss_fails_exactly_its_task(simulator: str, slug: str, quest: str, name: str) -> None:
    place = placed(simulator, slug)
    near_miss = place.pack.solutions[quest].near_misses[name]
    with place.attempted(near_miss):
        assert place.failing_tasks(quest) == {near_miss.rejected_by}
