"""Counted answers, and what is handed in: remembered, told apart, locked."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from accounts.models import AuditEntry, User
from quests.domain.answers import Attempts, attempts_of, give_attempts
from quests.domain.inputs import revision_of, save_input
from quests.domain.joining import join_event, join_team
from quests.domain.refusals import AnswerTooSoon, InputLocked, NoAttemptLeft, UnableToCoach
from quests.enums import Outcome
from quests.models import AnswerAttempt, Enrollment, InputValue
from tests.quests.conftest import new_person
from tests.quests.playing import judge, playing_team, quest_of

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def team(tmp_path: Path, now: datetime, organizer: User) -> Enrollment:
    return playing_team(folder=tmp_path, now=now, organizer=organizer)


@pytest.fixture
def ada(team: Enrollment) -> User:
    return team.participations.get().user


@pytest.fixture
def bo(team: Enrollment, now: datetime) -> User:
    person = new_person("Bo")
    join_team(now=now, participation=join_event(now=now, code=team.event.join_code, user=person), enrollment=team)
    return person


def say(team: Enrollment, word: str, at: datetime, user: User) -> None:
    save_input(now=at, enrollment=team, quest=quest_of(team, "riddle"), name="word", value=word, user=user)


def left(team: Enrollment) -> Attempts | None:
    return attempts_of(enrollment=team, quest=quest_of(team, "riddle"), name="word")


def test_an_answer_counts_once_however_it_is_written(team: Enrollment, now: datetime, ada: User, bo: User) -> None:
    say(team, "Emu", now, ada)
    say(team, "  EMU. ", now, bo)
    assert left(team) == Attempts(used=1, allowed=3)
    assert InputValue.objects.get(enrollment=team).value == "  EMU. "


def test_answers_cool_down_and_what_came_too_soon_is_not_counted(team: Enrollment, now: datetime, ada: User) -> None:
    say(team, "Emu", now, ada)
    with pytest.raises(AnswerTooSoon, match="try again in 3 s"):
        say(team, "Moa", now + timedelta(seconds=2, milliseconds=500), ada)
    assert left(team) == Attempts(used=1, allowed=3)
    assert InputValue.objects.get(enrollment=team).value == "Emu"
    say(team, "Moa", now + timedelta(seconds=5), ada)
    assert left(team) == Attempts(used=2, allowed=3)


def test_used_up_answers_stay_used_up_until_a_coach_gives_more(
    team: Enrollment, now: datetime, ada: User, organizer: User
) -> None:
    for number, word in enumerate(["Emu", "Moa", "Kiwi"]):
        say(team, word, now + timedelta(minutes=number), ada)
    later = now + timedelta(minutes=5)
    with pytest.raises(NoAttemptLeft, match="All 3 answers to this question are used up"):
        say(team, "Dodo", later, ada)
    say(team, "Emu", later, ada)  # It was tried already and costs nothing.

    quest = quest_of(team, "riddle")
    give_attempts(now=later, enrollment=team, quest=quest, attempts=1, reason="Misread the letter", actor=organizer)
    say(team, "Dodo", later, ada)
    assert left(team) == Attempts(used=4, allowed=4)
    entry = AuditEntry.objects.get(action="attempts.give")
    assert (entry.actor, entry.details["reason"]) == (organizer.pk, "Misread the letter")
    numbers = AnswerAttempt.objects.filter(enrollment=team).values_list("number", "answer")
    assert list(numbers) == [(1, "emu"), (2, "moa"), (3, "kiwi"), (4, "dodo")]


def test_more_answers_are_given_only_where_they_are_counted(team: Enrollment, now: datetime, organizer: User) -> None:
    with pytest.raises(UnableToCoach, match="not limited"):
        give_attempts(
            now=now, enrollment=team, quest=quest_of(team, "nest"), attempts=1, reason="Why not", actor=organizer
        )
    with pytest.raises(UnableToCoach, match="between 1 and 20"):
        give_attempts(
            now=now, enrollment=team, quest=quest_of(team, "riddle"), attempts=21, reason="Lots", actor=organizer
        )


def test_what_is_no_answer_is_not_counted(team: Enrollment, now: datetime, ada: User) -> None:
    quest = quest_of(team, "nest")
    for number in range(5):
        save_input(now=now, enrollment=team, quest=quest, name="endpoint", value=f"http://x{number}", user=ada)
    assert AnswerAttempt.objects.count() == 0


def test_the_last_to_save_wins_and_is_told_whom_it_replaced(
    team: Enrollment, now: datetime, ada: User, bo: User
) -> None:
    quest = quest_of(team, "nest")

    def save(value: str, user: User, second: int, seen: str) -> tuple[str, str]:
        at = now + timedelta(seconds=second)
        saved = save_input(now=at, enrollment=team, quest=quest, name="endpoint", value=value, user=user, seen=seen)
        return saved.replaced, saved.replaced_by

    assert save("http://ada", ada, 1, seen="") == ("", "")
    assert save("http://bo", bo, 2, seen="") == ("http://ada", "Ada")
    value = InputValue.objects.get(enrollment=team)
    assert (value.value, value.saved_by) == ("http://bo", bo.pk)
    # Who has seen it replaces it knowingly; who saves the same thing replaces nothing.
    assert save("http://ada", ada, 3, seen=revision_of(value)) == ("", "")
    assert save("http://ada", bo, 4, seen="") == ("", "")


def test_an_input_is_locked_once_the_tasks_that_use_it_are_passed(team: Enrollment, now: datetime, ada: User) -> None:
    def save(slug: str) -> None:
        save_input(now=now, enrollment=team, quest=quest_of(team, slug), name="endpoint", value="http://new", user=ada)

    save("nest")
    judge(team, "warm", Outcome.PASS, now)
    with pytest.raises(InputLocked, match="The tasks that use this are passed"):
        save("nest")
    # One of two tasks is passed: the other still needs it.
    judge(team, "second", Outcome.PASS, now)
    save("hatch")
    # What is checked until the end may have to move.
    judge(team, "stays-warm", Outcome.PASS, now)
    save("keep")
