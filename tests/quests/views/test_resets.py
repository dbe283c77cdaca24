"""A team asks on the quest's page, a coach decides on the team's, and each sees what the other did."""

from datetime import datetime
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from provisioning.enums import ExtraStackState
from quests.domain.events import add_coach
from quests.models import Enrollment, ResetRequest
from tests.quests.conftest import new_person
from tests.quests.environments import lease_of, put, stands, team_with_stacks
from tests.quests.views.test_playing import browser, page, words

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def team(tmp_path: Path, now: datetime, organizer: User) -> Enrollment:
    return team_with_stacks(folder=tmp_path, now=now, organizer=organizer)


@pytest.fixture
def ada(team: Enrollment) -> Client:
    return browser(team.participations.get().user)


@pytest.fixture
def coach(team: Enrollment, now: datetime) -> Client:
    person = new_person("Cora")
    add_coach(now=now, event=team.event, user=person, actor=person)
    return browser(person)


def test_what_is_lost_is_shown_before_anybody_asks(team: Enrollment, ada: Client) -> None:
    shown = words(ada.get(page(team, "nest")))

    assert "This is deleted with everything you have put into it" in shown
    assert "Straw (SQS Queue)" in shown
    assert "environment" not in words(ada.get(page(team, "riddle")))


def test_a_coach_confirms_what_a_team_asks(team: Enrollment, ada: Client, coach: Client) -> None:
    answer = ada.post(page(team, "nest", "reset_ask"), follow=True)
    assert "Ada has asked to start it again" in words(answer)
    where = reverse("team_quest", args=[team.event.slug, team.pk, "nest"])
    assert "Hippo Ballerinas: The nest" in words(coach.get(reverse("coach_event", args=[team.event.slug])))
    assert "Ada asks to start it again" in words(coach.get(where))

    decide = reverse("reset_decide", args=[team.event.slug, team.pk, "nest"])
    refused = coach.post(decide, {"decision": "confirmed", "reason": ""})
    assert (refused.status_code, ResetRequest.objects.get().decision) == (422, "")
    answer = coach.post(decide, {"decision": "confirmed", "reason": "They broke it"}, follow=True)

    assert "It is being made anew; Hippo Ballerinas sees when it is ready." in words(answer)
    assert "Cora had it started again: They broke it" in words(answer)
    assert lease_of(team).extra_stacks["nest"]["state"] == ExtraStackState.LEAVING
    shown = words(ada.get(page(team, "nest")))
    assert "Being prepared in your sandbox." in shown
    assert "Nothing is checked until this quest's environment is ready." in shown
    assert "Check now" not in shown
    stands(team, "nest", {"StrawUrl": "https://sqs/other-straw"})
    assert "Check now" in words(ada.get(page(team, "nest")))


def test_a_coach_who_declines_is_quoted(team: Enrollment, ada: Client, coach: Client) -> None:
    ada.post(page(team, "nest", "reset_ask"))
    decide = reverse("reset_decide", args=[team.event.slug, team.pk, "nest"])
    coach.post(decide, {"decision": "declined", "reason": "You nearly have it"})

    assert "Cora left it as it is: You nearly have it" in words(ada.get(page(team, "nest")))
    answer = coach.post(decide, {"decision": "confirmed", "reason": "Or not"})
    assert (answer.status_code, "decided already" in words(answer)) == (422, True)


def test_one_that_could_not_be_made_is_said_to_cost_nothing(team: Enrollment, ada: Client, coach: Client) -> None:
    put(team, "nest", state=ExtraStackState.FAILED, said="create_stack: Denied")

    shown = words(ada.get(page(team, "nest") + "?part=environment"))
    assert "It could not be made, and the organizers were told." in shown
    assert "create_stack: Denied" not in shown
    where = reverse("team_quest", args=[team.event.slug, team.pk, "nest"])
    assert "It could not be made: create_stack: Denied" in words(coach.get(where))
