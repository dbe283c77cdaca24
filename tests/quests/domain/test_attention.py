"""Who needs a coach: the reasons in words, the ranking, played time, and a constant number of queries."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from quests.domain.attention import Need, Question, Situation, need_of
from quests.domain.help_requests import answer_request, ask_for_help
from quests.domain.hinting import release_hint
from quests.domain.pauses import PausePlan, pause_event, resume_event
from quests.domain.playing import start_quest
from quests.domain.queries.attention import attention
from quests.domain.scores import suspend_check
from quests.enums import EventState, Outcome, Trigger
from quests.models import Enrollment, ProbeRun, TaskProgress
from tests.quests.conftest import new_person, new_team
from tests.quests.playing import judge, playing_team, quest_of, row

LOST = "Lost letters"


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


@pytest.mark.parametrize(
    ("situation", "need"),
    [
        (Situation(), Need(0, [])),
        (Situation(quest=LOST, minutes=9, expected=10, stalled=9, silent=9), Need(0, [])),
        (
            Situation(quest=LOST, minutes=36, expected=10, stalled=36),
            Need(40, ["36 min in “Lost letters”, expected 10"]),
        ),
        (
            Situation(quest=LOST, minutes=15, expected=10, stalled=6, passed=1),
            Need(12, ["15 min in “Lost letters”, expected 10; nothing passed for 6 min"]),
        ),
        # Late, but a task has just passed: slow, not stuck.
        (Situation(quest=LOST, minutes=36, expected=10, stalled=4, passed=2), Need(0, [])),
        # A continuous quest has no expected time.
        (Situation(quest=LOST, minutes=90, expected=None, stalled=90), Need(0, [])),
        (Situation(quest=LOST, repeats=2, failure="No answer."), Need(0, [])),
        (
            Situation(quest=LOST, repeats=6, failure="No\n answer."),
            Need(30, ["the same failure 6 times: “No answer.”"]),
        ),
        (Situation(quest=LOST, silent=14), Need(14, ["no sign of life for 14 min"])),
        (Situation(silent=45), Need(30, ["nothing begun for 45 min"])),
        # That all hints are open makes a need greater and is none by itself.
        (Situation(quest=LOST, hints=2, hints_open=2), Need(0, [])),
        (
            Situation(quest=LOST, silent=10, hints=2, hints_open=2),
            Need(20, ["no sign of life for 10 min", "all 2 hints are open"]),
        ),
        (Situation(question=Question(4, "Why?")), Need(108, ["asked for help 4 min ago: “Why?”"])),
        (Situation(question=Question(4, "Why?", "Cora")), Need(20, ["asked 4 min ago; Cora has it: “Why?”"])),
        (Situation(question=Question(4, "Why?", "Cora", True)), Need(10, ["asked 4 min ago; Cora has answered"])),
    ],
)
def test_the_need_and_its_reasons_in_words(situation: Situation, need: Need) -> None:
    assert need_of(situation) == need


def test_somebody_who_asks_comes_before_everybody_who_seems_stuck() -> None:
    stuck = Situation(quest=LOST, minutes=90, expected=5, stalled=90, repeats=20, failure="No.", silent=9)
    assert need_of(Situation(question=Question(0, "Why?"))).score > need_of(stuck).score


def test_a_long_failure_is_cut_to_what_can_be_read_at_a_glance() -> None:
    (words,) = need_of(Situation(quest=LOST, repeats=3, failure="x" * 500)).reasons
    assert len(words) < 130
    assert words.endswith("…”")


@pytest.fixture
def team(tmp_path: Path, now: datetime, organizer: User) -> Enrollment:
    return playing_team(folder=tmp_path, now=now, organizer=organizer)


def asked_and_failed(team: Enrollment, task: str, at: datetime, said: str, trigger: Trigger) -> None:
    progress = row(team, task)
    run = ProbeRun.objects.create(
        enrollment=team,
        task=progress.task,
        probe="warm",
        at=at,
        trigger=trigger,
        outcome=Outcome.FAIL,
        summary=said,
        milliseconds=1,
    )
    TaskProgress.objects.filter(pk=progress.pk).update(
        last_run=run, last_outcome=Outcome.FAIL, last_summary=said, requested_at=at
    )


@pytest.mark.services
@pytest.mark.django_db
class TestRanking:
    """On real rows."""

    def test_the_reasons_come_from_what_the_team_did(self, team: Enrollment, now: datetime) -> None:
        start_quest(now=now, enrollment=team, quest=quest_of(team, "nest"))
        for minute in (5, 10, 15, 18):
            asked_and_failed(team, "warm", now + minutes(minute), "Nothing answers.", Trigger.CHECK_NOW)
        asked_and_failed(team, "warm", now + minutes(19), "Nothing answers.", Trigger.SCHEDULE)

        (found,) = attention(now=now + minutes(20), event=team.event)

        assert found.reasons == [
            "20 min in “The nest”, expected 5",
            "the same failure 4 times: “Nothing answers.”",
        ]
        assert (found.team_name, found.members, found.quest) == ("Hippo Ballerinas", ["Ada"], "nest")
        assert (found.since, found.next_hint, found.request) == (now, 1, None)

    def test_another_failure_or_one_long_ago_is_not_the_same(self, team: Enrollment, now: datetime) -> None:
        start_quest(now=now, enrollment=team, quest=quest_of(team, "nest"))
        for minute, said in enumerate(["Old.", "Old.", "Old.", "New.", "New."]):
            asked_and_failed(team, "warm", now + minutes(minute), said, Trigger.CHECK_NOW)
        assert attention(now=now + minutes(5), event=team.event) == []

    def test_time_is_played_time(self, team: Enrollment, now: datetime, organizer: User) -> None:
        event = team.event
        start_quest(now=now, enrollment=team, quest=quest_of(team, "nest"))
        pause_event(
            now=now + minutes(4), event=event, version=0, plan=PausePlan(reason="Lunch", freezes=False), actor=organizer
        )
        event.refresh_from_db()
        assert attention(now=now + minutes(40), event=event) == []
        resume_event(now=now + minutes(40), event=event, version=1, actor=organizer)
        event.refresh_from_db()
        assert attention(now=now + minutes(41), event=event) == []
        (found,) = attention(now=now + minutes(48), event=event)
        assert found.reasons == ["12 min in “The nest”, expected 5", "no sign of life for 12 min"]

    def test_silence_is_said_once_and_where_the_team_was_last(self, team: Enrollment, now: datetime) -> None:
        (idle,) = attention(now=now + minutes(11), event=team.event)
        assert (idle.quest, idle.reasons, idle.next_hint) == ("", ["nothing begun for 11 min"], None)
        for minute, quest in enumerate(("nest", "keep")):
            start_quest(now=now + minutes(minute), enrollment=team, quest=quest_of(team, quest))
        found = attention(now=now + minutes(15), event=team.event)
        assert [(each.quest, each.reasons) for each in found] == [
            ("nest", ["15 min in “The nest”, expected 5"]),
            ("keep", ["no sign of life for 14 min"]),
        ]

    def test_a_question_ranks_first_and_goes_down_once_it_is_answered(
        self, team: Enrollment, now: datetime, organizer: User
    ) -> None:
        rivals = new_team(team.event, now, "Other Birds", new_person("Bo"))
        start_quest(now=now, enrollment=team, quest=quest_of(team, "nest"))
        ask = now + minutes(28)
        request = ask_for_help(
            now=ask, enrollment=rivals, quest=None, about_score=False, text="Where is it?", user=organizer
        )
        at = now + minutes(30)
        names = [each.team_name for each in attention(now=at, event=team.event)]
        assert names == ["Other Birds", "Hippo Ballerinas"]
        answer_request(now=at, request=request, text="There.", actor=organizer)
        first, second = attention(now=at, event=team.event)
        assert (first.team_name, second.reasons) == ("Hippo Ballerinas", ["asked 2 min ago; Olive has answered"])

    def test_what_is_passed_or_checked_for_nobody_needs_no_coach(
        self, team: Enrollment, now: datetime, organizer: User
    ) -> None:
        for quest in ("nest", "riddle"):
            start_quest(now=now, enrollment=team, quest=quest_of(team, quest))
        judge(team, "warm", Outcome.PASS, now + minutes(1))
        suspend_check(
            now=now, event=team.event, task=row(team, "said").task, reason="The riddle is wrong", actor=organizer
        )
        found = attention(now=now + minutes(9), event=team.event)
        assert [each.reasons for each in found] == []

    def test_the_next_hint_follows_what_is_open(self, team: Enrollment, now: datetime, organizer: User) -> None:
        quest = quest_of(team, "nest")
        start_quest(now=now, enrollment=team, quest=quest)
        seen = []
        for hint in quest.hints.select_related("quest"):
            seen.append(attention(now=now + minutes(20), event=team.event)[0].next_hint)
            release_hint(now=now + minutes(1), enrollment=team, hint=hint, actor=organizer)
        (found,) = attention(now=now + minutes(20), event=team.event)
        assert (seen, found.next_hint, found.reasons[-1]) == ([1, 2], None, "all 2 hints are open")

    def test_after_the_end_only_questions_count(self, team: Enrollment, now: datetime, organizer: User) -> None:
        start_quest(now=now, enrollment=team, quest=quest_of(team, "nest"))
        team.event.state = EventState.CLOSED
        assert attention(now=now + minutes(70), event=team.event) == []
        ask_for_help(
            now=now + minutes(65), enrollment=team, quest=None, about_score=True, text="Why 0?", user=organizer
        )
        (found,) = attention(now=now + minutes(70), event=team.event)
        assert found.reasons == ["asked for help 5 min ago: “Why 0?”"]

    def test_more_teams_and_quests_ask_the_database_no_more(self, team: Enrollment, now: datetime) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                attention(now=now + minutes(20), event=team.event)
            return len(captured)

        start_quest(now=now, enrollment=team, quest=quest_of(team, "nest"))
        before = queries()
        for number in range(2):
            person = new_person()
            other = new_team(team.event, now, f"Birds {number}", person)
            for quest in ("nest", "keep", "riddle"):
                start_quest(now=now, enrollment=other, quest=quest_of(other, quest))
                ask_for_help(
                    now=now, enrollment=other, quest=quest_of(other, quest), about_score=False, text="?", user=person
                )
        # The names of those who asked are one more.
        assert queries() - before <= 1
