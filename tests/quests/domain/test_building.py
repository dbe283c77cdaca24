"""Proposed teams: alike, the same for the same seed, and founded only as long as they still hold."""

from datetime import datetime
from functools import partial
from random import Random

import pytest

from accounts.enums import Discipline
from accounts.models import User
from quests.domain.building import (
    Candidate,
    build_teams,
    candidates,
    disciplines_of,
    figures,
    free_names,
    propose_teams,
    split_as_they_came,
)
from quests.domain.joining import join_event, join_team
from quests.domain.refusals import UnableToBuild
from quests.domain.seats import captain_of
from quests.models import Enrollment, Event
from tests.quests.conftest import MakePerson, new_team


def room(size: int, seed: int) -> list[Candidate]:
    """Return people with one or two disciplines each, and any experience."""
    chance = Random(seed)
    names = [str(value) for value in Discipline.values]
    return [
        Candidate(key, f"P{key}", frozenset(chance.sample(names, chance.randint(1, 2))), chance.randint(1, 5))
        for key in range(size)
    ]


@pytest.mark.parametrize(("size", "teams"), [(1, 1), (7, 3), (30, 6), (31, 7), (200, 40)])
def test_everybody_is_in_one_team_and_sizes_differ_by_one_at_most(size: int, teams: int) -> None:
    people = room(size, 1)
    split = propose_teams(people, teams=teams, seed=1)
    assert sorted(person.key for team in split for person in team) == list(range(size))
    assert {len(team) for team in split} <= {size // teams, -(-size // teams)}


def test_the_same_seed_gives_the_same_proposal_whatever_the_order() -> None:
    people = room(24, 2)
    first = propose_teams(people, teams=5, seed=7)
    assert propose_teams(list(reversed(people)), teams=5, seed=7) == first
    assert propose_teams(people, teams=5, seed=8) != first


@pytest.mark.parametrize("seed", range(5))
def test_a_proposal_is_more_alike_than_the_order_of_coming(seed: int) -> None:
    people = room(40, seed)
    before, after = figures(split_as_they_came(people, 8)), figures(propose_teams(people, teams=8, seed=1))
    assert after.spread < before.spread
    assert after.spread <= 0.8
    assert after.fewest_disciplines >= before.fewest_disciplines


def test_a_discipline_that_is_enough_for_all_is_in_every_team() -> None:
    people = [Candidate(key, str(key), frozenset({"qa"} if key < 4 else {"backend"}), 3) for key in range(16)]
    split = propose_teams(people, teams=4, seed=1)
    assert [disciplines_of(team) for team in split] == [["backend", "qa"]] * 4


@pytest.fixture
def loners(open_event: Event, now: datetime, make_person: MakePerson) -> list[Candidate]:
    for name in ("Ada", "Ben", "Cem", "Dee"):
        join_event(now=now, code=open_event.join_code, user=make_person(name))
    return candidates(open_event)


@pytest.mark.services
@pytest.mark.django_db
def test_the_teams_are_founded_as_shown(
    open_event: Event, loners: list[Candidate], organizer: User, now: datetime
) -> None:
    split = propose_teams(loners, teams=2, seed=1)
    names = free_names(open_event, 2)
    teams = [(name, [person.key for person in team]) for name, team in zip(names, split, strict=True)]
    founded = build_teams(now=now, event=open_event, teams=teams, actor=organizer)
    assert candidates(open_event) == []
    rows = [Enrollment.objects.get(pk=key) for key in founded]
    assert [row.name for row in rows] == names
    assert [sorted(row.participations.values_list("pk", flat=True)) for row in rows] == [
        sorted(members) for _name, members in teams
    ]
    captains = [captain_of(row) for row in rows]
    assert [captain.user.name for captain in captains if captain] == [team[0].name for team in split]


@pytest.mark.services
@pytest.mark.django_db
def test_a_proposal_that_no_longer_holds_founds_nothing_and_says_who(
    open_event: Event, loners: list[Candidate], organizer: User, now: datetime, make_person: MakePerson
) -> None:
    keys = [person.key for person in loners]
    build = partial(build_teams, now=now, event=open_event, actor=organizer)
    early = new_team(open_event, now, "Early", make_person())
    join_team(now=now, participation=open_event.participations.get(pk=keys[0]), enrollment=early)
    with pytest.raises(UnableToBuild, match=r"found a team: Ada \(Early\)"):
        build(teams=[("New", keys[1:3]), ("Newer", [keys[3], keys[0]])])
    with pytest.raises(UnableToBuild, match="stands in it twice"):
        build(teams=[("New", keys[1:3]), ("Newer", keys[2:4])])
    with pytest.raises(UnableToBuild, match="already called early"):
        build(teams=[("New", keys[1:3]), ("early", [keys[3]])])
    with pytest.raises(UnableToBuild, match="at most 2 people"):
        build(teams=[("New", keys[1:4])])
    assert [row.name for row in open_event.enrollments.all()] == ["Early"]
    assert len(candidates(open_event)) == 3
