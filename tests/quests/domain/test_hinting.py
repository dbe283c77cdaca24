"""Hints that a coach releases."""

from datetime import datetime
from pathlib import Path

import pytest

from accounts.models import AuditEntry, User
from quests.domain.hinting import release_hint, reveal_hint
from quests.domain.playing import start_quest
from quests.domain.queries.console import hint_views
from quests.domain.refusals import UnableToCoach
from quests.models import Enrollment, ScoreEntry
from tests.quests.playing import playing_team, quest_of

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def team(tmp_path: Path, now: datetime, organizer: User) -> Enrollment:
    return playing_team(folder=tmp_path, now=now, organizer=organizer)


def test_a_coach_releases_hints_for_nothing_in_their_order(team: Enrollment, now: datetime, organizer: User) -> None:
    quest = quest_of(team, "nest")
    first, second = quest.hints.all()
    with pytest.raises(UnableToCoach, match="Release the earlier hints"):
        release_hint(now=now, enrollment=team, hint=second, actor=organizer)
    release_hint(now=now, enrollment=team, hint=first, actor=organizer)
    # Its ten minutes are not over: that is for the coach to judge.
    release_hint(now=now, enrollment=team, hint=second, actor=organizer)
    with pytest.raises(UnableToCoach, match="has opened this hint already"):
        release_hint(now=now, enrollment=team, hint=second, actor=organizer)

    assert ScoreEntry.objects.count() == 0
    assert AuditEntry.objects.filter(action="hint.release", actor=organizer.pk).count() == 2
    start = start_quest(now=now, enrollment=team, quest=quest)
    views = hint_views(now=now, enrollment=team, quest=quest, start=start, known={})
    assert [(view.state, view.released) for view in views] == [("revealed", True), ("revealed", True)]


def test_what_is_released_is_not_charged_when_a_member_clicks(team: Enrollment, now: datetime, organizer: User) -> None:
    hint = quest_of(team, "nest").hints.get(number=1)
    released = release_hint(now=now, enrollment=team, hint=hint, actor=organizer)
    ada = team.participations.get().user
    assert reveal_hint(now=now, enrollment=team, hint=hint, user=ada) == released
    assert ScoreEntry.objects.count() == 0
