"""A room that clicks together: exactly one effect, whoever was first."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, User
from quests.domain.checks import Claim, record_results
from quests.domain.events import add_coach
from quests.domain.help_requests import answer_request, ask_for_help, claim_request, hand_over
from quests.domain.hinting import release_hint, reveal_hint
from quests.domain.inputs import save_input
from quests.domain.joining import join_event, join_team
from quests.domain.playing import start_quest
from quests.domain.refusals import Refusal
from quests.domain.scores import accept_task, rebuild_standings, suspend_check
from quests.enums import ActionKind, Outcome
from quests.models import (
    AnswerAttempt,
    Enrollment,
    Event,
    HelpRequest,
    HintReveal,
    InputValue,
    PackRelease,
    Quest,
    QuestUnlock,
    ScoreEntry,
    Standing,
    TaskProgress,
)
from tests.quests.conftest import new_event, new_person, new_team, run_actions
from tests.quests.playing import playing_team, quest_of, result, row

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


Act = Callable[[], object]


def at_once(acts: list[Act]) -> Counter[str]:
    """Do everything at the same moment, each over a connection of its own; count results and refusals by name."""
    gate = threading.Barrier(len(acts))

    def one(act: Act) -> str:
        try:
            gate.wait(timeout=30)
            return str(act())
        except Refusal as refusal:
            return type(refusal).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return Counter(pool.map(one, acts))


@pytest.fixture
def game(tmp_path: Path, now: datetime, organizer: User) -> Enrollment:
    """A team of eight in the small game."""
    team = playing_team(folder=tmp_path, now=now, organizer=organizer)
    for person in joined(team.event, now, 7):
        join_team(now=now, participation=person.participations.get(), enrollment=team)
    return Enrollment.objects.select_related("event__release").get(pk=team.pk)


def members(team: Enrollment) -> list[User]:
    return [participation.user for participation in team.participations.select_related("user")]


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

    # Who comes after the first one's commit is told that the choice is gone.
    assert sum(answers.values()) == 6
    assert set(answers) <= {302, 422}
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


def test_two_tasks_that_pass_together_open_what_needs_both(game: Enrollment, now: datetime) -> None:
    """Neither of them can see the other one's pass while it is being written."""
    claims = []
    for name in ("warm", "stays-warm"):
        progress = row(game, name)
        TaskProgress.objects.filter(pk=progress.pk).update(claimed_until=now + timedelta(seconds=60), version=1)
        claims.append(Claim(progress.pk, 1))
    acts = [partial(record_results, now=now, claim=claim, results=[result(Outcome.PASS)]) for claim in claims * 4]

    assert at_once(acts) == {"True": 2, "False": 6}

    assert set(QuestUnlock.objects.values_list("quest__slug", flat=True)) == {"hatch", "fly"}
    assert sorted(ScoreEntry.objects.values_list("points", flat=True)) == [30, 50]
    standing = Standing.objects.get(enrollment=game)
    assert (standing.points, standing.tasks_done) == (80, 2)
    assert TaskProgress.objects.filter(enrollment=game, task__slug="up", due_at__isnull=False).count() == 1


def test_a_pass_and_a_suspension_at_once_open_what_needs_both(game: Enrollment, now: datetime, organizer: User) -> None:
    progress = row(game, "warm")
    TaskProgress.objects.filter(pk=progress.pk).update(claimed_until=now + timedelta(seconds=60), version=1)
    aside = row(game, "stays-warm").task
    passing = partial(record_results, now=now, claim=Claim(progress.pk, 1), results=[result(Outcome.PASS)])
    suspending = partial(suspend_check, now=now, event=game.event, task=aside, reason="Broken", actor=organizer)

    at_once([passing, suspending])

    assert set(QuestUnlock.objects.values_list("quest__slug", flat=True)) == {"hatch", "fly"}


def test_a_check_and_an_organizers_hand_give_a_task_once(game: Enrollment, now: datetime, organizer: User) -> None:
    progress = row(game, "warm")
    TaskProgress.objects.filter(pk=progress.pk).update(claimed_until=now + timedelta(seconds=60), version=1)
    by_check = partial(record_results, now=now, claim=Claim(progress.pk, 1), results=[result(Outcome.PASS)])
    by_hand = partial(accept_task, now=now, enrollment=game, task=progress.task, reason="Seen it", actor=organizer)

    at_once([by_check, by_hand] * 4)

    assert list(ScoreEntry.objects.values_list("points", flat=True)) == [50]
    assert Standing.objects.get(enrollment=game).tasks_done == 1
    assert QuestUnlock.objects.filter(quest__slug="hatch").count() == 1


def test_a_coach_and_the_team_open_a_hint_once(game: Enrollment, now: datetime, organizer: User) -> None:
    hint = quest_of(game, "nest").hints.select_related("quest").get(number=1)
    free = partial(release_hint, now=now, enrollment=game, hint=hint, actor=organizer)
    bought = [partial(reveal_hint, now=now, enrollment=game, hint=hint, user=person) for person in members(game)[:4]]

    at_once([free, *bought, free, free])

    released = HintReveal.objects.get().released
    assert list(ScoreEntry.objects.values_list("points", flat=True)) == ([] if released else [-5])
    assert AuditEntry.objects.filter(action__in=["hint.release", "hint.reveal"]).count() == 1


def test_the_same_answer_from_everybody_is_one_attempt(game: Enrollment, now: datetime) -> None:
    quest = quest_of(game, "riddle")
    acts = [
        partial(save_input, now=now, enrollment=game, quest=quest, name="word", value=word, user=person)
        for person, word in zip(members(game), ["Emu", "emu", " EMU", "Emu."] * 2, strict=True)
    ]
    at_once(acts)
    assert list(AnswerAttempt.objects.values_list("number", "answer")) == [(1, "emu")]
    assert InputValue.objects.filter(enrollment=game).count() == 1


def test_no_more_answers_are_counted_than_the_team_has(game: Enrollment, now: datetime) -> None:
    Quest.objects.filter(pk=quest_of(game, "riddle").pk).update(cooldown_seconds=0)
    quest = quest_of(game, "riddle")
    acts = [
        partial(save_input, now=now, enrollment=game, quest=quest, name="word", value=f"Bird {number}", user=person)
        for number, person in enumerate(members(game))
    ]
    assert at_once(acts)["NoAttemptLeft"] == 5
    assert list(AnswerAttempt.objects.values_list("number", flat=True)) == [1, 2, 3]


def test_of_many_who_save_at_once_all_but_the_first_are_told(game: Enrollment, now: datetime) -> None:
    quest = quest_of(game, "nest")

    def save(person: User) -> str:
        saved = save_input(
            now=now, enrollment=game, quest=quest, name="endpoint", value=f"http://{person.pk}", user=person
        )
        return "told" if saved.replaced else "first"

    assert at_once([partial(save, person) for person in members(game)]) == {"told": 7, "first": 1}
    assert InputValue.objects.filter(enrollment=game).count() == 1


def test_of_many_coaches_who_claim_at_once_one_has_it(game: Enrollment, now: datetime, organizer: User) -> None:
    asker = members(game)[0]
    request = ask_for_help(now=now, enrollment=game, quest=None, about_score=False, text="Why?", user=asker)
    coaches = [new_person() for _ in range(6)]
    for coach in coaches:
        add_coach(now=now, event=game.event, user=coach, actor=organizer)
    claims = [partial(claim_request, now=now, request=request, actor=coach) for coach in coaches]
    answers = [partial(answer_request, now=now, request=request, text="So.", actor=coach) for coach in coaches]

    told = at_once([*claims, *answers])

    # The one who has it did both.
    assert told == {"None": 2, "HelpTaken": 10}
    request.refresh_from_db()
    coach = request.coach
    assert list(request.messages.filter(from_coach=True).values_list("by", flat=True)) == [coach]


def test_members_who_ask_at_once_meet_in_one_thread(game: Enrollment, now: datetime) -> None:
    acts = [
        partial(
            ask_for_help,
            now=now,
            enrollment=game,
            quest=quest_of(game, "nest"),
            about_score=False,
            text=f"Why, says {number}?",
            user=person,
        )
        for number, person in enumerate(members(game))
    ]
    assert at_once(acts).total() == len(acts)
    (request,) = HelpRequest.objects.all()
    assert request.messages.count() == len(acts)


def test_a_question_goes_to_one_coach_when_it_is_handed_over_twice_at_once(
    game: Enrollment, now: datetime, organizer: User
) -> None:
    asker = members(game)[0]
    request = ask_for_help(now=now, enrollment=game, quest=None, about_score=False, text="Why?", user=asker)
    claim_request(now=now, request=request, actor=organizer)
    request.refresh_from_db()
    coaches = [new_person() for _ in range(6)]
    for coach in coaches:
        add_coach(now=now, event=game.event, user=coach, actor=organizer)

    told = at_once([partial(hand_over, now=now, request=request, to=coach, actor=organizer) for coach in coaches])

    assert told == {"None": 1, "HelpTaken": 5}
    assert AuditEntry.objects.filter(action="help.hand_over").count() == 1
