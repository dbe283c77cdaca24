"""Whoever leaves has no keys any more, and organizers stop one person's access."""

from datetime import UTC, datetime

import pytest

from accounts.models import User
from provisioning.domain import access as sandbox_access
from provisioning.domain import tokens
from provisioning.models import AccessStop, Lease
from quests.domain.access import allow_access, stop_access
from quests.domain.joining import join_event, join_team
from quests.domain.queries.attribution import attribution
from quests.domain.refusals import UnableToRemedy
from quests.models import Enrollment, Participation
from tests.quests.conftest import MakePerson

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def now() -> datetime:
    """Today: whoever leaves does so by the wall clock."""
    return datetime.now(UTC)


@pytest.fixture
def ben(team: Enrollment, now: datetime, make_person: MakePerson) -> Participation:
    participation = join_event(now=now, code=team.event.join_code, user=make_person("Ben"))
    join_team(now=now, participation=participation, enrollment=team)
    return Participation.objects.get(pk=participation.pk)


def _lease(team: Enrollment) -> Lease:
    assert team.place is not None
    return Lease.objects.get(pk=team.place.lease_id)


def _may_have_a_token(now: datetime, lease: Lease, user: User) -> bool:
    try:
        tokens.issue_token(now=now, lease=lease, person=user.id)
    except sandbox_access.AccessStopped:
        return False
    return True


def test_one_persons_access_is_stopped_and_allowed_again(
    team: Enrollment, ben: Participation, organizer: User, now: datetime
) -> None:
    lease, ada = _lease(team), team.participations.get(user__name="Ada").user
    stop_access(now=now, participation=ben, actor=organizer.id, reason="Left the room")

    assert [_may_have_a_token(now, lease, user) for user in (ada, ben.user)] == [True, False]

    allow_access(now=now, participation=ben, actor=organizer.id, reason="Came back")
    assert _may_have_a_token(now, lease, ben.user)
    with pytest.raises(UnableToRemedy, match="not stopped"):
        allow_access(now=now, participation=ben, actor=organizer.id, reason="Again")


def test_without_a_team_there_is_nothing_to_stop(
    team: Enrollment, organizer: User, now: datetime, make_person: MakePerson
) -> None:
    loner = join_event(now=now, code=team.event.join_code, user=make_person("Loner"))
    with pytest.raises(UnableToRemedy, match="no sandbox"):
        stop_access(now=now, participation=loner, actor=organizer.id, reason="Left")


@pytest.mark.parametrize("how", ["closed by staff", "removed from the event", "deleted"])
def test_whoever_leaves_has_no_keys_any_more(team: Enrollment, ben: Participation, now: datetime, how: str) -> None:
    lease, user = _lease(team), ben.user
    token = tokens.issue_token(now=now, lease=lease, person=user.id)
    person = user.id

    if how == "closed by staff":
        user.is_active = False
        user.save()
    elif how == "removed from the event":
        ben.delete()
    else:
        user.delete()

    with pytest.raises(sandbox_access.AccessStopped):
        tokens.credentials_for_token(now=now, token=token)
    assert [stop.actor for stop in AccessStop.objects.filter(lease=lease, person=person, lifted_at=None)] == [None]


def test_who_has_keys_is_shown_per_person(team: Enrollment, ben: Participation, organizer: User, now: datetime) -> None:
    tokens.issue_token(now=now, lease=_lease(team), person=team.participations.get(user__name="Ada").user_id)
    stop_access(now=now, participation=ben, actor=organizer.id, reason="Left the room")

    people = attribution(team.event).people

    assert [(row.name, row.team, row.has_token, row.stop.reason if row.stop else "") for row in people] == [
        ("Ada", "Hippo Ballerinas", True, ""),
        ("Ben", "Hippo Ballerinas", False, "Left the room"),
    ]
