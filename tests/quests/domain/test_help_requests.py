"""Teams ask, exactly one coach has a question, and what was said stays with the team."""

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEntry, User
from provisioning import throttle
from quests.domain.events import add_coach
from quests.domain.help_requests import (
    answer_request,
    ask_for_help,
    claim_request,
    close_request,
    hand_over,
    write_to_coach,
)
from quests.domain.queries.help_requests import queue_of, request_view, requests_of, thread_of
from quests.domain.quotas import QUESTIONS
from quests.domain.refusals import HelpClosed, HelpTaken, HelpTooSoon, UnableToCoach
from quests.enums import EventState
from quests.models import Enrollment, Event, HelpMessage, HelpRequest
from tests.quests.conftest import new_person
from tests.quests.playing import playing_team, quest_of

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def team(tmp_path: Path, now: datetime, organizer: User) -> Enrollment:
    return playing_team(folder=tmp_path, now=now, organizer=organizer)


@pytest.fixture
def cora(team: Enrollment, now: datetime, organizer: User) -> User:
    return coach(team.event, now, organizer, "Cora")


def coach(event: Event, now: datetime, organizer: User, name: str) -> User:
    person = new_person(name)
    add_coach(now=now, event=event, user=person, actor=organizer)
    return person


def ada(team: Enrollment) -> User:
    return team.participations.get().user


def ask(team: Enrollment, now: datetime, text: str = "Why?", quest: str = "nest", score: bool = False) -> HelpRequest:
    found = quest_of(team, quest) if quest else None
    return ask_for_help(now=now, enrollment=team, quest=found, about_score=score, text=text, user=ada(team))


def test_the_team_sees_who_has_its_question_since_when_and_what_was_said(
    team: Enrollment, cora: User, now: datetime
) -> None:
    request = ask(team, now, "The nest stays cold.")
    taken = now + timedelta(minutes=2)
    claim_request(now=taken, request=request, actor=cora)
    answer_request(now=taken + timedelta(minutes=1), request=request, text="Look at the egg.", actor=cora)

    (shown,) = requests_of(enrollment=team)
    assert (shown.state, shown.coach, shown.taken_at, shown.quest_title) == ("taken", "Cora", taken, "The nest")
    assert (shown.opened_by, shown.text, shown.waits) == ("Ada", "The nest stays cold.", False)
    said = [(message.by, message.from_coach, message.text) for message in thread_of(request=request)]
    assert said == [("Ada", False, "The nest stays cold."), ("Cora", True, "Look at the egg.")]

    write_to_coach(now=taken + timedelta(minutes=2), request=request, text="Thanks!", user=ada(team))
    assert request_view(request=request).waits is True


def test_asking_again_on_the_subject_goes_on_in_the_open_thread(team: Enrollment, now: datetime) -> None:
    first, again = ask(team, now), ask(team, now, "Still?")
    others = {ask(team, now, quest="keep").pk, ask(team, now, quest="").pk, ask(team, now, score=True).pk}
    assert again.pk == first.pk
    assert len(others - {first.pk}) == 3
    close_request(now=now, request=first, actor=ada(team))
    assert ask(team, now).pk not in {first.pk, *others}


def test_a_second_coach_is_told_who_was_faster(team: Enrollment, cora: User, now: datetime, organizer: User) -> None:
    request = ask(team, now)
    claim_request(now=now, request=request, actor=cora)
    claim_request(now=now + timedelta(minutes=5), request=request, actor=cora)
    for act in (claim_request, partial(answer_request, text="Me too")):
        with pytest.raises(HelpTaken, match="Cora has it since 09:30"):
            act(now=now + timedelta(minutes=6), request=request, actor=organizer)
    request.refresh_from_db()
    assert (request.coach, request.taken_at) == (cora.id, now)
    assert HelpMessage.objects.count() == 1


def test_an_answer_to_what_nobody_has_takes_it(team: Enrollment, cora: User, now: datetime) -> None:
    request = ask(team, now)
    answer_request(now=now, request=request, text="Here.", actor=cora)
    assert request_view(request=request).coach == "Cora"


def test_a_coach_hands_over_and_another_takes_over(
    team: Enrollment, cora: User, now: datetime, organizer: User
) -> None:
    carl = coach(team.event, now, organizer, "Carl")
    request = ask(team, now)
    claim_request(now=now, request=request, actor=cora)
    request.refresh_from_db()
    seen_by_both = HelpRequest.objects.get(pk=request.pk)

    hand_over(now=now, request=request, to=carl, actor=cora)
    with pytest.raises(HelpTaken, match="Carl has it"):
        hand_over(now=now, request=seen_by_both, to=organizer, actor=organizer)
    assert request_view(request=request).coach == "Carl"
    request.refresh_from_db()
    hand_over(now=now, request=request, to=cora, actor=cora)
    assert request_view(request=request).coach == "Cora"

    request.refresh_from_db()
    with pytest.raises(UnableToCoach, match="Ada does not coach"):
        hand_over(now=now, request=request, to=ada(team), actor=cora)
    journal = AuditEntry.objects.filter(action="help.hand_over").order_by("id")
    assert [(entry.actor, entry.details["to"]) for entry in journal] == [
        (cora.id, str(carl.id)),
        (cora.id, str(cora.id)),
    ]


def test_nothing_is_added_to_a_closed_question(team: Enrollment, cora: User, now: datetime) -> None:
    request = ask(team, now)
    close_request(now=now, request=request, actor=ada(team))
    close_request(now=now + timedelta(minutes=1), request=request, actor=cora)
    for act in (
        partial(claim_request, actor=cora),
        partial(answer_request, text="Late", actor=cora),
        partial(write_to_coach, text="Late", user=ada(team)),
        partial(hand_over, to=cora, actor=cora),
    ):
        with pytest.raises(HelpClosed):
            act(now=now, request=request)
    request.refresh_from_db()
    assert (request.closed_by, request.closed_at, request.coach) == (ada(team).id, now, None)
    assert queue_of(event=team.event) == []
    team.event.state = EventState.TORN_DOWN
    with pytest.raises(HelpClosed):
        ask(team, now)


def test_questions_about_the_score_stand_in_the_journal_with_their_answers(
    team: Enrollment, cora: User, now: datetime
) -> None:
    request = ask(team, now, "We had it.", score=True)
    answer_request(now=now, request=request, text="Not for ten minutes.", actor=cora)
    answer_request(now=now, request=ask(team, now, "How?"), text="So.", actor=cora)
    entries = AuditEntry.objects.filter(action__in=["help.ask", "help.answer"]).order_by("id")
    assert [(entry.action, entry.actor, entry.details["reason"]) for entry in entries] == [
        ("help.ask", ada(team).id, "We had it."),
        ("help.answer", cora.id, "Not for ten minutes."),
    ]


def test_the_queue_has_what_nobody_has_first_and_then_the_oldest(team: Enrollment, cora: User, now: datetime) -> None:
    for minutes, quest in enumerate(("nest", "keep", "riddle", "")):
        ask(team, now + timedelta(minutes=minutes), quest=quest)
    claim_request(now=now, request=HelpRequest.objects.get(quest="nest"), actor=cora)
    assert [view.quest for view in queue_of(event=team.event)] == ["keep", "riddle", "", "nest"]


def test_a_team_that_writes_without_a_pause_is_slowed_down(team: Enrollment, now: datetime) -> None:
    throttle._connection.cache_clear()
    for number in range(QUESTIONS.burst):
        ask(team, now, f"Question {number}")
    with pytest.raises(HelpTooSoon, match="Your team has written a lot"):
        for _again in range(3):
            ask(team, now, "One more")
    assert HelpMessage.objects.count() <= QUESTIONS.burst + 2


def test_the_database_keeps_one_open_thread_a_subject(team: Enrollment, now: datetime) -> None:
    ask(team, now)
    with pytest.raises(IntegrityError), transaction.atomic():
        HelpRequest.objects.create(enrollment=team, quest="nest", opened_by=ada(team).id, opened_at=now)
