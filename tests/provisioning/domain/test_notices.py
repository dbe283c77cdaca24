"""One trouble is one notice, while it lasts; it ends by itself, or by a person, and is told again when it returns."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from accounts.models import AuditEntry
from provisioning.domain import notices
from provisioning.enums import AccountState, CostLevel, LeaseState
from provisioning.models import Booking, Lease, Notice
from provisioning.signals import lease_moved, person_needed
from tests.provisioning import sandboxes
from tests.provisioning.rows import move_account, new_account, new_lease, new_staff

pytestmark = [pytest.mark.services, pytest.mark.django_db]

Commit = Callable[..., Any]


def open_titles() -> list[str]:
    return sorted(Notice.objects.filter(over_at=None).values_list("title", flat=True))


def booking(now: datetime, accounts: int, **changes: Any) -> Booking:
    fields: dict[str, Any] = {
        "scope": uuid.uuid4(),
        "label": "Spring gameday",
        "accounts": accounts,
        "starts_at": now + timedelta(days=1),
        "ends_at": now + timedelta(days=1, hours=4),
        "created_at": now,
    }
    return Booking.objects.create(**fields | changes)


def test_a_quarantined_account_is_told_with_its_move_and_over_when_it_is_well(
    now: datetime, django_capture_on_commit_callbacks: Commit
) -> None:
    account = new_account(now, AccountState.CLEANING)

    with django_capture_on_commit_callbacks(execute=True):
        move_account(account, now, AccountState.QUARANTINED, "a bucket is left")
    told = Notice.objects.get()
    assert (told.subject, told.title) == (
        f"account:{account.account_id}",
        f"Account {account.account_id} is quarantined",
    )
    assert told.text.startswith("a bucket is left")

    with django_capture_on_commit_callbacks(execute=True):
        move_account(account, now, AccountState.CLEANING)
    told.refresh_from_db()
    assert told.over_at is not None
    assert told.due_at is None

    with django_capture_on_commit_callbacks(execute=True):
        move_account(account, now, AccountState.QUARANTINED, "again")
    assert Notice.objects.filter(key=told.key).count() == 2
    assert len(open_titles()) == 1


def test_the_review_finds_what_no_signal_told(now: datetime, settings: Settings) -> None:
    settings.AWS_ACCOUNT_LIMIT = 6
    new_account(now, AccountState.QUARANTINED, reason="left over", name="q")
    stuck = new_account(now, AccountState.CLEANING, state_since=now - timedelta(hours=4), reason="a topic is left")
    new_account(now, AccountState.CLEANING)
    failed = new_lease(now, LeaseState.FAILED, reason="three accounts were tried")
    unworked = new_lease(now, LeaseState.PROVISIONING, due_at=now - timedelta(minutes=6))
    costly = new_lease(now, cost_level=CostLevel.NOTIFIED, cost_usd=8, budget_usd=10)
    new_lease(now, LeaseState.PROVISIONING, due_at=now - timedelta(minutes=6), claimed_until=now + timedelta(minutes=1))
    booking(now, 6)

    assert notices.review(now=now, unreachable_since=now - timedelta(minutes=7)) == 7
    assert open_titles() == sorted(
        [
            f"Account {Notice.objects.get(key__startswith='quarantined').subject.partition(':')[2]} is quarantined",
            f"Account {stuck.account_id} is stuck",
            f"Lease {str(failed.pk)[:8]} failed",
            f"Lease {str(unworked.pk)[:8]} is stuck",
            f"A sandbox has come near its budget (lease {str(costly.pk)[:8]})",
            "Too few accounts for Spring gameday",
            "The AWS simulator cannot be reached",
        ]
    )
    assert notices.review(now=now, unreachable_since=now - timedelta(minutes=8)) == 0


def test_the_review_ends_what_is_over(now: datetime, settings: Settings) -> None:
    settings.AWS_ACCOUNT_LIMIT = 3
    account = new_account(now, AccountState.QUARANTINED, reason="left over")
    lease = new_lease(now, LeaseState.REQUESTED, due_at=now - timedelta(hours=1))
    short = booking(now, 3)
    assert notices.review(now=now, unreachable_since=now - timedelta(hours=1)) == 4

    type(account).objects.update(state=AccountState.AVAILABLE)
    Lease.objects.filter(pk=lease.pk).update(state=LeaseState.ACTIVE, due_at=None)
    Booking.objects.filter(pk=short.pk).update(released_at=now)

    assert notices.review(now=now) == 4
    assert open_titles() == []


def test_a_short_silence_of_aws_is_no_trouble(now: datetime) -> None:
    assert notices.review(now=now, unreachable_since=now - timedelta(minutes=4)) == 0


def test_bookings_of_one_time_are_counted_together(now: datetime, settings: Settings) -> None:
    settings.AWS_ACCOUNT_LIMIT = 5
    booking(now, 3, label="Morning")
    booking(now, 3, label="Also morning", starts_at=now + timedelta(days=1, hours=1))
    booking(now, 5, label="Next week", starts_at=now + timedelta(days=8), ends_at=now + timedelta(days=9))

    notices.review(now=now)

    assert open_titles() == ["Too few accounts for Also morning"]


def test_another_lease_of_the_holder_ends_the_failure(
    now: datetime, django_capture_on_commit_callbacks: Commit
) -> None:
    failed = new_lease(sandboxes.now(), LeaseState.FAILED, reason="no account")
    with django_capture_on_commit_callbacks(execute=True):
        lease_moved.send(Lease, lease=failed)
    assert open_titles() == [f"Lease {str(failed.pk)[:8]} failed"]

    with django_capture_on_commit_callbacks(execute=True):
        sandboxes.request(holder=failed.holder)

    assert open_titles() == []


def test_a_failure_is_moot_when_its_time_is_over(now: datetime) -> None:
    new_lease(now, LeaseState.FAILED, ends_at=now + timedelta(hours=1))

    assert notices.review(now=now) == 1
    assert notices.review(now=now + timedelta(hours=2)) == 1
    assert open_titles() == []


def test_what_others_say_is_kept_once_and_ends_with_the_lease_s_health(now: datetime) -> None:
    lease = new_lease(now, LeaseState.FROZEN)
    said = {
        "now": now,
        "key": f"deadline:{lease.pk}",
        "subject": f"lease:{lease.pk}",
        "title": "Late",
        "text": "It is.",
    }
    person_needed.send(Lease, **said)
    person_needed.send(Lease, **said)
    assert open_titles() == ["Late"]

    Lease.objects.filter(pk=lease.pk).update(state=LeaseState.ENDED, state_since=now + timedelta(minutes=1))
    notices.review(now=now + timedelta(minutes=2))

    assert open_titles() == []


def test_what_is_too_long_for_the_row_is_cut_and_not_refused(now: datetime) -> None:
    told = notices.notify(now=now, key="k" * 500, subject="s" * 500, title="t" * 500, text="x" * 5000)

    assert told is not None
    assert (len(told.key), len(told.subject), len(told.title), len(told.text)) == (160, 120, 200, 5000)
    assert notices.notify(now=now + timedelta(1), key="k" * 500, subject="", title="", text="") is None


def test_acknowledging_stops_the_telling_and_is_journaled(now: datetime) -> None:
    staff = new_staff()
    watched = new_account(now, AccountState.QUARANTINED)
    notices.review(now=now)
    said = notices.notify(now=now, key="odd", subject="account:1", title="Odd", text="Look.")
    assert said is not None

    for notice in Notice.objects.all():
        notices.acknowledge(now=now, notice=notice, actor=staff.pk)
        notices.acknowledge(now=now, notice=notice, actor=None)

    kept = Notice.objects.get(subject=f"account:{watched.account_id}")
    assert (kept.acknowledged_by, kept.due_at, kept.over_at) == (staff.pk, None, None)
    said.refresh_from_db()
    assert said.over_at == now
    assert AuditEntry.objects.filter(action="notice.acknowledge", actor=staff.pk).count() == 2
    assert notices.review(now=now) == 0
