"""Two people rearrange the same teams at the same moment: one effect, and nobody undoes the other."""

from datetime import datetime
from functools import partial

import pytest

from accounts.models import Membership, User
from quests.domain.joining import create_team, join_event, join_team
from quests.domain.moving import free_place, merge_teams, move_person
from quests.domain.roles import add_role, remove_role
from quests.domain.teams import hand_over, leave_team, rename_team
from quests.enums import ActionKind, Role
from quests.models import Enrollment, Event, PackRelease, Participation
from tests.quests.conftest import new_event, new_person, new_team, run_actions
from tests.quests.views.test_races import at_once, joined

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def room(now: datetime, release: PackRelease, organizer: User) -> Event:
    """An open event with five places and teams of up to three."""
    event = new_event(now=now, release=release, organizer=organizer, planned_teams=4, spares=1, team_size_max=3)
    run_actions(event, now, ActionKind.VEND, ActionKind.OPEN)
    return event


def team_of(event: Event, now: datetime, name: str, size: int) -> Enrollment:
    captain, *mates = joined(event, now, size)
    team = new_team(event, now, name, captain)
    for mate in mates:
        join_team(now=now, participation=mate.participations.get(), enrollment=team)
    return team


def members(team: Enrollment) -> list[Participation]:
    return list(team.participations.select_related("user", "event", "enrollment").order_by("pk"))


def captains(team: Enrollment) -> int:
    return Membership.objects.filter(team=team.team_id, is_captain=True).count()


def test_a_captain_always_stays_while_all_but_one_leave(room: Event, now: datetime) -> None:
    team = team_of(room, now, "Leavers", 3)
    going = members(team)[:2]
    at_once([partial(leave_team, now=now, participation=person) for person in going])
    assert (team.participations.count(), team.team.memberships.count(), captains(team)) == (1, 1, 1)


def test_leaving_beside_handing_over_leaves_one_captain_who_is_there(room: Event, now: datetime) -> None:
    team = team_of(room, now, "Handing", 3)
    first, second, _third = members(team)
    at_once(
        [
            partial(hand_over, now=now, enrollment=team, to=second, actor=first.user),
            partial(leave_team, now=now, participation=second),
            partial(leave_team, now=now, participation=first),
        ]
    )
    assert captains(team) == 1
    captain = Membership.objects.get(team=team.team_id, is_captain=True)
    assert team.participations.filter(user=captain.user_id).exists()


def test_two_organizers_move_one_person_once(room: Event, now: datetime, organizer: User) -> None:
    old, *targets = (team_of(room, now, f"Team {number}", 1) for number in range(3))
    (person,) = members(old)
    answers = at_once(
        [partial(move_person, now=now, participation=person, to=to, seen=old.pk, actor=organizer) for to in targets * 3]
    )
    assert answers == {"None": 1, "UnableToChangeTeam": 5}
    assert sorted(team.participations.count() for team in (old, *targets)) == [0, 1, 2]
    assert Membership.objects.filter(user=person.user_id).count() == 1


def test_the_last_seat_is_taken_once_by_moving_or_joining(room: Event, now: datetime, organizer: User) -> None:
    full, other = team_of(room, now, "Nearly full", 2), team_of(room, now, "Other", 3)
    free = [person.participations.get() for person in joined(room, now, 3)]
    acts = [partial(join_team, now=now, participation=person, enrollment=full) for person in free]
    acts += [
        partial(move_person, now=now, participation=person, to=full, seen=other.pk, actor=organizer)
        for person in members(other)
    ]
    at_once(acts)
    assert (full.participations.count(), full.team.memberships.count()) == (3, 3)
    assert room.participations.count() == 8
    assert captains(other) == 1


def test_merging_both_ways_at_once_leaves_one_of_the_teams(room: Event, now: datetime, organizer: User) -> None:
    first, second = team_of(room, now, "First", 1), team_of(room, now, "Second", 1)
    seen = {team.pk: [person.user_id for person in members(team)] for team in (first, second)}
    answers = at_once(
        [
            partial(merge_teams, now=now, old=old, into=into, members=seen[old.pk], actor=organizer)
            for old, into in ((first, second), (second, first))
        ]
    )
    assert answers["None"] == 1
    assert sorted(team.participations.count() for team in (first, second)) == [0, 2]
    assert Enrollment.objects.filter(event=room, closed_at=None).count() == 1


def test_a_place_is_not_freed_under_somebody_who_joins(room: Event, now: datetime, organizer: User) -> None:
    team = team_of(room, now, "Empty", 1)
    leave_team(now=now, participation=members(team)[0])
    person = join_event(now=now, code=room.join_code, user=new_person())
    at_once(
        [
            partial(free_place, now=now, enrollment=team, members=[], actor=organizer),
            partial(join_team, now=now, participation=person, enrollment=team),
        ]
    )
    team.refresh_from_db()
    assert (team.closed_at is None) == (team.participations.count() == 1)
    assert (team.place is None) == (team.closed_at is not None)


def test_founding_beside_moving_meets_no_deadlock(room: Event, now: datetime, organizer: User) -> None:
    team = team_of(room, now, "Settled", 1)
    people = [person.participations.select_related("event").get() for person in joined(room, now, 2)]
    acts = [partial(create_team, now=now, participation=people[n % 2], name=f"New {n}") for n in range(4)] + [
        partial(move_person, now=now, participation=people[n % 2], to=team, seen=None, actor=organizer)
        for n in range(4)
    ]
    at_once(acts)
    assert room.participations.filter(enrollment=None).count() == 0
    assert Membership.objects.filter(user__in=[person.user_id for person in people]).count() == 2


def test_the_last_two_organizers_do_not_remove_each_other(room: Event, now: datetime, organizer: User) -> None:
    other = new_person("Otto")
    add_role(now=now, event=room, user=other, role=Role.ORGANIZER, actor=organizer)
    answers = at_once(
        [
            partial(remove_role, now=now, event=room, user=user, role=Role.ORGANIZER, actor=actor)
            for user, actor in ((organizer, other), (other, organizer))
        ]
    )
    assert answers == {"None": 1, "UnableToChangeTeam": 1}
    assert room.roles.filter(role=Role.ORGANIZER).count() == 1


def test_two_new_names_at_once_are_one(room: Event, now: datetime, organizer: User) -> None:
    team = team_of(room, now, "Old", 1)
    answers = at_once(
        [partial(rename_team, now=now, enrollment=team, name=f"New {n}", seen="Old", actor=organizer) for n in range(4)]
    )
    assert answers == {"None": 1, "UnableToChangeTeam": 3}
