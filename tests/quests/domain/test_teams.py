"""What a team decides about itself: name, where, captain, leaving."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEntry, User
from provisioning.domain import tokens
from provisioning.domain.access import AccessStopped
from quests.domain.access import stop_access
from quests.domain.joining import accept_invitation, join_event, join_team
from quests.domain.refusals import TeamNameTaken, UnableToChangeTeam, UnableToJoin
from quests.domain.seats import captain_of
from quests.domain.teams import hand_over, leave_team, rename_team, say_where
from quests.enums import ActionKind
from quests.models import Enrollment, Participation
from tests.quests.conftest import MakePerson, new_team, run_actions

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def now() -> datetime:
    """Today: keys are checked by the wall clock."""
    return datetime.now(UTC)


@pytest.fixture
def ada(team: Enrollment) -> User:
    return team.participations.get().user


@pytest.fixture
def ben(team: Enrollment, now: datetime, make_person: MakePerson) -> Participation:
    participation = join_event(now=now, code=team.event.join_code, user=make_person("Ben"))
    join_team(now=now, participation=participation, enrollment=team)
    return Participation.objects.get(pk=participation.pk)


def captain(team: Enrollment) -> str:
    found = captain_of(team)
    return found.user.name if found else ""


def lets_in(now: datetime, team: Enrollment, user: User) -> bool:
    assert team.place is not None and team.place.lease is not None
    try:
        tokens.issue_token(now=now, lease=team.place.lease, person=user.id)
    except AccessStopped:
        return False
    return True


def test_the_captain_and_an_organizer_rename_the_team(
    team: Enrollment, ada: User, organizer: User, now: datetime
) -> None:
    rename_team(now=now, enrollment=team, name=" New   Birds ", seen="Hippo Ballerinas", actor=ada)
    rename_team(now=now, enrollment=team, name="Newer Birds", seen="New Birds", actor=organizer)
    team.refresh_from_db()
    assert team.name == "Newer Birds"
    assert AuditEntry.objects.filter(action="team.rename", subject=str(team.pk)).count() == 2


def test_who_saw_another_name_renames_nothing(team: Enrollment, ada: User, organizer: User, now: datetime) -> None:
    rename_team(now=now, enrollment=team, name="New Birds", seen="Hippo Ballerinas", actor=ada)
    with pytest.raises(UnableToChangeTeam, match="called New Birds now"):
        rename_team(now=now, enrollment=team, name="Mine", seen="Hippo Ballerinas", actor=organizer)


def test_a_member_renames_nothing_and_nobody_takes_a_taken_name(
    team: Enrollment, ada: User, ben: Participation, now: datetime, make_person: MakePerson
) -> None:
    new_team(team.event, now, "Others", make_person())
    with pytest.raises(UnableToChangeTeam, match="Only the captain can do this, who is Ada"):
        rename_team(now=now, enrollment=team, name="Bens", seen=team.name, actor=ben.user)
    with pytest.raises(TeamNameTaken):
        rename_team(now=now, enrollment=team, name="oTHERS", seen=team.name, actor=ada)


def test_a_captain_hands_over_and_an_organizer_replaces_one(
    team: Enrollment, ada: User, ben: Participation, organizer: User, now: datetime
) -> None:
    hand_over(now=now, enrollment=team, to=ben, actor=ada)
    assert captain(team) == "Ben"
    with pytest.raises(UnableToChangeTeam, match="Only the captain"):
        hand_over(now=now, enrollment=team, to=team.participations.get(user=ada), actor=ada)
    hand_over(now=now, enrollment=team, to=team.participations.get(user=ada), actor=organizer)
    assert captain(team) == "Ada"


def test_nobody_outside_becomes_captain(team: Enrollment, ada: User, now: datetime, make_person: MakePerson) -> None:
    other = new_team(team.event, now, "Others", make_person("Zoe"))
    with pytest.raises(UnableToChangeTeam, match="Zoe is not in Hippo Ballerinas"):
        hand_over(now=now, enrollment=team, to=other.participations.get(), actor=ada)


def test_a_leaving_captain_is_followed_by_the_longest_member_and_has_no_keys(
    team: Enrollment, ada: User, ben: Participation, now: datetime
) -> None:
    assert lets_in(now, team, ada)
    leave_team(now=now, participation=team.participations.get(user=ada))
    assert captain(team) == "Ben"
    assert [lets_in(now, team, user) for user in (ada, ben.user)] == [False, True]
    assert not team.team.memberships.filter(user=ada).exists()
    again = ada.participations.get()
    join_team(now=now, participation=again, enrollment=team)
    assert lets_in(now, team, ada)
    assert captain(team) == "Ben"


def test_leaving_is_no_way_around_a_stop(
    team: Enrollment, ben: Participation, organizer: User, now: datetime, make_person: MakePerson
) -> None:
    others = new_team(team.event, now, "Others", make_person())
    stop_access(now=now, participation=ben, actor=organizer.id, reason="Keys were posted")
    leave_team(now=now, participation=ben)
    for each in (others, team):
        own = Participation.objects.get(pk=ben.pk)
        join_team(now=now, participation=own, enrollment=each)
        assert not lets_in(now, each, ben.user)
        leave_team(now=now, participation=Participation.objects.get(pk=ben.pk))


def test_an_empty_team_stays_and_who_comes_first_is_captain(
    team: Enrollment, ada: User, now: datetime, make_person: MakePerson
) -> None:
    assert leave_team(now=now, participation=team.participations.get()) is None
    assert (captain(team), Enrollment.objects.get(pk=team.pk).place_id) == ("", team.place_id)
    newcomer = join_event(now=now, code=team.event.join_code, user=make_person("Newcomer"))
    join_team(now=now, participation=newcomer, enrollment=team)
    assert captain(team) == "Newcomer"


def test_after_the_end_teams_stay_as_they_are(team: Enrollment, ada: User, now: datetime) -> None:
    run_actions(team.event, team.event.ends_at, ActionKind.CLOSE)
    with pytest.raises(UnableToChangeTeam, match="has ended"):
        leave_team(now=now, participation=team.participations.get())
    with pytest.raises(UnableToChangeTeam, match="has ended"):
        rename_team(now=now, enrollment=team, name="Late", seen=team.name, actor=ada)


@pytest.mark.parametrize("link", ["https://meet.example.com/dodo", "tel:+49301234", "sip:dodo@example.com", ""])
def test_every_member_says_where_the_team_is(team: Enrollment, ben: Participation, now: datetime, link: str) -> None:
    say_where(now=now, enrollment=team, table="Table 7", call_link=link, actor=ben.user)
    team.refresh_from_db()
    assert (team.table, team.call_link) == ("Table 7", link)


@pytest.mark.parametrize("link", ["http://a.example.com", "javascript:alert(1)", "https://a b", "https://", "x"])
def test_no_other_address_is_a_call_link(team: Enrollment, ada: User, now: datetime, link: str) -> None:
    with pytest.raises(UnableToChangeTeam, match="call link begins"):
        say_where(now=now, enrollment=team, table="", call_link=link, actor=ada)
    with pytest.raises(IntegrityError, match="call_link_is_safe"), transaction.atomic():
        Enrollment.objects.filter(pk=team.pk).update(call_link=link)


def test_an_invitation_leads_into_its_team_once(team: Enrollment, now: datetime, make_person: MakePerson) -> None:
    guest = join_event(now=now, code=team.event.join_code, user=make_person())
    for _ in range(2):
        accept_invitation(now=now, participation=Participation.objects.get(pk=guest.pk), team=team.pk)
    assert team.participations.count() == 2
    with pytest.raises(UnableToJoin, match="does not play"):
        accept_invitation(now=now, participation=guest, team=team.event.pk)
