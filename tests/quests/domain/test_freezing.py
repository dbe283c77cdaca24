"""A frozen board: everything that teams and coaches can derive stands still, and their own points do not."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from quests.domain.clock import run_due_actions
from quests.domain.corrections import adjust_score
from quests.domain.events import add_coach
from quests.domain.freezing import plan_freeze, unfreeze_board
from quests.domain.pauses import extend_event
from quests.domain.queries.board import board
from quests.domain.queries.console import rank_of
from quests.domain.refusals import UnableToRemedy
from quests.domain.scores import award
from quests.enums import ActionKind, EntryKind
from quests.models import Enrollment, Event
from quests.signals import changed
from tests.quests.conftest import MakePerson, new_team

pytestmark = [pytest.mark.services, pytest.mark.django_db]

MINUTE = timedelta(minutes=1)


def gain(team: Enrollment, at: datetime, points: int) -> None:
    team = Enrollment.objects.select_related("event").get(pk=team.pk)
    key = f"{team.pk}:{points}"
    assert award(now=at, enrollment=team, key=key, kind=EntryKind.TASK, points=points, sentence="So", source="test")


@pytest.fixture
def rival(now: datetime, open_event: Event, make_person: MakePerson) -> Enrollment:
    return new_team(open_event, now, "Rivals", make_person())


def standings(rows: Any) -> list[tuple[str, int]]:
    return [(row.team, row.points) for row in rows]


@pytest.fixture
def frozen(now: datetime, team: Enrollment, rival: Enrollment, organizer: User) -> Event:
    """The board was frozen with the team ahead; since then the rival has passed it."""
    gain(team, now + MINUTE, 50)
    plan_freeze(now=now + 2 * MINUTE, event=team.event, at=now + 2 * MINUTE, actor=organizer)
    gain(rival, now + 3 * MINUTE, 80)
    return Event.objects.get(pk=team.event.pk)


def test_every_view_but_the_organizers_stands_still(
    client: Client, frozen: Event, team: Enrollment, rival: Enrollment, organizer: User, make_person: MakePerson
) -> None:
    then, now_ = [("Hippo Ballerinas", 50), ("Rivals", 0)], [("Rivals", 80), ("Hippo Ballerinas", 50)]
    assert (standings(board(frozen, frozen=True)), standings(board(frozen))) == (then, now_)
    coach = make_person("Coach")
    add_coach(now=frozen.starts_at, event=frozen, user=coach, actor=organizer)
    page, api = (reverse(name, args=[frozen.slug]) for name in ("board", "api_board"))
    for person in (team.participations.get().user, coach):
        client.force_login(person)
        body = client.get(api).json()
        assert [(row["team"], row["points"]) for row in body["standings"]] == then
        assert (body["frozen_at"], "frozen_standings" in body) == (frozen.board_frozen_at.isoformat(), False)  # type: ignore[union-attr]
        text = client.get(page).content.decode()
        assert ("The board is frozen since" in text, ">80<" in text) == (True, False)
    assert ">80<" not in client.get(reverse("coach_event", args=[frozen.slug])).content.decode().replace("<b>", "")

    client.force_login(organizer)
    body = client.get(api).json()
    assert [(row["team"], row["points"]) for row in body["standings"]] == now_
    assert [(row["team"], row["points"]) for row in body["frozen_standings"]] == then
    both = client.get(page).content.decode()
    assert (both.count('<table class="table board">'), ">80<" in both) == (2, True)
    projected = client.get(page, {"projector": "1"}).content.decode()
    assert (projected.count('<table class="table board">'), ">80<" in projected) == (1, False)


def test_a_team_still_sees_its_own_points_with_the_rank_of_the_board(frozen: Event, rival: Enrollment) -> None:
    own = rank_of(enrollment=Enrollment.objects.get(pk=rival.pk))
    assert (own.points, own.rank, [entry.points for entry in own.feed]) == (80, 2, [80])


def test_no_board_is_nudged_while_it_is_frozen(now: datetime, frozen: Event, rival: Enrollment) -> None:
    heard: list[str] = []

    def listen(topics: list[str], **_: Any) -> None:
        heard.extend(topics)

    changed.connect(listen)
    try:
        gain(rival, now + 4 * MINUTE, 5)
    finally:
        changed.disconnect(listen)
    assert heard == [f"team:{rival.pk}", f"event:{frozen.pk}"]


def test_a_correction_during_the_freeze_shows_when_the_board_is_shown_again(
    now: datetime, frozen: Event, team: Enrollment, organizer: User
) -> None:
    adjust_score(now=now, enrollment=team, points=100, reason="Ours", actor=organizer, token=uuid4())
    assert standings(board(frozen, frozen=True))[0] == ("Hippo Ballerinas", 50)
    with pytest.raises(UnableToRemedy, match="frozen already"):
        plan_freeze(now=now, event=frozen, at=now, actor=organizer)
    unfreeze_board(now=now + 5 * MINUTE, event=frozen, actor=organizer)
    frozen.refresh_from_db()
    assert (frozen.board_frozen_at, frozen.frozen_standings.count()) == (None, 0)
    assert standings(board(frozen)) == [("Hippo Ballerinas", 150), ("Rivals", 80)]
    with pytest.raises(UnableToRemedy, match="not frozen"):
        unfreeze_board(now=now, event=frozen, actor=organizer)


def test_a_planned_freeze_moves_with_the_end_and_is_exact_when_the_tick_is_late(
    now: datetime, team: Enrollment, organizer: User
) -> None:
    event = team.event
    plan_freeze(now=now, event=event, at=event.ends_at - 10 * MINUTE, actor=organizer)
    extend_event(now=now, event=event, version=0, minutes=5, reason="More", actor=organizer)
    at = event.ends_at - 5 * MINUTE
    assert event.actions.get(kind=ActionKind.FREEZE_BOARD).due_at == at
    gain(team, at, 30)
    gain(team, at + MINUTE, 40)
    assert run_due_actions(now=at + 2 * MINUTE) == 1
    event.refresh_from_db()
    assert event.board_frozen_at == at
    assert standings(board(event, frozen=True)) == [("Hippo Ballerinas", 30)]


def test_a_team_founded_after_the_freeze_is_on_the_board_with_nothing(
    now: datetime, frozen: Event, make_person: MakePerson
) -> None:
    late = new_team(frozen, now + 5 * MINUTE, "Late Larks", make_person())
    gain(late, now + 6 * MINUTE, 500)
    assert standings(board(frozen, frozen=True))[1:] == [("Late Larks", 0), ("Rivals", 0)]
