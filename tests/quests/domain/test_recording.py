"""Storing many verdicts at once: the same effects as one by one, in few queries."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from quests.domain.checks import CheckResult, Claim, claim_due_checks, request_check, take_checks
from quests.domain.recording import Finished, record_finished
from quests.enums import Outcome, Trigger
from quests.models import Enrollment, ProbeRun, ScoreEntry, Standing, Task, TaskProgress

pytestmark = [pytest.mark.services, pytest.mark.django_db]
MINUTE = timedelta(minutes=1)


def result(outcome: Outcome, summary: str = "Seen.") -> CheckResult:
    return CheckResult("some-probe", outcome, summary, "asked", "expected", "seen", "advice", 12)


def taken(now: datetime) -> list[Claim]:
    TaskProgress.objects.exclude(due_at=None).update(due_at=now)
    return take_checks(now=now, claims=claim_due_checks(now=now, limit=1000))


@pytest.fixture
def playing(team: Enrollment) -> Enrollment:
    assert team.place and team.place.lease
    team.place.lease.state = "active"
    team.place.lease.save(update_fields=["state"])
    return team


@pytest.fixture
def failing(now: datetime, playing: Enrollment) -> Enrollment:
    """A team whose every task has failed once."""
    record_finished(now=now, finished=[Finished(claim, [result(Outcome.FAIL)]) for claim in taken(now)])
    assert set(TaskProgress.objects.values_list("last_outcome", flat=True)) == {"fail"}
    return playing


def queries_for(now: datetime, claims: list[Claim]) -> int:
    with CaptureQueriesContext(connection) as queries:
        record_finished(now=now, finished=[Finished(claim, [result(Outcome.FAIL)]) for claim in claims])
    return len(queries)


def test_verdicts_that_move_nothing_are_stored_in_few_queries_however_many(now: datetime, failing: Enrollment) -> None:
    claims = taken(now + MINUTE)
    few, many = queries_for(now + MINUTE, claims[:1]), queries_for(now + MINUTE, claims[1:])
    assert len(claims) > 3
    assert few == many
    rows = TaskProgress.objects.select_related("task__quest", "last_run")
    assert {(row.claimed_until, row.last_run.at) for row in rows if row.last_run} == {(None, now + MINUTE)}
    for row in rows:
        assert row.due_at
        wait = (row.due_at - now - MINUTE).total_seconds() / row.task.quest.every_seconds
        assert 0.9 <= wait <= 1.1
    assert ProbeRun.objects.count() == 2 * len(claims)


def test_a_verdict_comes_once_however_often_it_is_handed_in(now: datetime, failing: Enrollment) -> None:
    claims = taken(now + MINUTE)
    finished = [
        Finished(claim, [result(Outcome.PASS if number == 0 else Outcome.FAIL)]) for number, claim in enumerate(claims)
    ]
    for order in (finished, finished[::-1], finished + finished):
        record_finished(now=now + MINUTE, finished=order)
    assert ProbeRun.objects.filter(at=now + MINUTE).count() == len(claims)
    entry = ScoreEntry.objects.get()
    assert Standing.objects.get(enrollment=failing).points == entry.points > 0


def test_a_new_reason_and_an_error_are_shown(now: datetime, failing: Enrollment) -> None:
    first, second, *_ = taken(now + MINUTE)
    record_finished(
        now=now + MINUTE,
        finished=[
            Finished(first, [result(Outcome.FAIL, "Another reason.")]),
            Finished(second, [result(Outcome.ERROR, "AWS is away.")]),
        ],
    )
    rows = TaskProgress.objects.in_bulk([first.progress_id, second.progress_id])
    assert (rows[first.progress_id].last_outcome, rows[first.progress_id].last_summary) == ("fail", "Another reason.")
    assert (rows[second.progress_id].last_outcome, rows[second.progress_id].last_summary) == ("error", "AWS is away.")


def test_what_somebody_waits_for_is_answered_as_asked_for(now: datetime, failing: Enrollment) -> None:
    task = Task.objects.get(quest__release=failing.event.release, slug="close-ssh")
    TaskProgress.objects.update(due_at=now + 2 * MINUTE)
    request_check(now=now + MINUTE, enrollment=failing, quest=task.quest)
    claims = take_checks(now=now + MINUTE, claims=claim_due_checks(now=now + MINUTE, limit=100))
    record_finished(now=now + MINUTE, finished=[Finished(claim, [result(Outcome.FAIL)]) for claim in claims])
    assert ProbeRun.objects.filter(task=task).latest("at").trigger == Trigger.CHECK_NOW


def test_a_check_pressed_during_a_run_looks_again(now: datetime, failing: Enrollment) -> None:
    claims = taken(now + MINUTE)
    task = Task.objects.get(quest__release=failing.event.release, slug="close-ssh")
    pressed = now + MINUTE + timedelta(seconds=2)
    request_check(now=pressed, enrollment=failing, quest=task.quest)
    record_finished(now=pressed, finished=[Finished(claim, [result(Outcome.FAIL)]) for claim in claims])
    assert TaskProgress.objects.get(enrollment=failing, task=task).due_at == pressed


def test_what_ends_after_the_event_is_not_stored(now: datetime, failing: Enrollment) -> None:
    end = failing.event.ends_at
    claims = taken(end - MINUTE)
    before = ProbeRun.objects.count()
    record_finished(now=end, finished=[Finished(claim, [result(Outcome.FAIL)]) for claim in claims])
    assert ProbeRun.objects.count() == before


def test_people_come_first_and_then_those_that_have_waited_longest(now: datetime, playing: Enrollment) -> None:
    tasks = list(TaskProgress.objects.filter(enrollment=playing).order_by("pk"))
    for minutes, row in enumerate(tasks):
        TaskProgress.objects.filter(pk=row.pk).update(due_at=now - minutes * MINUTE)
    asked = tasks[0]
    TaskProgress.objects.filter(pk=asked.pk).update(due_at=now, requested_at=now)
    order = [claim.progress_id for claim in claim_due_checks(now=now, limit=100)]
    assert order == [asked.pk, *(row.pk for row in reversed(tasks[1:]))]


def test_no_more_are_on_their_way_than_allowed(now: datetime, playing: Enrollment) -> None:
    TaskProgress.objects.update(due_at=now)
    first = claim_due_checks(now=now, limit=3)
    assert len(first) == 3
    assert claim_due_checks(now=now, limit=3) == []
    # What a worker has taken is not on its way any more.
    take_checks(now=now, claims=first[:2])
    assert len(claim_due_checks(now=now, limit=3)) == 2


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_claim_different_checks_without_waiting(now: datetime, playing: Enrollment) -> None:
    TaskProgress.objects.update(due_at=now)

    def other_tick() -> list[Claim]:
        try:
            return claim_due_checks(now=now, limit=100)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        mine = claim_due_checks(now=now, limit=2)  # Not committed yet.
        others = pool.submit(other_tick).result(timeout=20)
    rows = {row.pk for row in TaskProgress.objects.all()}
    assert len(mine) == 2
    assert {claim.progress_id for claim in others} == rows - {claim.progress_id for claim in mine}


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_holds_up_no_other(now: datetime, failing: Enrollment) -> None:
    claims = taken(now + MINUTE)
    held = claims[0].progress_id
    released = threading.Event()

    def hold(locked: threading.Event) -> None:
        try:
            with transaction.atomic():
                TaskProgress.objects.select_for_update().get(pk=held)
                locked.set()
                assert released.wait(20)
        finally:
            connection.close()

    def others_stored() -> bool:
        return ProbeRun.objects.filter(at=now + MINUTE).count() == len(claims) - 1

    def store() -> None:
        try:
            finished = [Finished(claim, [result(Outcome.FAIL)]) for claim in claims]
            record_finished(now=now + MINUTE, finished=finished)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        locked = threading.Event()
        holding = pool.submit(hold, locked)
        assert locked.wait(20)
        storing = pool.submit(store)
        deadline = time.monotonic() + 20
        while not others_stored() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert others_stored()
        released.set()
        holding.result()
        storing.result()
    assert ProbeRun.objects.filter(at=now + MINUTE).count() == len(claims)


def test_a_fail_ends_a_hold_although_errors_came_between(now: datetime, failing: Enrollment) -> None:
    held = TaskProgress.objects.exclude(due_at=None).order_by("pk").first()
    assert held
    Task.objects.filter(pk=held.task_id).update(hold_minutes=30)
    for minute, outcome in enumerate([Outcome.PASS, Outcome.ERROR, Outcome.FAIL], start=1):
        at = now + minute * MINUTE
        claims = [claim for claim in taken(at) if claim.progress_id == held.pk]
        record_finished(now=at, finished=[Finished(claim, [result(outcome)]) for claim in claims])
        held.refresh_from_db()
        assert held.last_outcome == outcome
        assert (held.turning_since is None) == (outcome == Outcome.FAIL)
