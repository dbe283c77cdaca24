"""Scheduling and ending."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from pytest_django.fixtures import Settings

from accounts.models import AuditEntry, User
from provisioning.models import Blueprint, Booking
from quests.domain.clock import run_action, run_due_actions
from quests.domain.events import EventPlan, add_coach, end_event, schedule_event
from quests.domain.refusals import EventNotOpen, UnableToRemedy, UnableToSchedule
from quests.enums import ActionKind, EventState
from quests.models import Event, PackRelease
from tests.quests.conftest import MakePerson, new_event, run_actions

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def test_scheduling_plans_places_and_the_whole_clock(now: datetime, release: PackRelease, organizer: User) -> None:
    start = now + timedelta(hours=2)
    event = new_event(now=now, release=release, organizer=organizer, starts_at=start, warmup=timedelta(minutes=20))

    assert [place.number for place in event.places.all()] == [1, 2, 3]
    assert dict(event.actions.values_list("kind", "due_at")) == {
        "vend": start - timedelta(minutes=20),
        "open": start,
        "close": start + timedelta(hours=1),
        "tear_down": start + timedelta(hours=1),
    }
    assert [role.role for role in event.roles.filter(user=organizer)] == ["organizer"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"starts_at": datetime.fromisoformat("2026-05-01T00:00:00+00:00")}, "already be over"),
        ({"duration": timedelta(0)}, "already be over"),
        ({"planned_teams": 0, "spares": 0}, "between 1 and 500"),
        ({"planned_teams": 499, "spares": 2}, "between 1 and 500"),
    ],
)
def test_an_impossible_plan_is_refused_and_nothing_is_kept(
    now: datetime, release: PackRelease, organizer: User, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(UnableToSchedule, match=words):
        new_event(now=now, release=release, organizer=organizer, **changes)
    assert Event.objects.count() == 0


def test_a_join_code_in_use_is_refused(now: datetime, event: Event, release: PackRelease, organizer: User) -> None:
    with pytest.raises(UnableToSchedule, match="belongs to another event"):
        new_event(now=now, release=release, organizer=organizer, name="Next", join_code=event.join_code.lower())
    assert Event.objects.count() == 1


def test_the_same_event_is_not_scheduled_twice(
    now: datetime, event: Event, release: PackRelease, organizer: User, make_person: MakePerson
) -> None:
    with pytest.raises(UnableToSchedule, match="You have already scheduled Test flight"):
        new_event(now=now, release=release, organizer=organizer)
    assert Event.objects.count() == 1
    new_event(now=now, release=release, organizer=organizer, starts_at=now + timedelta(hours=3))
    new_event(now=now, release=release, organizer=make_person("Somebody else"))
    assert Event.objects.count() == 3


def test_a_late_clock_does_everything_in_order(now: datetime, event: Event) -> None:
    assert run_due_actions(now=now + timedelta(hours=2)) == 4
    event.refresh_from_db()
    assert event.state == EventState.TORN_DOWN
    assert all(place.lease is None for place in event.places.all())


def test_an_action_is_done_once(now: datetime, event: Event) -> None:
    action = event.actions.get(kind=ActionKind.VEND)
    assert run_action(now=now, action_id=action.pk) is True
    assert run_action(now=now, action_id=action.pk) is False
    assert len({place.lease_id for place in event.places.all()}) == 3


def test_ending_closes_and_tears_down_at_once(now: datetime, open_event: Event, organizer: User) -> None:
    later = now + timedelta(minutes=10)
    end_event(now=later, event=open_event, actor=organizer)
    run_due_actions(now=later)
    open_event.refresh_from_db()
    assert (open_event.state, open_event.ends_at) == (EventState.TORN_DOWN, later)
    assert AuditEntry.objects.filter(action="event.end", scope=open_event.id, actor=organizer.id).count() == 1


def test_an_event_that_has_not_started_can_be_called_off(now: datetime, event: Event, organizer: User) -> None:
    early = now - timedelta(days=1)
    end_event(now=early, event=event, actor=organizer)
    run_due_actions(now=early)
    event.refresh_from_db()
    assert event.state == EventState.TORN_DOWN
    assert all(place.lease is None for place in event.places.all())


def test_an_ended_event_cannot_end_again(now: datetime, open_event: Event, organizer: User) -> None:
    run_actions(open_event, now + timedelta(hours=1), ActionKind.CLOSE)
    with pytest.raises(EventNotOpen, match="already ended"):
        end_event(now=now, event=open_event, actor=organizer)


def test_actions_done_out_of_order_never_move_the_event_back(now: datetime, event: Event) -> None:
    run_actions(event, now, ActionKind.OPEN, ActionKind.VEND)
    assert event.state == EventState.OPEN
    assert all(place.lease is not None for place in event.places.all())


def test_scheduling_books_an_account_for_every_place_and_ending_gives_them_back(
    now: datetime, release: PackRelease, organizer: User, settings: Settings
) -> None:
    settings.BOOKING_CLEANING_MINUTES = 20
    start = now + timedelta(hours=2)
    event = new_event(now=now, release=release, organizer=organizer, starts_at=start, warmup=timedelta(minutes=30))

    booking = Booking.objects.get()
    assert (booking.scope, booking.label, booking.accounts) == (event.id, "Test flight", 3)
    assert booking.starts_at == start - timedelta(minutes=30)
    assert booking.ends_at == start + timedelta(hours=1, minutes=20)

    end_event(now=now, event=event, actor=organizer)
    run_due_actions(now=now)
    booking.refresh_from_db()
    assert booking.released_at == now


def test_an_event_that_the_pool_cannot_serve_is_refused_and_nothing_is_kept(
    now: datetime, release: PackRelease, organizer: User, settings: Settings
) -> None:
    settings.AWS_ACCOUNT_LIMIT = 5
    new_event(now=now, release=release, organizer=organizer, name="First")

    with pytest.raises(UnableToSchedule, match=r"3 accounts are wanted, but only 2 of 5 .*: First \(3\)"):
        new_event(now=now, release=release, organizer=organizer, name="Second")

    assert [event.name for event in Event.objects.all()] == ["First"]
    assert Booking.objects.count() == 1
    after = now + timedelta(hours=3)
    assert new_event(now=now, release=release, organizer=organizer, name="Second", starts_at=after)


def test_the_worst_case_is_booked_with_the_accounts(now: datetime, release: PackRelease, organizer: User) -> None:
    Blueprint.objects.update(budget_usd=Decimal("7.50"))
    release.refresh_from_db()
    new_event(now=now, release=release, organizer=organizer)
    assert Booking.objects.get().worst_case_usd == Decimal("22.50")


def test_an_event_like_an_earlier_one_has_its_people_in_their_roles(
    now: datetime, event: Event, organizer: User, make_person: MakePerson
) -> None:
    coach = make_person("Cora")
    add_coach(now=now, event=event, user=coach, actor=organizer)
    other = make_person("Otto")
    plan = EventPlan(
        name="Again",
        release=event.release,
        starts_at=now + timedelta(days=1),
        duration=timedelta(hours=1),
        time_zone="UTC",
        planned_teams=1,
        spares=0,
        team_size_max=2,
        guests=False,
        brackets=(" Students ", "Pros"),
    )
    again = schedule_event(now=now, plan=plan, organizer=other, like=event)
    assert sorted(again.roles.values_list("user__name", "role")) == [
        ("Cora", "coach"),
        ("Olive", "organizer"),
        ("Otto", "organizer"),
    ]
    assert (again.guests, again.brackets) == (False, ["Students", "Pros"])


def test_doubled_brackets_are_refused_and_nothing_is_kept(now: datetime, release: PackRelease, organizer: User) -> None:
    with pytest.raises(UnableToRemedy, match="same name"):
        new_event(now=now, release=release, organizer=organizer, brackets=("A", "a"))
    assert Event.objects.count() == 0
