"""Quests with a condition: what they refuse while locked, and how they open."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from accounts.models import User
from quests.domain.checks import request_check
from quests.domain.hinting import release_hint, reveal_hint
from quests.domain.inputs import save_input
from quests.domain.openings import what_opens
from quests.domain.playing import start_quest
from quests.domain.queries.console import quest_cards
from quests.domain.queries.prepared import prepared_calls
from quests.domain.refusals import QuestLocked
from quests.domain.scores import accept_task, lift_suspension, suspend_check
from quests.enums import Outcome
from quests.models import Enrollment, HintReveal, InputValue, QuestStart, QuestUnlock, TaskProgress
from tests.quests.playing import judge, playing_team, quest_of, row

pytestmark = [pytest.mark.services, pytest.mark.django_db]

PASS, FAIL = Outcome.PASS, Outcome.FAIL


@pytest.fixture
def team(tmp_path: Path, now: datetime, organizer: User) -> Enrollment:
    return playing_team(folder=tmp_path, now=now, organizer=organizer)


def checked(team: Enrollment) -> set[str]:
    """Return the quests whose tasks are due."""
    rows = TaskProgress.objects.filter(enrollment=team, due_at__isnull=False)
    return set(rows.values_list("task__quest__slug", flat=True))


def locked(team: Enrollment, now: datetime) -> dict[str, str]:
    return {card.slug: " ".join(card.opens) for card in quest_cards(now=now, enrollment=team) if card.state == "locked"}


def test_locked_quests_say_what_opens_them_and_are_not_checked(team: Enrollment, now: datetime) -> None:
    assert locked(team, now) == {
        "hatch": "Opens when “The nest” is done.",
        "fly": "Opens with 60 points from the levels before; you have 0. "
        "Opens when 1 quest of the levels before is done; you have done 0.",
    }
    assert checked(team) == {"nest", "keep", "riddle"}


def test_a_locked_quest_refuses_everything_by_name(team: Enrollment, now: datetime, organizer: User) -> None:
    quest = quest_of(team, "hatch")
    hint = quest.hints.get()
    acts: list[Callable[[], object]] = [
        lambda: start_quest(now=now, enrollment=team, quest=quest),
        lambda: request_check(now=now, enrollment=team, quest=quest),
        lambda: reveal_hint(now=now, enrollment=team, hint=hint, user=organizer),
        lambda: release_hint(now=now, enrollment=team, hint=hint, actor=organizer),
        lambda: save_input(now=now, enrollment=team, quest=quest, name="endpoint", value="http://x", user=organizer),
    ]
    for act in acts:
        with pytest.raises(QuestLocked, match=r"“The egg” is still locked\. Opens when “The nest” is done\."):
            act()
    assert not QuestStart.objects.exists()
    assert not HintReveal.objects.exists()
    assert not InputValue.objects.exists()


def test_a_quest_opens_with_the_last_task_that_it_requires(team: Enrollment, now: datetime) -> None:
    assert team.place and team.place.lease
    judge(team, "warm", FAIL, now)
    assert "hatch" in locked(team, now)
    judge(team, "warm", PASS, now)
    assert set(locked(team, now)) == {"fly"}
    assert checked(team) == {"keep", "riddle", "hatch"}
    assert start_quest(now=now, enrollment=team, quest=quest_of(team, "hatch")).at == now
    assert [call.quest_slug for call in prepared_calls(enrollment=team)] == ["hatch"]


def test_the_workbench_lays_out_no_call_of_a_locked_quest(team: Enrollment) -> None:
    assert prepared_calls(enrollment=team) == []


def test_a_level_opens_with_points_and_quests_and_stays_open(team: Enrollment, now: datetime) -> None:
    judge(team, "warm", PASS, now)
    assert locked(team, now) == {"fly": "Opens with 60 points from the levels before; you have 50."}
    judge(team, "stays-warm", PASS, now)
    assert locked(team, now) == {}
    # What made it open turns red; what is open stays open.
    for minute in (1, 2):
        judge(team, "stays-warm", FAIL, now + timedelta(minutes=minute))
    assert row(team, "stays-warm").passed_at is None
    assert locked(team, now) == {}
    assert QuestUnlock.objects.filter(enrollment=team, quest__slug="fly").count() == 1


def test_what_an_organizer_accepts_opens_quests_too(team: Enrollment, now: datetime, organizer: User) -> None:
    accept_task(now=now, enrollment=team, task=row(team, "warm").task, reason="Seen it", actor=organizer)
    assert "hatch" not in what_opens(team)
    assert "hatch" in checked(team)


def test_a_suspended_task_keeps_nobody_out(team: Enrollment, now: datetime, organizer: User) -> None:
    suspend_check(now=now, event=team.event, task=row(team, "warm").task, reason="Broken", actor=organizer)
    assert "hatch" not in what_opens(team)


def test_lifting_a_suspension_plans_no_check_of_a_locked_quest(
    team: Enrollment, now: datetime, organizer: User
) -> None:
    task = quest_of(team, "hatch").tasks.get(slug="second")
    suspend_check(now=now, event=team.event, task=task, reason="Broken", actor=organizer)
    lift_suspension(now=now, event=team.event, task=task, actor=organizer)
    assert "hatch" not in checked(team)
    judge(team, "warm", PASS, now)
    assert row(team, "second").due_at


def test_quests_stand_by_level(team: Enrollment, now: datetime) -> None:
    cards = quest_cards(now=now, enrollment=team)
    assert [(card.level, card.slug) for card in cards] == [
        ("", "hatch"),
        ("The nest", "nest"),
        ("The nest", "keep"),
        ("The nest", "riddle"),
        ("The sky", "fly"),
    ]
