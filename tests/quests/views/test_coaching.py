"""Coaches and teams as they meet in the pages: nothing typed is lost, who has a question is seen, help is one tap."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.domain.audit import record
from provisioning.models import CostEstimate
from quests.domain import quotas
from quests.domain.hinting import reveal_hint
from quests.domain.notes import KEPT_FOR, delete_old_notes
from quests.domain.playing import start_quest
from quests.domain.queries.team_timeline import timeline_of_team
from quests.models import HelpRequest, HintReveal, ProbeRun, TeamNote
from quests.views import coaching
from tests.quests.conftest import new_person, new_team
from tests.quests.views.conftest import World
from tests.quests.views.test_playing import words

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def at(world: World, name: str, *more: object) -> str:
    return reverse(name, args=[world.event.slug, *more])


def shown(client: Client, where: str) -> str:
    return words(client.get(where))


def ask(world: World, text: str = "The nest stays cold.", **more: str) -> HelpRequest:
    world.client("member").post(at(world, "help_ask"), {"quest": "open-nest", "text": text, **more})
    return HelpRequest.objects.latest("opened_at")


def test_a_question_goes_from_the_console_to_a_coach_and_back(world: World) -> None:
    console = at(world, "quest", "open-nest")
    assert "Ask a coach" in shown(world.client("member"), console)
    question = ask(world)
    assert "waits for a coach" in shown(world.client("member"), console)
    assert "asked for help 0 min ago: “The nest stays cold.”" in shown(world.client("coach"), at(world, "coach_event"))

    coach = world.client("coach")
    coach.post(at(world, "coach_help_claim", question.pk))
    thread = shown(world.client("member"), at(world, "help_thread", question.pk))
    assert "Coach has it since" in thread
    coach.post(at(world, "coach_help_answer", question.pk), {"text": "Look at\nthe egg."})
    assert "Look at the egg." in shown(world.client("member"), at(world, "help_thread", question.pk) + "?part=thread")
    assert "answered" in shown(world.client("member"), at(world, "help") + "?part=list")
    assert "Look at the egg." not in shown(world.client("other_team"), at(world, "help"))


@pytest.mark.parametrize("text", ["", "x" * 2001])
def test_a_question_that_is_refused_comes_back_as_it_was_typed(world: World, text: str) -> None:
    answer = world.client("member").post(
        at(world, "help_ask"), {"quest": "lost-letters", "text": text, "about_score": "on"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert text in page
    assert '<option value="lost-letters" selected>' in page
    assert HelpRequest.objects.count() == 0


def test_words_sent_too_fast_or_too_late_come_back_as_they_were_typed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = ask(world)
    monkeypatch.setattr(quotas, "QUESTIONS", quotas.Rate(0.001, 1))
    member, coach = world.client("member"), world.client("coach")
    member.post(at(world, "help_write", question.pk), {"text": "First."})
    for where in (at(world, "help_write", question.pk), at(world, "help_ask")):
        answer = member.post(where, {"text": "Precious words."})
        assert (answer.status_code, "Precious words." in answer.content.decode()) == (422, True)
        assert "has written a lot" in words(answer)
    member.post(at(world, "help_close", question.pk))
    answer = coach.post(at(world, "coach_help_answer", question.pk), {"text": "Precious answer."})
    assert (answer.status_code, "Precious answer." in answer.content.decode()) == (422, True)


def test_of_two_coaches_who_answer_the_second_keeps_the_words(world: World) -> None:
    question = ask(world)
    world.client("coach").post(at(world, "coach_help_claim", question.pk))
    answer = world.client("organizer").post(at(world, "coach_help_answer", question.pk), {"text": "Me too."})
    assert answer.status_code == 422
    assert "Coach has it since" in words(answer)
    assert "Me too." in answer.content.decode()


def test_a_coach_takes_over_what_another_left(world: World) -> None:
    question = ask(world)
    world.client("coach").post(at(world, "coach_help_claim", question.pk))
    taken = HelpRequest.objects.get(pk=question.pk)
    organizer = world.people["organizer"]
    assert organizer is not None
    world.client("organizer").post(
        at(world, "coach_help_hand_over", question.pk), {"to": organizer.pk, "seen": taken.coach}
    )
    assert HelpRequest.objects.get(pk=question.pk).coach == organizer.pk
    # Somebody whose page is older does not take it away unseen.
    coach = world.people["coach"]
    assert coach is not None
    answer = world.client("coach").post(
        at(world, "coach_help_hand_over", question.pk), {"to": coach.pk, "seen": taken.coach}, follow=True
    )
    assert HelpRequest.objects.get(pk=question.pk).coach == organizer.pk
    assert "Olive has it since" in words(answer)


def test_the_next_hint_is_released_from_the_list_with_one_tap(world: World, now: datetime) -> None:
    quest = world.event.release.quests.get(slug="open-nest")
    start_quest(now=now - timedelta(minutes=50), enrollment=world.team, quest=quest)
    coach = world.client("coach")
    assert "Release hint 1" in shown(coach, at(world, "coach_event") + "?part=attention")
    where = at(world, "hint_release", world.team.pk, "open-nest", 1)
    answer = coach.post(where, {"to_list": "1"})
    assert answer["Location"] == at(world, "coach_event")
    assert HintReveal.objects.get(enrollment=world.team).released is True
    assert "Release hint 2" in shown(coach, at(world, "coach_event") + "?part=attention")


def test_the_list_shows_the_greatest_needs_and_counts_the_rest(
    world: World, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(world)
    quest = world.event.release.quests.get(slug="lost-letters")
    start_quest(now=now - timedelta(minutes=50), enrollment=world.team, quest=quest)
    where = at(world, "coach_event") + "?part=attention"
    assert "not shown" not in shown(world.client("coach"), where)
    monkeypatch.setattr(coaching, "NEEDS_SHOWN", 1)
    page = shown(world.client("coach"), where)
    assert "asked for help" in page
    assert "50 min in" not in page
    assert "1 lesser need is not shown." in page


def test_notes_are_for_those_who_watch_and_go_with_the_event(world: World, now: datetime) -> None:
    where = at(world, "team_note", world.team.pk)
    assert world.client("coach").post(where, {"text": ""}).status_code == 422
    world.client("coach").post(where, {"text": "Ada drives alone."})
    assert "Ada drives alone. Coach" in shown(world.client("organizer"), at(world, "coach_team", world.team.pk))
    for page in ("console", "help", "event"):
        assert "Ada drives alone" not in shown(world.client("member"), at(world, page))
    assert delete_old_notes(now=world.event.ends_at + KEPT_FOR) == 0
    assert delete_old_notes(now=world.event.ends_at + KEPT_FOR + timedelta(seconds=1)) == 1
    assert TeamNote.objects.count() == 0


def test_the_team_page_says_what_stood_in_the_sandbox_and_how_old_that_is(world: World, now: datetime) -> None:
    coach, where = world.client("coach"), at(world, "coach_team", world.team.pk)
    assert "Nothing was counted yet" in shown(coach, where)
    assert world.team.place is not None and world.team.place.lease is not None
    made = now - timedelta(minutes=7)
    lines = [{"type": "AWS::S3::Bucket", "arn": str(number), "usd": "0.01"} for number in range(3)]
    CostEstimate.objects.create(
        lease=world.team.place.lease,
        account_id="700000000001",
        at=made,
        total_usd=Decimal("0.03"),
        lines=lines,
        omitted=[],
        prices_as_of=now.date(),
    )
    page = shown(coach, where)
    assert "AWS::S3::Bucket × 3 about $0.03" in page
    assert f"As counted for the cost estimate {timezone.localtime(made):%H:%M:%S}" in page


def test_the_timeline_has_everything_in_order_and_in_pages(world: World, now: datetime) -> None:
    team, member = world.team, world.people["member"]
    assert member is not None and team.place is not None
    quest = world.event.release.quests.get(slug="open-nest")
    start_quest(now=now, enrollment=team, quest=quest)
    task = quest.tasks.all()[0]
    for second, outcome in enumerate(["fail", "fail", "error", "fail", "pass", "pass"]):
        ProbeRun.objects.create(
            enrollment=team,
            task=task,
            probe="p",
            at=now + timedelta(seconds=1 + second),
            trigger="schedule",
            outcome=outcome,
            summary=f"said {second}",
            milliseconds=1,
        )
    record(
        now=now + timedelta(seconds=8),
        actor=member.pk,
        action="access.credentials",
        subject=f"lease:{team.place.lease_id}",
        scope=world.event.pk,
    )
    everything = timeline_of_team(enrollment=team, limit=50)
    texts = [(each.by, each.text, each.detail) for each in everything.happenings if each.at >= now]
    assert texts[:5] == [
        ("Member", "got credentials", ""),
        ("", f"passes now: {task.title}", "said 4"),
        ("", f"does not pass: {task.title}", "said 3"),
        ("", f"could not be checked: {task.title}", "said 2"),
        ("", f"does not pass: {task.title}", "said 0"),
    ]
    assert everything.older is None

    first = timeline_of_team(enrollment=team, limit=3)
    second = timeline_of_team(enrollment=team, limit=3, before=first.older)
    both = [*first.happenings, *second.happenings]
    assert len(both) >= 6
    assert both == everything.happenings[: len(both)]
    where = at(world, "coach_team", team.pk)
    assert "got credentials" not in shown(world.client("coach"), f"{where}?before={first.older:%Y-%m-%dT%H:%M:%S.%fZ}")
    assert world.client("coach").get(f"{where}?before=nonsense").status_code == 200


def test_what_happened_at_one_moment_is_not_torn_apart(world: World, now: datetime) -> None:
    team, member = world.team, world.people["member"]
    assert member is not None
    quest = world.event.release.quests.get(slug="open-nest")
    start_quest(now=now - timedelta(hours=1), enrollment=team, quest=quest)
    hint = quest.hints.select_related("quest").get(number=1)
    reveal_hint(now=now + timedelta(minutes=1), enrollment=team, hint=hint, user=member)

    first = timeline_of_team(enrollment=team, limit=1)

    assert len({each.at for each in first.happenings}) == 1
    assert {each.points for each in first.happenings} == {None, -hint.cost_points}
    assert first.happenings[0].at not in {
        each.at for each in timeline_of_team(enrollment=team, limit=9, before=first.older).happenings
    }


def test_more_teams_cost_the_coaches_page_no_more_queries(world: World, now: datetime) -> None:
    coach, where = world.client("coach"), at(world, "coach_event")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert coach.get(where).status_code == 200
        return len(captured)

    queries()
    before = queries()
    new_team(world.event, now, "One More", new_person())
    assert queries() == before
