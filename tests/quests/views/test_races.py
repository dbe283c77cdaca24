"""A room that clicks together: exactly one effect, whoever was first."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from quests.domain.joining import join_event, join_team
from quests.domain.playing import start_quest
from quests.domain.scores import accept_task, rebuild_standings
from quests.enums import ActionKind
from quests.models import Event, PackRelease, ScoreEntry, Standing
from tests.quests.conftest import new_event, new_person, new_team, run_actions

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def together(people: list[User], act: Callable[[Client, int], int]) -> Counter[int]:
    """Let everybody act at the same moment, each over a connection of their own; count the statuses."""
    gate = threading.Barrier(len(people))
    clients = [Client() for _ in people]
    for client, person in zip(clients, people, strict=True):
        client.force_login(person)

    def one(number: int) -> int:
        try:
            gate.wait(timeout=30)
            return act(clients[number], number)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(people)) as pool:
        return Counter(pool.map(one, range(len(people))))


@pytest.fixture
def room(now: datetime, release: PackRelease, organizer: User) -> Event:
    """An open event with two places and teams of up to eight."""
    event = new_event(now=now, release=release, organizer=organizer, planned_teams=1, spares=1, team_size_max=8)
    run_actions(event, now, ActionKind.VEND, ActionKind.OPEN)
    return event


def joined(event: Event, now: datetime, count: int) -> list[User]:
    people = [new_person() for _ in range(count)]
    for person in people:
        join_event(now=now, code=event.join_code, user=person)
    return people


def test_a_hint_is_charged_once_however_many_members_click(room: Event, now: datetime) -> None:
    captain, *mates = joined(room, now, 8)
    team = new_team(room, now, "Clickers", captain)
    for mate in mates:
        join_team(now=now, participation=mate.participations.get(), enrollment=team)
    quest = room.release.quests.get(slug="open-nest")
    start_quest(now=now - timedelta(hours=1), enrollment=team, quest=quest)
    where = reverse("hint_reveal", args=[room.slug, quest.slug, 1])

    assert together([captain, *mates], lambda client, _: client.post(where).status_code) == {302: 8}

    price = quest.hints.get(number=1).cost_points
    assert price > 0
    assert list(ScoreEntry.objects.values_list("points", flat=True)) == [-price]
    standing = Standing.objects.get(enrollment=team)
    assert (standing.points, standing.hint_points) == (-price, price)


def test_the_last_seat_of_a_team_goes_to_one_person(room: Event, now: datetime) -> None:
    captain, *mates = joined(room, now, 7)
    team = new_team(room, now, "Nearly Full", captain)
    for mate in mates:
        join_team(now=now, participation=mate.participations.get(), enrollment=team)
    where = reverse("team_join", args=[room.slug, team.pk])

    together(joined(room, now, 8), lambda client, _: client.post(where).status_code)

    assert team.participations.count() == 8
    assert team.team.memberships.count() == 8
    assert room.participations.filter(enrollment=None).count() == 7


def test_a_name_is_given_to_one_team(room: Event, now: datetime) -> None:
    where = reverse("team_create", args=[room.slug])
    names = ["Same Bird", "same bird"]

    answers = together(
        joined(room, now, 8), lambda client, number: client.post(where, {"name": names[number % 2]}).status_code
    )

    assert answers == {302: 1, 422: 7}
    assert room.enrollments.count() == room.standings.count() == 1
    assert room.participations.exclude(enrollment=None).count() == 1


def test_the_last_place_goes_to_one_team(room: Event, now: datetime) -> None:
    new_team(room, now, "Early Bird", new_person())
    where = reverse("team_create", args=[room.slug])

    answers = together(
        joined(room, now, 4), lambda client, number: client.post(where, {"name": f"Bird {number}"}).status_code
    )

    assert answers == {302: 1, 422: 3}
    assert room.enrollments.count() == 2
    assert len(set(room.enrollments.values_list("place", flat=True))) == 2


@pytest.mark.parametrize("act", ["pause", "extend", "adjust", "reverse", "void", "freeze-board"])
def test_an_act_of_many_organizers_has_one_effect(room: Event, now: datetime, organizer: User, act: str) -> None:
    team = new_team(room, now, "Judged Ones", new_person())
    task = room.release.quests.get(slug="open-nest").tasks.all()[0]
    entry = accept_task(now=now, enrollment=team, task=task, reason="Seen", actor=organizer)
    staff = [new_person(is_staff=True) for _ in range(6)]
    said: dict[str, dict[str, object]] = {
        "pause": {"access": "keep", "minutes_ago": 0},
        "extend": {"minutes": 10},
        "adjust": {"enrollment": team.pk, "points": -5, "token": UUID(int=7)},
        "reverse": {"entry": entry.pk},
        "void": {"task": task.pk, "mode": "nobody"},
        "freeze-board": {},
    }
    words = {"version": room.clock_version, "reason": "All at once", **said[act]}
    where = reverse("control_act", args=[room.slug, act])
    ends_at = room.ends_at

    answers = together(staff, lambda client, _: client.post(where, words).status_code)

    assert answers == {302: 6}
    room.refresh_from_db()
    # A second "pause" or "extend" meets a clock that has moved.
    assert room.clock_version == (1 if act in ("pause", "extend") else 0)
    assert room.ends_at - ends_at == timedelta(minutes=10 if act == "extend" else 0)
    assert (room.pauses.count(), room.voids.count()) == (int(act == "pause"), int(act == "void"))
    assert room.frozen_standings.count() == int(act == "freeze-board")
    gone = {"adjust": 5, "reverse": task.points, "void": task.points}.get(act, 0)
    assert Standing.objects.get(enrollment=team).points == task.points - gone
    assert ScoreEntry.objects.count() == 1 + bool(gone)
    assert rebuild_standings(event=room, check_only=True) == []


def test_awards_beside_corrections_leave_the_standings_right(room: Event, now: datetime, organizer: User) -> None:
    team = new_team(room, now, "Judged Ones", new_person())
    tasks = [task for quest in room.release.quests.all() for task in quest.tasks.all()][:6]
    first = accept_task(now=now, enrollment=team, task=tasks[0], reason="Seen", actor=organizer)

    def act(client: Client, number: int) -> int:
        name, words = [
            ("accept_task", {"enrollment": team.pk, "task": tasks[number].pk}),
            ("control_act", {"version": 0, "entry": first.pk}),
            ("control_act", {"version": 0, "task": tasks[4].pk, "mode": "everybody"}),
        ][number % 3]
        acts = {1: ["reverse"], 2: ["void"]}.get(number % 3, [])
        where = reverse(name, args=[room.slug, *acts])
        return client.post(where, {"reason": "All at once", **words}).status_code

    answers = together([new_person(is_staff=True) for _ in range(6)], act)

    assert sum(answers.values()) == 6
    assert set(answers) <= {302, 422}
    assert ScoreEntry.objects.filter(reverses=first).count() == 1
    points = Standing.objects.get(enrollment=team).points
    assert points == tasks[3].points + tasks[4].points
    assert rebuild_standings(event=room, check_only=True) == []
