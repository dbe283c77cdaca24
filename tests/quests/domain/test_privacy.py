"""Taking everything along, and leaving for good."""

import json
from datetime import datetime

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse

from accounts.domain.refusals import UnableToErase
from accounts.models import AuditEntry, User
from quests.domain import guests, privacy
from quests.domain.help_requests import ask_for_help
from quests.domain.joining import create_team, join_event, join_team
from quests.enums import EventState
from quests.models import Enrollment, Event, Participation
from tests.quests.conftest import MakePerson

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def new_team(event: Event, now: datetime, *people: User) -> Enrollment:
    captain, *others = [join_event(now=now, code=event.join_code, user=person) for person in people]
    team = create_team(now=now, participation=captain, name="Dodos")
    for participation in others:
        join_team(now=now, participation=participation, enrollment=team)
    return team


def test_the_file_has_everything_and_no_secret(event: Event, now: datetime) -> None:
    gus, code = guests.join_as_guest(now=now, code=event.join_code, name="Gus")
    team = create_team(now=now, participation=gus, name="Dodos")
    ask_for_help(now=now, enrollment=team, quest=None, about_score=False, text="Where is it?", user=gus.user)
    answer = browser_of(gus.user).get(reverse("privacy_export"))
    assert answer["Content-Disposition"].startswith("attachment")
    told = json.loads(answer.content)
    assert told["person"]["name"] == "Gus"
    assert [(row["event"], row["team"]) for row in told["events"]] == [(event.name, "Dodos")]
    assert told["wrote"] == [{"as": "help", "text": "Where is it?", "at": now.isoformat()}]
    assert [entry["action"] for entry in told["journal"]][:3] == ["event.join", "code.return", "team.create"]
    text = answer.content.decode()
    assert code not in text and gus.user.password not in text and "digest" not in text


def test_erasing_empties_the_row_and_keeps_the_facts(event: Event, make_person: MakePerson, now: datetime) -> None:
    ada, bo = make_person("Ada"), make_person("Bo")
    team = new_team(event, now, ada, bo)
    browser = browser_of(bo)
    browser.post(reverse("privacy_erase"), {"name": "Bo"})
    after = User.objects.get(pk=bo.pk)
    assert (after.name, after.email, after.is_active, after.has_usable_password()) == (
        "Somebody who left",
        None,
        False,
        False,
    )
    assert not EmailAddress.objects.filter(user=bo).exists()
    assert [row.user for row in team.participations.all()] == [ada]
    assert [row.user for row in team.team.memberships.all()] == [ada]
    assert AuditEntry.objects.filter(actor=bo.pk, action="team.join").exists()
    assert AuditEntry.objects.get(action="person.erase").subject == str(bo.pk)
    assert "_auth_user_id" not in browser.session


def test_a_finished_event_keeps_its_team_as_it_was(event: Event, make_person: MakePerson, now: datetime) -> None:
    ada = make_person("Ada")
    team = new_team(event, now, ada)
    Event.objects.filter(pk=event.pk).update(state=EventState.CLOSED)
    privacy.erase_person(now=now, user=ada, actor=ada)
    assert [row.user.name for row in team.participations.all()] == ["Somebody who left"]


def test_a_captain_stays_while_the_team_plays(event: Event, make_person: MakePerson, now: datetime) -> None:
    ada, bo = make_person("Ada"), make_person("Bo")
    new_team(event, now, ada, bo)
    page = browser_of(ada).post(reverse("privacy_erase"), {"name": "Ada"})
    assert page.status_code == 422
    assert "You are the captain of Dodos" in page.content.decode()
    assert User.objects.get(pk=ada.pk).name == "Ada"
    assert Participation.objects.filter(user=ada).exists()


def test_the_only_organizer_stays(event: Event, organizer: User, now: datetime) -> None:
    with pytest.raises(UnableToErase, match="only organizer"):
        privacy.erase_person(now=now, user=organizer, actor=organizer)
    Event.objects.filter(pk=event.pk).update(state=EventState.TORN_DOWN)
    privacy.erase_person(now=now, user=organizer, actor=organizer)


def test_the_last_member_of_staff_stays(make_person: MakePerson, now: datetime) -> None:
    first, second = make_person("S1", is_staff=True), make_person("S2", is_staff=True)
    privacy.erase_person(now=now, user=first, actor=first)
    with pytest.raises(UnableToErase, match="last member of staff"):
        privacy.erase_person(now=now, user=second, actor=second)


@pytest.mark.parametrize("typed", ["", "Bo", "ada"])
def test_only_ones_own_name_confirms(make_person: MakePerson, typed: str) -> None:
    ada = make_person("Ada")
    assert browser_of(ada).post(reverse("privacy_erase"), {"name": typed}).status_code == 422
    assert User.objects.get(pk=ada.pk).is_active
