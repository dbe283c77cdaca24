"""A team may ask for checks as people do, not as scripts do."""

import re
from datetime import datetime, timedelta

import pytest

from quests.domain.checks import request_check
from quests.domain.quotas import PER_QUEST, PER_TEAM, take_check
from quests.domain.refusals import CheckTooSoon
from quests.models import Enrollment, Quest
from tests.quests.conftest import MakePerson, new_team

pytestmark = [pytest.mark.services, pytest.mark.django_db]
MANY = 500


def ask_until_refused(team: Enrollment, quests: list[Quest]) -> tuple[int, str]:
    for number in range(MANY):
        try:
            take_check(enrollment=team, quest=quests[number % len(quests)])
        except CheckTooSoon as refusal:
            return number, str(refusal)
    raise AssertionError("never refused")


def test_one_quest_and_all_of_a_team_have_a_quota_and_other_teams_theirs(
    now: datetime, team: Enrollment, make_person: MakePerson
) -> None:
    quests = list(team.event.release.quests.all())
    asked, sentence = ask_until_refused(team, quests[:1])
    assert asked >= PER_QUEST.burst
    assert re.match(r"Hippo Ballerinas has asked for many checks in a short time: try again in [1-6] s\.", sentence)
    asked_elsewhere, _ = ask_until_refused(team, quests[1:])
    assert asked + asked_elsewhere >= PER_TEAM.burst
    other = new_team(team.event, now, "Other Birds", make_person())
    take_check(enrollment=other, quest=quests[0])


def test_a_refused_check_changes_nothing(now: datetime, team: Enrollment) -> None:
    quest = team.event.release.quests.first()
    assert quest is not None
    ask_until_refused(team, [quest])
    before = list(team.progress.values_list("due_at", "requested_at"))
    with pytest.raises(CheckTooSoon, match="Hippo Ballerinas has asked"):
        request_check(now=now + timedelta(minutes=1), enrollment=team, quest=quest)
    assert list(team.progress.values_list("due_at", "requested_at")) == before


def test_without_redis_everybody_may_ask(team: Enrollment, settings: pytest.FixtureRequest) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # type: ignore[attr-defined]
    quest = team.event.release.quests.first()
    assert quest is not None
    for _ in range(int(PER_TEAM.burst) * 2):
        take_check(enrollment=team, quest=quest)


def test_what_is_handed_in_after_too_many_checks_waits_for_the_schedule(now: datetime, team: Enrollment) -> None:
    quest = team.event.release.quests.first()
    assert quest is not None
    ask_until_refused(team, [quest])
    assert request_check(now=now, enrollment=team, quest=quest, cooldown=False) == 0
