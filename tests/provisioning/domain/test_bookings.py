"""Accounts are promised for a time, to one at a time, and kept for whom they were promised to."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from provisioning.domain import accounts, bookings, leases
from provisioning.domain.bookings import PoolFull, Preview
from provisioning.domain.steps import reserving
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, Booking, Lease
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def five_accounts(settings: Settings) -> None:
    settings.AWS_ACCOUNT_LIMIT = 5
    settings.BOOKING_CLEANING_MINUTES = 30
    settings.BOOKING_LEAD_MINUTES = 60


def book(now: datetime, accounts: int, *, begins: float = 0, hours: float = 2, **changes: Any) -> Booking:
    """Book accounts from `begins` hours on."""
    starts_at = now + begins * HOUR
    fields = {"scope": uuid.uuid4(), "label": "Winter games", **changes}
    return bookings.book(now=now, accounts=accounts, starts_at=starts_at, ends_at=starts_at + hours * HOUR, **fields)


def preview(now: datetime, accounts: int, *, begins: float = 0, budget: str | None = None) -> Preview:
    starts_at = now + begins * HOUR
    return bookings.preview(
        now=now,
        accounts=accounts,
        starts_at=starts_at,
        ends_at=starts_at + 2 * HOUR,
        budget_usd=Decimal(budget) if budget else None,
        hours=2,
    )


def account(state: str = AccountState.AVAILABLE, **changes: Any) -> Account:
    """Put an account into the pool."""
    number = Account.objects.count() + 1
    fields = {
        "account_id": f"{number:012}",
        "email": f"a{number}@sandboxes.example.com",
        "name": f"a{number}",
        "state": state,
        "state_since": sandboxes.now(),
        "created_at": sandboxes.now(),
    }
    return Account.objects.create(**{**fields, **changes})


def waiting(scope: uuid.UUID) -> Lease:
    return leases.request_lease(
        now=sandboxes.now(),
        holder=uuid.uuid4(),
        scope=scope,
        blueprint=sandboxes.blueprint(),
        access_starts_at=sandboxes.now(),
        ends_at=sandboxes.now() + HOUR,
    )


def reserve_all(machine: Machine) -> None:
    """Let every waiting lease try once; nothing else moves."""
    for lease in Lease.objects.filter(state=LeaseState.REQUESTED).order_by("created_at"):
        reserving.reserve(machine.clock(), lease)


def test_what_overlaps_is_refused_by_name_and_what_does_not_is_booked(now: datetime) -> None:
    book(now, 4, begins=1, hours=2)

    with pytest.raises(PoolFull) as refusal:
        book(now, 2, begins=2, label="Too late")
    assert str(refusal.value) == (
        "2 accounts are wanted, but only 1 of 5 can be had at that time (promised already: Winter games (4)). "
        "Choose another time or fewer teams, or ask the operators for more accounts."
    )
    assert Booking.objects.count() == 1

    # Its sandboxes are being cleaned for half an hour after their end.
    with pytest.raises(PoolFull):
        book(now, 2, begins=3)
    book(now, 2, begins=3.5)
    book(now, 1, begins=2)


def test_bookings_that_follow_each_other_count_once(now: datetime) -> None:
    book(now, 3, begins=1, hours=1)
    book(now, 3, begins=3, hours=1)

    assert book(now, 2, begins=0, hours=6).accounts == 2
    with pytest.raises(PoolFull):
        book(now, 1, begins=0, hours=6)


def test_a_new_time_replaces_the_old_promise(now: datetime) -> None:
    scope = uuid.uuid4()
    book(now, 5, begins=1, scope=scope)
    moved = book(now, 4, begins=10, scope=scope)

    assert Booking.objects.get() == moved
    assert book(now, 5, begins=1)


def test_a_refused_new_time_leaves_the_old_promise(now: datetime) -> None:
    scope = uuid.uuid4()
    kept = book(now, 3, begins=1, scope=scope)
    book(now, 3, begins=10)
    with pytest.raises(PoolFull):
        book(now, 3, begins=10, scope=scope)
    again = Booking.objects.get(scope=scope)
    assert (again.starts_at, again.accounts) == (kept.starts_at, 3)


def test_what_is_taken_back_can_be_booked_again(now: datetime) -> None:
    booking = book(now, 5)
    assert bookings.release_booking(now=now, scope=booking.scope) is True
    assert bookings.release_booking(now=now, scope=booking.scope) is False
    assert book(now, 5)


def test_accounts_that_cannot_be_lent_are_not_promised(now: datetime) -> None:
    account(AccountState.QUARANTINED)
    account(AccountState.RETIRED)
    assert preview(now, 4).refusal == ""
    assert preview(now, 5).refusal == (
        "5 accounts are wanted, but only 4 of 4 can be had at that time (1 in quarantine). "
        "Choose another time or fewer teams, or ask the operators for more accounts."
    )


def test_a_pool_of_prepared_accounts_promises_only_what_there_is(now: datetime, settings: Settings) -> None:
    settings.AWS_POOL_MODE = "prepared"
    account(source="prepared", email=None, confirmed_at=now)
    account(AccountState.REGISTERED, source="prepared", email=None)
    assert preview(now, 1).refusal == ""
    assert "only 1 of 1 can be had at that time (1 registered and not confirmed)" in preview(now, 2).refusal


def test_sandboxes_without_a_booking_count_until_they_are_clean(now: datetime) -> None:
    lease = waiting(uuid.uuid4())
    Lease.objects.update(ends_at=now + HOUR)

    assert preview(now, 5).free == 4
    assert [each.label for each in preview(now, 5).conflicts] == ["sandboxes without a booking"]
    assert preview(now, 5, begins=1.5).free == 5
    booking = book(now, 2, scope=lease.scope)
    assert booking.accounts == 2  # Its own sandbox is one of them.
    assert preview(now, 5).free == 3


@pytest.mark.parametrize(("budget", "price", "worst"), [("12.50", 0, "37.50"), (None, 0.25, "1.50"), (None, 0, None)])
def test_the_worst_case_is_every_budget_or_the_price_by_the_hour(
    now: datetime, settings: Settings, budget: str | None, price: float, worst: str | None
) -> None:
    settings.UNBUDGETED_USD_PER_HOUR = price
    found = preview(now, 3, budget=budget)
    assert found.worst_case_usd == (Decimal(worst) if worst else None)
    assert any("not known" in warning for warning in found.warnings) == (worst is None)


def test_the_time_that_aws_takes_to_make_accounts_is_said_before(now: datetime, settings: Settings) -> None:
    settings.AWS_MODE = "aws"
    account()
    found = preview(now, 5, budget="1")
    assert (found.to_make, found.ready_after) == (4, timedelta(minutes=10, seconds=40))
    assert found.warnings == [
        "4 accounts have to be made first, which takes AWS about 11 minutes: the last sandboxes come about 11 minutes "
        "after the warm-up has begun."
    ]
    assert preview(now, 5, begins=1, budget="1").warnings == []


def test_what_is_free_goes_to_whom_it_is_promised(machine: Machine) -> None:
    booked = book(sandboxes.now(), 2)
    for _ in range(3):
        account()
    strangers = [waiting(uuid.uuid4()) for _ in range(2)]
    own = [waiting(booked.scope) for _ in range(3)]
    reserve_all(machine)

    held = {each.pk for each in Lease.objects.exclude(account=None)}
    # One stranger takes the one that nobody was promised; the third of the booking exceeds it.
    assert held == {strangers[0].pk, own[0].pk, own[1].pk}
    strangers[1].refresh_from_db()
    assert strangers[1].reason == "waiting: what is free is promised to Winter games"


def test_an_earlier_booking_comes_before_a_later_one(machine: Machine) -> None:
    now = sandboxes.now()
    later = book(now, 2, begins=0.5, label="Later")
    earlier = book(now, 2, label="Earlier")
    for _ in range(3):
        account()
    latecomers = [waiting(later.scope) for _ in range(2)]
    reserve_all(machine)
    first = [waiting(earlier.scope) for _ in range(2)]
    reserve_all(machine)

    held = {each.pk for each in Lease.objects.exclude(account=None)}
    assert held == {latecomers[0].pk, first[0].pk, first[1].pk}


def test_a_booking_that_is_far_away_keeps_nothing_yet(machine: Machine) -> None:
    book(sandboxes.now(), 5, begins=2)
    account()
    lease = waiting(uuid.uuid4())
    reserve_all(machine)
    lease.refresh_from_db()
    assert lease.state == LeaseState.RESERVED


def test_accounts_are_made_ahead_of_a_booking(now: datetime) -> None:
    book(now, 3, begins=2)
    assert accounts.provide(now=now) == 0
    assert accounts.provide(now=now + HOUR) == 3
    assert accounts.provide(now=now + HOUR) == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_that_want_the_last_accounts_one_gets_them() -> None:
    now, barrier = sandboxes.now(), Barrier(6)

    def organizer(number: int) -> bool:
        try:
            barrier.wait(timeout=30)
            book(now, 3, label=f"Event {number}")
        except PoolFull:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(organizer, range(6)))

    assert won.count(True) == 1
    assert Booking.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_workers_that_reserve_at_once_leave_what_is_promised(machine: Machine) -> None:
    book(sandboxes.now(), 2)
    for _ in range(3):
        account()
    strangers = [waiting(uuid.uuid4()) for _ in range(6)]
    barrier = Barrier(len(strangers))

    def worker(lease: Lease) -> None:
        try:
            barrier.wait(timeout=30)
            reserving.reserve(machine.clock(), lease)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(strangers)) as pool:
        list(pool.map(worker, strangers))

    assert Lease.objects.exclude(account=None).count() == 1
