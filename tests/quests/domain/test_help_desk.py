"""The help desk: codes for people who cannot sign in, and cards for teams."""

from datetime import datetime

import pytest

from accounts.models import AuditEntry, User
from quests.domain import guests, help_desk
from quests.domain.joining import create_team, join_event
from quests.domain.refusals import UnableToIssue, UnableToJoin
from quests.enums import Role
from quests.models import Event, EventRole
from tests.quests.conftest import MakePerson

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def test_a_code_signs_the_participant_in_and_the_journal_says_who_issued_it(
    event: Event, organizer: User, make_person: MakePerson, now: datetime
) -> None:
    ada = make_person("Ada")
    join_event(now=now, code=event.join_code, user=ada)
    user, code = help_desk.issue_sign_in_code(now=now, event=event, person=ada.id, actor=organizer)
    assert guests.come_back(now=now, code=event.join_code, personal=code) == (event, user)
    entry = AuditEntry.objects.get(action="code.one_time")
    assert (entry.actor, entry.subject, entry.scope) == (organizer.id, str(ada.id), event.id)
    assert code not in str(entry.details)


def test_the_latest_code_is_the_only_one(event: Event, organizer: User, make_person: MakePerson, now: datetime) -> None:
    ada = make_person("Ada")
    join_event(now=now, code=event.join_code, user=ada)
    first, _second = [
        help_desk.issue_sign_in_code(now=now, event=event, person=ada.id, actor=organizer)[1] for _ in range(2)
    ]
    with pytest.raises(UnableToJoin):
        guests.come_back(now=now, code=event.join_code, personal=first)


@pytest.mark.parametrize("kind", ["staff", "organizer", "coach", "outsider", "closed"])
def test_nobody_gets_a_code_into_what_others_run(
    event: Event, organizer: User, make_person: MakePerson, now: datetime, kind: str
) -> None:
    person = organizer if kind == "organizer" else make_person("P", is_staff=kind == "staff")
    if kind != "outsider":
        join_event(now=now, code=event.join_code, user=person)
    if kind == "coach":
        EventRole.objects.create(event=event, user=person, role=Role.COACH)
    User.objects.filter(pk=person.pk).update(is_active=kind != "closed")
    with pytest.raises(UnableToIssue):
        help_desk.issue_sign_in_code(now=now, event=event, person=person.id, actor=organizer)
    assert not AuditEntry.objects.filter(action="code.one_time").exists()


def test_cards_hold_new_codes_for_guests_and_none_for_the_others(
    event: Event, organizer: User, make_person: MakePerson, now: datetime
) -> None:
    gus, former = guests.join_as_guest(now=now, code=event.join_code, name="Gus")
    create_team(now=now, participation=gus, name="Dodos")
    join_event(now=now, code=event.join_code, user=make_person("Ada"))
    cards = help_desk.make_team_cards(now=now, event=event, actor=organizer)
    assert [(card.name, [person.name for person in card.people]) for card in cards] == [
        ("Dodos", ["Gus"]),
        ("", ["Ada"]),
    ]
    (fresh,), (nothing,) = ([person.return_code for person in card.people] for card in cards)
    assert nothing == ""
    assert guests.come_back(now=now, code=event.join_code, personal=fresh) == (event, gus.user)
    with pytest.raises(UnableToJoin):
        guests.come_back(now=now, code=event.join_code, personal=former)
