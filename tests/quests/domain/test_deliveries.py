"""Verdicts that arrive twice, late, or in another order: the points of a task stand in the ledger exactly once."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from accounts.models import User
from quests.domain.checks import Claim, record_results
from quests.domain.scores import rebuild_standings
from quests.enums import Outcome
from quests.models import Enrollment, ProbeRun, ScoreEntry, Standing, TaskProgress
from tests.quests.playing import playing_team, result, row

pytestmark = [pytest.mark.services, pytest.mark.django_db]

PASS, FAIL, ERROR = Outcome.PASS, Outcome.FAIL, Outcome.ERROR
TASKS = {"warm": 50, "stays-warm": 30}


@dataclass(frozen=True)
class Run:
    """One taken check: how long after the one before it, what it says, and how often its verdict is delivered."""

    task: str
    seconds: int
    outcome: Outcome
    deliveries: int


runs = st.lists(
    st.builds(
        Run,
        task=st.sampled_from(sorted(TASKS)),
        seconds=st.integers(1, 50),
        outcome=st.sampled_from([PASS, PASS, FAIL, FAIL, ERROR]),
        deliveries=st.integers(1, 3),
    ),
    max_size=25,
)


def model(outcomes: list[Outcome], *, continuous: bool) -> list[int]:
    """Return the gains (1) and losses (-1) that these verdicts must make, said in other words than the code's.

    Errors are not there. The first pass gains. After that, where it goes on, two equal verdicts in a row that
    contradict what stands turn it.
    """
    said = [outcome for outcome in outcomes if outcome != ERROR]
    if PASS not in said:
        return []
    turns, green, streak = [1], True, 0
    if not continuous:
        return turns
    for outcome in said[said.index(PASS) + 1 :]:
        streak = 0 if (outcome == PASS) == green else streak + 1
        if streak == 2:
            green, streak = not green, 0
            turns.append(1 if green else -1)
    return turns


@pytest.fixture
def team(tmp_path: Path, now: datetime, organizer: User) -> Enrollment:
    return playing_team(folder=tmp_path, now=now, organizer=organizer)


@seed(20261125)
@settings(
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(plan=runs, shuffle=st.integers(0, 2**16))
def test_deliveries_in_any_number_and_order_count_once(
    team: Enrollment, now: datetime, plan: list[Run], shuffle: int
) -> None:
    with transaction.atomic():
        deliver(team, now, plan, shuffle)
        transaction.set_rollback(True)


def deliver(team: Enrollment, now: datetime, plan: list[Run], shuffle: int) -> None:
    """Deliver the plan's verdicts, each several times and among older ones, and check what came of it."""
    mixed = random.Random(shuffle)
    arrived: dict[str, list[Outcome]] = {task: [] for task in TASKS}
    stale: list[tuple[Claim, Outcome]] = []
    moments = accumulate((run.seconds for run in plan), initial=0)
    for run, after in zip(plan, list(moments)[1:], strict=True):
        at = now + timedelta(seconds=after)
        progress = row(team, run.task)
        if progress.due_at is None:
            continue
        TaskProgress.objects.filter(pk=progress.pk).update(
            claimed_until=at + timedelta(seconds=60), version=progress.version + 1
        )
        # The message of this run, as often as it is delivered, among all that were delivered before.
        claim = Claim(progress.pk, progress.version + 1)
        messages = [(claim, run.outcome)] * run.deliveries + mixed.sample(stale, min(3, len(stale)))
        mixed.shuffle(messages)
        taken = [record_results(now=at, claim=each, results=[result(said)]) for each, said in messages]
        assert taken.count(True) == 1
        arrived[run.task].append(run.outcome)
        stale.append((claim, run.outcome))

    for task, points in TASKS.items():
        turns = model(arrived[task], continuous=task == "stays-warm")
        entries = ScoreEntry.objects.filter(enrollment=team, task=row(team, task).task.path)
        assert list(entries.order_by("id").values_list("points", flat=True)) == [turn * points for turn in turns]
        assert (row(team, task).passed_at is not None) == (sum(turns) == 1)
    total = sum(ScoreEntry.objects.filter(enrollment=team).values_list("points", flat=True))
    standing = Standing.objects.get(enrollment=team)
    done = TaskProgress.objects.filter(enrollment=team, passed_at__isnull=False).count()
    assert (standing.points, standing.tasks_done) == (total, done)
    assert ProbeRun.objects.filter(enrollment=team).count() == sum(len(said) for said in arrived.values())
    assert rebuild_standings(event=team.event, check_only=True) == []
