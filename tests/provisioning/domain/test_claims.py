"""One row, one worker: late, doubled and lost messages do no harm."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from provisioning.domain import advance, claims, leases, work
from provisioning.domain.work import Work
from provisioning.enums import LeaseState
from provisioning.models import Lease
from tests.provisioning import sandboxes

pytestmark = pytest.mark.services


def _mark() -> claims.Dispatch:
    [dispatch] = claims.mark_due(Lease, now=sandboxes.now(), limit=10)
    return dispatch


@pytest.mark.django_db
def test_a_marked_row_is_left_alone_until_its_claim_expires() -> None:
    sandboxes.request()
    first = _mark()

    assert claims.mark_due(Lease, now=sandboxes.now(), limit=10) == []
    [again] = claims.mark_due(Lease, now=sandboxes.now() + claims.DISPATCH_HOLD, limit=10)
    assert (again.key, again.version) == (first.key, first.version + 1)


@pytest.mark.django_db
def test_a_doubled_message_is_done_once() -> None:
    sandboxes.request()
    dispatch = _mark()
    message = Work("lease", dispatch.key, dispatch.version, False)

    assert work.do(work=message, clock=sandboxes.now) > 0
    assert work.do(work=message, clock=sandboxes.now) == 0


@pytest.mark.django_db
def test_a_result_is_refused_when_the_row_has_moved() -> None:
    lease = sandboxes.request()
    dispatch = _mark()
    held = claims.take(Lease, now=sandboxes.now(), key=dispatch.key, version=dispatch.version)
    assert held is not None

    leases.end_lease(now=sandboxes.now(), lease=lease, reason="the organizer changed her mind")
    with pytest.raises(claims.ClaimLost):
        advance.advance(now=sandboxes.now(), lease=held)

    lease.refresh_from_db()
    assert (lease.state, lease.account, lease.step) == (LeaseState.ENDED, None, "")


@pytest.mark.django_db
def test_the_end_waits_for_the_worker_that_still_acts_and_no_longer() -> None:
    lease = sandboxes.request()
    dispatch = _mark()
    held = claims.take(Lease, now=sandboxes.now(), key=dispatch.key, version=dispatch.version)
    assert held is not None
    Lease.objects.filter(pk=lease.pk).update(state=LeaseState.READY, step="")
    leases.extend_lease(now=sandboxes.now(), lease=lease, ends_at=sandboxes.now() + timedelta(hours=3))

    assert claims.mark_due(Lease, now=sandboxes.now(), limit=10) == []
    claims.give_back(held)
    assert len(claims.mark_due(Lease, now=sandboxes.now(), limit=10)) == 1


@pytest.mark.django_db
def test_a_dead_workers_row_is_taken_over() -> None:
    sandboxes.request()
    dispatch = _mark()
    dead = claims.take(Lease, now=sandboxes.now(), key=dispatch.key, version=dispatch.version)
    assert dead is not None

    later = sandboxes.now() + claims.WORK_HOLD
    [again] = claims.mark_due(Lease, now=later, limit=10)
    heir = claims.take(Lease, now=later, key=again.key, version=again.version)

    assert heir is not None
    with pytest.raises(claims.ClaimLost):
        claims.write(dead, error="too late")
    claims.give_back(dead)
    heir.refresh_from_db()
    assert heir.claimed_until is not None


@pytest.mark.django_db(transaction=True)
def test_of_many_ticks_one_marks_a_row() -> None:
    for _ in range(5):
        sandboxes.request()
    barrier, marked = Barrier(4), []

    def tick() -> None:
        barrier.wait()
        marked.extend(each.key for each in claims.mark_due(Lease, now=sandboxes.now(), limit=10))
        connection.close()

    threads = [Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(marked) == len(set(marked)) == 5


def test_backoff_grows_and_is_bounded() -> None:
    waits = [claims.backoff(attempts).total_seconds() for attempts in range(12)]

    assert all(0.5 <= wait <= claims.BACKOFF_LAST for wait in waits)
    assert waits[0] <= 1 < waits[3] < waits[11]
