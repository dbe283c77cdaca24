"""Spares: for late teams, and for teams whose sandbox failed."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from accounts.models import AuditEntry, User
from provisioning.enums import LeaseState
from provisioning.models import Lease
from provisioning.signals import person_needed
from quests.domain.places import give_spares, prepare_anew
from quests.domain.refusals import UnableToPrepareAnew
from quests.enums import ActionKind, EventState
from quests.models import Enrollment, Event, Place
from tests.quests.conftest import MakePerson, new_team, run_actions

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def told() -> Iterator[list[dict[str, Any]]]:
    """What operators are told while the test runs."""
    heard: list[dict[str, Any]] = []

    def hear(**said: Any) -> None:
        heard.append(said)

    person_needed.connect(hear, weak=False)
    yield heard
    person_needed.disconnect(hear)


def fail(team: Enrollment) -> Lease:
    assert team.place is not None and team.place.lease is not None
    lease = team.place.lease
    lease.state, lease.reason = LeaseState.FAILED, "3 accounts were tried"
    lease.save(update_fields=["state", "reason"])
    return lease


def test_a_team_whose_sandbox_failed_gets_the_ready_spare(now: datetime, team: Enrollment) -> None:
    fail(team)
    Lease.objects.filter(pk=team.event.places.get(number=3).lease_id).update(state=LeaseState.ACTIVE)

    assert give_spares(now=now) == 1
    assert give_spares(now=now) == 0

    team.refresh_from_db()
    assert team.place is not None
    assert team.place.number == 3
    [entry] = AuditEntry.objects.filter(action="place.moved", scope=team.event_id)
    assert entry.details["reason"] == "Hippo Ballerinas: place 1 has failed, place 3 takes over"


def test_a_spare_on_its_way_is_better_than_none(now: datetime, team: Enrollment) -> None:
    fail(team)
    assert give_spares(now=now) == 1
    team.refresh_from_db()
    assert team.place is not None and team.place.lease is not None
    assert (team.place.number, team.place.lease.state) == (2, LeaseState.REQUESTED)


def test_without_a_spare_the_operators_are_told_once_and_a_later_one_is_given(
    now: datetime, team: Enrollment, make_person: MakePerson, told: list[dict[str, Any]]
) -> None:
    others = [new_team(team.event, now, name, make_person()) for name in ("Null Pointers", "Retry Later")]
    lease = fail(team)

    assert give_spares(now=now) == 0
    assert give_spares(now=now) == 0

    team.refresh_from_db()
    assert team.place is not None and team.place.number == 1
    [said] = told
    assert (said["key"], said["subject"]) == (f"no-spare:{lease.pk}", f"event:{team.event_id}")
    assert said["title"] == "Test flight: a team has no sandbox"
    assert said["text"].startswith("Hippo Ballerinas: place 1 has failed and no spare is left. 3 accounts were tried.")

    Enrollment.objects.filter(pk=others[0].pk).update(place=None)
    assert give_spares(now=now) == 1


def test_a_late_team_takes_the_spare(now: datetime, team: Enrollment, make_person: MakePerson) -> None:
    new_team(team.event, now, "Second", make_person())
    late = new_team(team.event, now, "Latecomers", make_person())
    assert late.place is not None
    assert late.place.number == 3 > team.event.planned_teams


def test_after_the_end_nobody_is_moved(now: datetime, team: Enrollment) -> None:
    fail(team)
    event: Event = team.event
    run_actions(event, event.ends_at, ActionKind.CLOSE)
    assert give_spares(now=event.ends_at) == 0


def test_a_person_may_ask_for_a_new_sandbox_where_none_is_spare(
    now: datetime, team: Enrollment, organizer: User
) -> None:
    lease, place = fail(team), team.place
    assert place is not None

    prepare_anew(now=now, place=place, actor=organizer)

    lease.refresh_from_db()
    assert (lease.state, lease.step, lease.attempt, lease.due_at) == (LeaseState.REQUESTED, "reserve", 2, now)
    assert Enrollment.objects.get(pk=team.pk).place == place
    asked = AuditEntry.objects.get(action="place.prepare_anew")
    assert (asked.actor, asked.scope) == (organizer.pk, team.event_id)


def test_a_sandbox_that_has_not_failed_is_not_replaced(now: datetime, team: Enrollment, organizer: User) -> None:
    assert team.place is not None

    with pytest.raises(UnableToPrepareAnew, match="has not failed"):
        prepare_anew(now=now, place=team.place, actor=organizer)


def test_after_the_event_no_new_sandbox_is_made(now: datetime, team: Enrollment, organizer: User) -> None:
    lease = fail(team)
    assert team.place is not None
    Event.objects.filter(pk=team.event_id).update(state=EventState.TORN_DOWN)

    with pytest.raises(UnableToPrepareAnew, match="not running"):
        prepare_anew(now=now, place=Place.objects.get(pk=team.place.pk), actor=organizer)

    lease.refresh_from_db()
    assert lease.state == LeaseState.FAILED
