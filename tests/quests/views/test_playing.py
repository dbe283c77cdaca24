"""The console as a team and its coach meet it: locks, holds, things handed in, hints given."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from quests.domain.events import add_coach
from quests.domain.joining import join_event, join_team
from quests.enums import Outcome
from quests.models import Enrollment, HintReveal, InputValue
from tests.quests.conftest import new_person
from tests.quests.playing import judge, playing_team, quest_of

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def team(tmp_path: Path, now: datetime, organizer: User) -> Enrollment:
    return playing_team(folder=tmp_path, now=now, organizer=organizer)


@pytest.fixture
def ada(team: Enrollment) -> Client:
    return browser(team.participations.get().user)


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def mate(team: Enrollment, now: datetime) -> Client:
    person = new_person("Bo")
    join_team(now=now, participation=join_event(now=now, code=team.event.join_code, user=person), enrollment=team)
    return browser(person)


def page(team: Enrollment, quest: str, name: str = "quest", *more: object) -> str:
    return reverse(name, args=[team.event.slug, quest, *more])


def words(answer: HttpResponse) -> str:
    """Return the page's text without its tags, spaces made one."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


@pytest.mark.parametrize(
    "part", ["", "?part=tasks", "?part=hints", "?part=quests", "?part=sandbox", "?part=environment"]
)
def test_nothing_of_a_locked_quest_can_be_read(team: Enrollment, ada: Client, part: str) -> None:
    shown = words(ada.get(page(team, "hatch") + part))
    assert [secret for secret in ("The brief of hatch", "Whisper", "It hatches", "Look into") if secret in shown] == []
    assert "Look into the egg" not in words(ada.get(reverse("workbench", args=[team.event.slug])))
    assert team.starts.count() == 0


def test_a_locked_quest_says_what_opens_it_and_opens_live(team: Enrollment, ada: Client, now: datetime) -> None:
    answer = ada.get(page(team, "hatch"))
    assert "This quest is still locked. Opens when “The nest” is done." in words(answer)
    assert 'hx-trigger="live:team from:body"' in answer.content.decode()
    judge(team, "warm", Outcome.PASS, now)
    assert "The brief of hatch" in words(ada.get(page(team, "hatch")))


@pytest.mark.parametrize(
    ("name", "more", "data"),
    [("quest_check", [], {}), ("hint_reveal", [1], {}), ("input_save", [], {"name": "endpoint", "value": "http://x"})],
)
def test_a_locked_quest_takes_nothing(
    team: Enrollment, ada: Client, name: str, more: list[int], data: dict[str, str]
) -> None:
    answer = ada.post(page(team, "hatch", name, *more), data, follow=True)
    assert "“The egg” is still locked" in words(answer) or "This quest is still locked" in words(answer)
    assert (HintReveal.objects.count(), InputValue.objects.count()) == (0, 0)


def test_a_task_shows_since_when_it_holds_and_until_when(team: Enrollment, ada: Client, now: datetime) -> None:
    judge(team, "warm", Outcome.PASS, now)
    assert "It counts once it has held for 10 min without a failed check." in words(ada.get(page(team, "hatch")))
    judge(team, "first", Outcome.PASS, now)
    shown = words(ada.get(page(team, "hatch")))
    assert re.search(r"Holds since \d\d:\d\d:\d\d \w+ \. It counts if no check fails until \d\d:\d\d:\d\d", shown)


def test_points_that_were_taken_back_are_explained(team: Enrollment, ada: Client, now: datetime) -> None:
    for minute, outcome in enumerate([Outcome.PASS, Outcome.FAIL, Outcome.FAIL]):
        judge(team, "stays-warm", outcome, now + timedelta(minutes=minute))
    shown = words(ada.get(page(team, "keep")))
    assert "Its points were taken back. They come again when it holds again." in shown
    assert "“It stays warm” in “Keep it warm” does not hold any more −30" in shown


def test_what_was_typed_stays_when_an_answer_is_refused(team: Enrollment, ada: Client) -> None:
    where = page(team, "riddle", "input_save")
    assert ada.post(where, {"name": "word", "value": "Emu"}).status_code == 302
    answer = ada.post(where, {"name": "word", "value": "Great auk"})
    assert answer.status_code == 422
    assert 'value="Great auk"' in answer.content.decode()
    assert "Your team has just answered: try again in" in words(answer)
    assert "2 of 3 answers left" in words(answer)
    assert InputValue.objects.get().value == "Emu"


def test_a_mate_who_saves_over_another_is_told(team: Enrollment, ada: Client, now: datetime) -> None:
    bo, where = mate(team, now), page(team, "nest", "input_save")
    seen = re.search(r'name="seen" (?:value="([^"]*)" )?', bo.get(page(team, "nest")).content.decode())
    assert seen is not None
    ada.post(where, {"name": "endpoint", "value": "http://ada.example"})
    answer = bo.post(where, {"name": "endpoint", "value": "http://bo.example", "seen": seen[1] or ""}, follow=True)
    assert "Meanwhile Ada had handed in “http://ada.example”. Yours stands there now." in words(answer)
    assert "saved by Bo" in words(answer)


def test_an_input_that_has_done_its_work_is_shown_locked(team: Enrollment, ada: Client, now: datetime) -> None:
    where = page(team, "nest", "input_save")
    ada.post(where, {"name": "endpoint", "value": "http://ada.example"})
    judge(team, "warm", Outcome.PASS, now)
    assert "The tasks that use this are passed, so it stays as it is." in words(ada.get(page(team, "nest")))
    assert ada.post(where, {"name": "endpoint", "value": "http://other.example"}).status_code == 422
    assert InputValue.objects.get().value == "http://ada.example"


def test_a_coach_releases_a_hint_and_gives_answers(team: Enrollment, ada: Client, now: datetime) -> None:
    coach = new_person("Cora")
    add_coach(now=now, event=team.event, user=coach, actor=coach)
    watching = browser(coach)

    def where(quest: str, name: str = "team_quest", *more: object) -> str:
        return reverse(name, args=[team.event.slug, team.pk, quest, *more])

    shown = words(watching.get(where("nest")))
    assert ("Sit on it." in shown, "Good looks like nest." in shown) == (True, True)
    answer = watching.post(where("nest", "hint_release", 2), follow=True)
    assert "Release the earlier hints of this quest first." in words(answer)
    answer = watching.post(where("nest", "hint_release", 1), follow=True)
    assert "released by Cora, free" in words(answer)
    assert "free, from your coach" in words(ada.get(page(team, "nest")))

    refused = watching.post(where("riddle", "attempts_give"), {"attempts": "99", "reason": "x"})
    assert (refused.status_code, 'value="99"' in refused.content.decode()) == (422, True)
    answer = watching.post(where("riddle", "attempts_give"), {"attempts": "2", "reason": "A bad scan"}, follow=True)
    assert ("0 of 5 answers used" in words(answer), "+2: A bad scan." in words(answer)) == (True, True)


def test_the_timer_of_a_quest_stops_with_its_last_task(
    team: Enrollment, ada: Client, organizer: User, now: datetime
) -> None:
    team.starts.create(quest=quest_of(team, "nest"), at=now - timedelta(minutes=9))
    judge(team, "warm", Outcome.PASS, now - timedelta(minutes=5))
    coach = browser(organizer)
    where = reverse("team_quest", args=[team.event.slug, team.pk, "nest"])
    assert "expected 5 min , team: 4 min" in words(coach.get(where))
    assert "4 of 5 min" in words(coach.get(reverse("coach_event", args=[team.event.slug])))
    assert "expected 5 min , you: 4 min" in words(ada.get(page(team, "nest")))


def test_the_teams_page_leads_to_each_team_and_quest_and_shows_locks(team: Enrollment, organizer: User) -> None:
    shown = browser(organizer).get(reverse("coach_event", args=[team.event.slug])).content.decode()
    for quest in ("nest", "hatch", "fly"):
        assert reverse("team_quest", args=[team.event.slug, team.pk, quest]) in shown
    assert len(re.findall(r'title="locked"', shown)) == 2


@pytest.mark.parametrize(
    ("kind", "bad", "good"),
    [("number", "about 3", "3.5"), ("number", "0x10", "-2"), ("email", "dodo@", "dodo@example.com")],
)
def test_numbers_and_addresses_are_typed(team: Enrollment, ada: Client, kind: str, bad: str, good: str) -> None:
    release = team.event.release
    quest = next(each for each in release.document["quests"] if each["slug"] == "nest")
    quest["inputs"][0]["type"] = kind
    release.save()
    where = page(team, "nest", "input_save")
    assert ada.post(where, {"name": "endpoint", "value": bad}).status_code == 422
    assert ada.post(where, {"name": "endpoint", "value": good}).status_code == 302
    assert InputValue.objects.get().value == good


def test_the_quest_says_whom_it_suits_and_when_it_takes_too_long(team: Enrollment, ada: Client, now: datetime) -> None:
    quest = quest_of(team, "nest")
    team.starts.create(quest=quest, at=datetime.now(now.tzinfo) - timedelta(minutes=6))
    type(team.event).objects.filter(pk=team.event_id).update(ends_at=datetime.now(now.tzinfo) + timedelta(hours=1))
    shown = words(ada.get(page(team, "nest")))
    assert ("suits QA, product" in shown, "over the expected time" in shown) == (True, True)


@pytest.fixture
def now() -> datetime:
    """Views read the wall clock."""
    return datetime.now().astimezone()
