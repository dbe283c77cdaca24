"""Coming into events and teams."""

from datetime import datetime, timedelta

import pytest

from accounts.models import Membership
from quests.domain.joining import create_team, join_event, join_team
from quests.domain.refusals import NoPlaceLeft, TeamNameTaken, UnableToJoin
from quests.enums import ActionKind
from quests.models import Enrollment, Event, TaskProgress
from tests.quests.conftest import MakePerson, new_team, run_actions

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def test_the_code_may_be_typed_small_and_twice(now: datetime, event: Event, make_person: MakePerson) -> None:
    person = make_person()
    first = join_event(now=now, code=f" {event.join_code.lower()} ", user=person)
    assert join_event(now=now, code=event.join_code, user=person) == first


def test_an_unknown_code_is_refused(now: datetime, make_person: MakePerson) -> None:
    with pytest.raises(UnableToJoin, match="No event has this join code"):
        join_event(now=now, code="NOPE", user=make_person())


def test_an_ended_event_is_not_joined(now: datetime, open_event: Event, make_person: MakePerson) -> None:
    run_actions(open_event, now + timedelta(hours=1), ActionKind.CLOSE)
    with pytest.raises(UnableToJoin, match="has ended"):
        join_event(now=now, code=open_event.join_code, user=make_person())


def test_a_team_has_a_place_and_checks_at_once(now: datetime, team: Enrollment) -> None:
    assert team.place is not None and team.place.lease is not None
    # One quest of the pack requires another one first.
    tasks = sum(quest.tasks.count() for quest in team.event.release.quests.exclude(slug="double-dodo"))
    assert TaskProgress.objects.filter(enrollment=team, due_at__isnull=False).count() == tasks
    assert Membership.objects.get(team=team.team).is_captain


def test_a_ready_place_is_taken_first(now: datetime, open_event: Event, make_person: MakePerson) -> None:
    ready = open_event.places.get(number=3)
    ready.lease.state = "ready"
    ready.lease.save(update_fields=["state"])
    assert new_team(open_event, now, "Early Birds", make_person()).place == ready


def test_a_taken_name_is_refused_whatever_its_case(now: datetime, team: Enrollment, make_person: MakePerson) -> None:
    with pytest.raises(TeamNameTaken, match="already called"):
        new_team(team.event, now, "hippo  ballerinas", make_person())
    assert team.event.enrollments.count() == 1


def test_the_last_place_gone_is_said(now: datetime, open_event: Event, make_person: MakePerson) -> None:
    for number in range(3):
        new_team(open_event, now, f"Team {number}", make_person())
    with pytest.raises(NoPlaceLeft, match="Every place"):
        new_team(open_event, now, "One too many", make_person())


def test_a_full_team_is_refused(now: datetime, team: Enrollment, make_person: MakePerson) -> None:
    second, third = (join_event(now=now, code=team.event.join_code, user=make_person()) for _ in range(2))
    join_team(now=now, participation=second, enrollment=team)
    with pytest.raises(UnableToJoin, match="at most 2 people"):
        join_team(now=now, participation=third, enrollment=team)
    assert team.participations.count() == 2


def test_nobody_plays_in_two_teams(now: datetime, team: Enrollment) -> None:
    with pytest.raises(UnableToJoin, match="already play in Hippo Ballerinas"):
        create_team(now=now, participation=team.participations.get(), name="Second thoughts")
