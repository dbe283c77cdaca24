"""Organizers rearrange teams: people move, teams merge, places of no-shows come free."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from accounts.models import AuditEntry, User
from provisioning.domain import tokens
from provisioning.domain.access import AccessStopped
from quests.domain.joining import create_team, join_event, join_team
from quests.domain.moving import free_place, merge_teams, move_person
from quests.domain.playing import start_quest
from quests.domain.queries.board import board
from quests.domain.queries.people import people_of
from quests.domain.queries.people_effects import of_freeing, of_merge, of_move
from quests.domain.refusals import UnableToChangeTeam, UnableToJoin
from quests.domain.roles import add_role, remove_role
from quests.domain.scores import accept_task
from quests.domain.seats import captain_of
from quests.domain.teams import leave_team
from quests.enums import ActionKind, Role
from quests.models import Enrollment, Event, Participation, Place, TaskProgress
from tests.quests.conftest import MakePerson, new_team, run_actions

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def now() -> datetime:
    """Today: keys are checked by the wall clock."""
    return datetime.now(UTC)


@pytest.fixture
def rivals(team: Enrollment, now: datetime, make_person: MakePerson) -> Enrollment:
    return new_team(team.event, now, "Other Birds", make_person("Zoe"))


def own(user_name: str, event: Event) -> Participation:
    return Participation.objects.select_related("event", "user", "enrollment__place__lease").get(
        event=event, user__name=user_name
    )


def people(team: Enrollment) -> list[UUID]:
    return list(team.participations.values_list("user", flat=True))


def names(team: Enrollment) -> list[str]:
    return sorted(team.participations.values_list("user__name", flat=True))


def lets_in(now: datetime, team: Enrollment, user: User) -> bool:
    assert team.place is not None and team.place.lease is not None
    try:
        tokens.issue_token(now=now, lease=team.place.lease, person=user.id)
    except AccessStopped:
        return False
    return True


def test_a_moved_person_loses_the_old_keys_and_gets_new_ones(
    team: Enrollment, rivals: Enrollment, organizer: User, now: datetime
) -> None:
    task = team.event.release.quests.get(slug="open-nest").tasks.all()[0]
    accept_task(now=now, enrollment=team, task=task, reason="Seen", actor=organizer)
    ada = own("Ada", team.event)
    said = " ".join(of_move(participation=ada, to=rivals).sentences)
    assert f"Hippo Ballerinas keeps its {task.points} points" in said
    assert "Nobody is in Hippo Ballerinas then" in said

    move_person(now=now, participation=ada, to=rivals, seen=team.pk, actor=organizer)

    assert (names(team), names(rivals)) == ([], ["Ada", "Zoe"])
    assert [lets_in(now, each, ada.user) for each in (team, rivals)] == [False, True]
    captain = captain_of(rivals)
    assert captain is not None and captain.user.name == "Zoe"
    assert {row.team: row.points for row in board(team.event)} == {"Hippo Ballerinas": task.points, "Other Birds": 0}
    assert AuditEntry.objects.get(action="team.move").details["reason"] == "Hippo Ballerinas → Other Birds"


def test_who_saw_the_person_elsewhere_moves_nobody(
    team: Enrollment, rivals: Enrollment, organizer: User, now: datetime
) -> None:
    ada = own("Ada", team.event)
    move_person(now=now, participation=ada, to=rivals, seen=team.pk, actor=organizer)
    with pytest.raises(UnableToChangeTeam, match="Meanwhile Ada was moved: now in Other Birds"):
        move_person(now=now, participation=ada, to=None, seen=team.pk, actor=organizer)
    assert names(rivals) == ["Ada", "Zoe"]


def test_a_full_team_takes_nobody_and_the_person_stays(
    team: Enrollment, rivals: Enrollment, organizer: User, now: datetime, make_person: MakePerson
) -> None:
    third = join_event(now=now, code=team.event.join_code, user=make_person("Third"))
    join_team(now=now, participation=third, enrollment=rivals)
    with pytest.raises(UnableToJoin, match="full"):
        move_person(now=now, participation=own("Ada", team.event), to=rivals, seen=team.pk, actor=organizer)
    assert names(team) == ["Ada"]
    assert lets_in(now, team, own("Ada", team.event).user)


def test_merged_teams_keep_the_points_of_the_one_that_stays(
    team: Enrollment, rivals: Enrollment, organizer: User, now: datetime, make_person: MakePerson
) -> None:
    task = team.event.release.quests.get(slug="open-nest").tasks.all()[0]
    accept_task(now=now, enrollment=rivals, task=task, reason="Seen", actor=organizer)
    place = team.place
    said = " ".join(of_merge(old=team, into=rivals).sentences)
    assert f"Only the points and hints of Other Birds count on: {task.points} points" in said
    assert "is free at once" in said

    merge_teams(now=now, old=team, into=rivals, members=people(team), actor=organizer)

    assert names(rivals) == ["Ada", "Zoe"]
    assert [row.team for row in board(team.event)] == ["Other Birds"]
    assert not TaskProgress.objects.filter(enrollment=team, due_at__isnull=False).exists()
    team.refresh_from_db()
    assert (team.closed_at, team.place) == (now, None)
    newcomer = join_event(now=now, code=team.event.join_code, user=make_person())
    with pytest.raises(UnableToJoin, match="is closed"):
        join_team(now=now, participation=newcomer, enrollment=team)
    assert create_team(now=now, participation=newcomer, name="Third").place == place


def test_a_merge_of_other_people_than_were_seen_is_refused(
    team: Enrollment, rivals: Enrollment, organizer: User, now: datetime, make_person: MakePerson
) -> None:
    seen = people(team)
    ben = join_event(now=now, code=team.event.join_code, user=make_person("Ben"))
    join_team(now=now, participation=ben, enrollment=team)
    with pytest.raises(UnableToChangeTeam, match="other people are in Hippo Ballerinas"):
        merge_teams(now=now, old=team, into=rivals, members=seen, actor=organizer)
    with pytest.raises(UnableToJoin, match="room for 1 person only"):
        merge_teams(now=now, old=team, into=rivals, members=people(team), actor=organizer)
    assert (names(team), names(rivals)) == (["Ada", "Ben"], ["Zoe"])


def test_a_sandbox_that_somebody_was_in_goes_to_nobody_else(
    team: Enrollment, rivals: Enrollment, organizer: User, now: datetime
) -> None:
    ada = own("Ada", team.event)
    assert lets_in(now, team, ada.user)
    assert "a new place is prepared" in " ".join(of_merge(old=team, into=rivals).sentences)

    merge_teams(now=now, old=team, into=rivals, members=people(team), actor=organizer)

    old = Place.objects.select_related("lease").get(enrollment=team)
    assert old.lease is not None and old.lease.state == "ended"
    fresh = Place.objects.select_related("lease").get(event=team.event, number=4)
    assert fresh.lease is not None and fresh.lease.state == "requested"
    free = Place.objects.filter(event=team.event, enrollment=None)
    assert [place.number for place in free] == [3, 4]


def test_the_place_of_a_team_that_has_not_come_is_free_at_once(
    team: Enrollment, organizer: User, now: datetime
) -> None:
    place = team.place
    assert place is not None
    assert f"Place {place.number} is free at once" in " ".join(of_freeing(enrollment=team).sentences)
    free_place(now=now, enrollment=team, members=people(team), actor=organizer)
    assert own("Ada", team.event).enrollment is None
    assert Place.objects.filter(event=team.event, enrollment=None).order_by("number").first() == place
    with pytest.raises(UnableToChangeTeam, match="was closed"):
        free_place(now=now, enrollment=team, members=[], actor=organizer)


def test_a_team_that_is_at_work_is_no_no_show(team: Enrollment, organizer: User, now: datetime) -> None:
    lets_in(now, team, own("Ada", team.event).user)
    with pytest.raises(UnableToChangeTeam, match="Ada of Hippo Ballerinas has been in the sandbox"):
        free_place(now=now, enrollment=team, members=people(team), actor=organizer)
    assert names(team) == ["Ada"]
    leave_team(now=now, participation=own("Ada", team.event))
    free_place(now=now, enrollment=team, members=[], actor=organizer)
    assert Enrollment.objects.get(pk=team.pk).closed_at == now


def test_a_team_that_has_opened_a_quest_is_no_no_show(team: Enrollment, organizer: User, now: datetime) -> None:
    start_quest(now=now, enrollment=team, quest=team.event.release.quests.get(slug="open-nest"))
    with pytest.raises(UnableToChangeTeam, match="has opened a quest"):
        free_place(now=now, enrollment=team, members=people(team), actor=organizer)


def test_after_the_end_nobody_is_moved(team: Enrollment, rivals: Enrollment, organizer: User, now: datetime) -> None:
    run_actions(team.event, team.event.ends_at, ActionKind.CLOSE)
    with pytest.raises(UnableToChangeTeam, match="has ended"):
        move_person(now=now, participation=own("Ada", team.event), to=rivals, seen=team.pk, actor=organizer)


def test_an_event_keeps_an_organizer(event: Event, organizer: User, now: datetime, make_person: MakePerson) -> None:
    with pytest.raises(UnableToChangeTeam, match="Olive is the only organizer"):
        remove_role(now=now, event=event, user=organizer, role=Role.ORGANIZER, actor=organizer)
    other = make_person("Otto")
    assert add_role(now=now, event=event, user=other, role=Role.ORGANIZER, actor=organizer)
    assert not add_role(now=now, event=event, user=other, role=Role.ORGANIZER, actor=organizer)
    remove_role(now=now, event=event, user=organizer, role=Role.ORGANIZER, actor=other)
    assert list(event.roles.values_list("user__name", "role")) == [("Otto", "organizer")]
    assert AuditEntry.objects.filter(action="event.remove_organizer", actor=other.id).count() == 1


def test_the_table_finds_people_by_name_address_and_team(
    team: Enrollment, rivals: Enrollment, now: datetime, make_person: MakePerson
) -> None:
    loner = make_person("Löner")
    join_event(now=now, code=team.event.join_code, user=loner)
    event = team.event
    found = {
        wanted: [person.user.name for person in people_of(event, wanted=wanted)]
        for wanted in ("", "ADA", "other b", str(loner.email), "nobody")
    }
    assert found == {
        "": ["Ada", "Löner", "Olive", "Zoe"],
        "ADA": ["Ada"],
        "other b": ["Zoe"],
        str(loner.email): ["Löner"],
        "nobody": [],
    }
    assert [person.user.name for person in people_of(event, team="none")] == ["Löner"]
    assert [(p.user.name, p.captain) for p in people_of(event, team=str(team.pk))] == [("Ada", True)]
    assert all(person.seen_at for person in people_of(event))
