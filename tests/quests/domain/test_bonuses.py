"""The speed bonus: given once, in time, and only where the pack pays for it."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from accounts.models import User
from quests.domain.packs import load_pack
from quests.domain.playing import start_quest
from quests.domain.scores import rebuild_standings
from quests.enums import EntryKind, Outcome
from quests.models import Enrollment, ScoreEntry, Standing
from tests.quests.conftest import new_person, new_team
from tests.quests.domain.test_pauses import pause, resume
from tests.quests.pack.packs import edit
from tests.quests.playing import judge, open_game, quest_of, write_game

pytestmark = [pytest.mark.services, pytest.mark.django_db]

PASS, FAIL = Outcome.PASS, Outcome.FAIL
MINUTE = timedelta(minutes=1)


def playing(folder: Path, now: datetime, organizer: User, percent: int) -> Enrollment:
    """Return a team of a game that pays so much for speed; its quests are expected to take five minutes."""
    write_game(folder)
    edit(folder, "pack.yaml", "mode: quality", f"mode: quality, speed_bonus_percent: {percent}")
    event = open_game(now=now, release=load_pack(now=now, folder=folder)[0], organizer=organizer)
    team = new_team(event, now, "Hippo Ballerinas", new_person("Ada"))
    for slug in ("nest", "keep"):
        start_quest(now=now, enrollment=team, quest=quest_of(team, slug))
    return team


def bonuses(team: Enrollment) -> list[int]:
    entries = ScoreEntry.objects.filter(enrollment=team, kind=EntryKind.QUEST_BONUS)
    return list(entries.values_list("points", flat=True))


@pytest.mark.parametrize(("minutes", "percent", "given"), [(5, 15, [8]), (5.1, 15, []), (1, 0, [])])
def test_a_quest_done_in_its_time_earns_the_bonus(
    tmp_path: Path, now: datetime, organizer: User, minutes: float, percent: int, given: list[int]
) -> None:
    team = playing(tmp_path, now, organizer, percent)
    judge(team, "warm", PASS, now + minutes * MINUTE)
    assert bonuses(team) == given
    assert Standing.objects.get(enrollment=team).points == 50 + sum(given)
    assert rebuild_standings(event=team.event, check_only=True) == []


def test_only_the_last_task_of_a_quest_brings_it(tmp_path: Path, now: datetime, organizer: User) -> None:
    team = playing(tmp_path, now, organizer, 10)
    judge(team, "warm", PASS, now)
    start_quest(now=now, enrollment=team, quest=quest_of(team, "hatch"))
    judge(team, "second", PASS, now + MINUTE)
    assert bonuses(team) == [5]


def test_paused_time_does_not_count(tmp_path: Path, now: datetime, organizer: User) -> None:
    team = playing(tmp_path, now, organizer, 10)
    pause(team.event, now + 2 * MINUTE, organizer)
    resume(team.event, now + 9 * MINUTE, organizer)
    judge(team, "warm", PASS, now + 12 * MINUTE)
    assert bonuses(team) == [5]


def test_a_quest_without_an_end_earns_none(tmp_path: Path, now: datetime, organizer: User) -> None:
    team = playing(tmp_path, now, organizer, 10)
    for minute, outcome in enumerate([PASS, FAIL, FAIL, PASS, PASS]):
        judge(team, "stays-warm", outcome, now + minute * MINUTE)
    assert bonuses(team) == []
