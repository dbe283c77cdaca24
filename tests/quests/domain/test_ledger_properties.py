"""Whatever people and clocks do, in whatever order and however often: the standings are the ledger's sum."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from quests.domain.corrections import adjust_score, lift_void, reverse_entry, void_task
from quests.domain.freezing import plan_freeze, unfreeze_board
from quests.domain.queries.board import board
from quests.domain.refusals import Refusal
from quests.domain.scores import accept_task, award, faults_of_ledger, rebuild_standings, task_key
from quests.enums import EntryKind, VoidMode
from quests.models import Enrollment, Event, ScoreEntry, Task
from tests.quests.conftest import MakePerson, new_team

pytestmark = [pytest.mark.services, pytest.mark.django_db]

TEAMS, TASKS = 2, 3
team, task = st.integers(0, TEAMS - 1), st.integers(0, TASKS - 1)
STEP = st.one_of(
    st.tuples(st.just("award"), team, task),
    st.tuples(st.just("accept"), team, task),
    st.tuples(st.just("hint"), team, st.integers(1, 3)),
    st.tuples(st.just("adjust"), team, st.integers(-20, 20)),
    st.tuples(st.just("reverse"), st.integers(0, 30), st.just(0)),
    st.tuples(st.just("void"), task, st.sampled_from(VoidMode)),
    st.tuples(st.just("lift"), task, st.just(0)),
    st.tuples(st.just("freeze"), st.just(0), st.just(0)),
    st.tuples(st.just("show"), st.just(0), st.just(0)),
)


class Room:
    """An event with teams, and every act on its score by name."""

    def __init__(self, event: Event, teams: list[Enrollment], organizer: User) -> None:
        self.event, self.teams, self.organizer = event, teams, organizer
        self.tasks = list(Task.objects.filter(quest__release=event.release).order_by("pk")[:TASKS])
        self.now = event.starts_at

    def act(self, name: str, what: int, more: object) -> None:
        """Do it; a refusal changes nothing, which the sums show."""
        self.now += timedelta(seconds=1)
        acts: dict[str, Callable[[int, object], object]] = {
            "award": self.award,
            "accept": lambda team, task: accept_task(
                enrollment=self.teams[team], task=self.tasks[self._index(task)], **self._by()
            ),
            "hint": self.hint,
            "adjust": lambda team, points: adjust_score(
                enrollment=self.teams[team],
                points=self._index(points),
                token=UUID(int=abs(self._index(points))),
                **self._by(),
            ),
            "reverse": self.reverse,
            "void": lambda task, mode: void_task(
                event=self.event, task=self.tasks[task], mode=VoidMode(str(mode)), **self._by()
            ),
            "lift": lambda task, _: lift_void(event=self.event, task=self.tasks[task], **self._by()),
            "freeze": lambda *_: plan_freeze(now=self.now, event=self.event, at=self.now, actor=self.organizer),
            "show": lambda *_: unfreeze_board(now=self.now, event=self.event, actor=self.organizer),
        }
        with suppress(Refusal):
            acts[name](what, more)

    def award(self, team: int, task: object) -> None:
        # The runner asks only for tasks that are checked: a void one is not.
        chosen = self.tasks[self._index(task)]
        if self.event.voids.filter(task=chosen, lifted_at=None).exists():
            return
        award(
            now=self.now,
            enrollment=self.teams[team],
            key=task_key(self.teams[team], chosen),
            kind=EntryKind.TASK,
            points=chosen.points,
            sentence="Passed",
            source="test",
            task=chosen,
        )

    def hint(self, team: int, number: object) -> None:
        key, points = f"hint:{self.teams[team].pk}:{number}", -5
        award(
            now=self.now,
            enrollment=self.teams[team],
            key=key,
            kind=EntryKind.HINT,
            points=points,
            sentence="Hint",
            source="test",
        )

    def reverse(self, number: int, _: object) -> None:
        entries = list(ScoreEntry.objects.filter(event=self.event).order_by("pk"))
        if entries:
            reverse_entry(event=self.event, entry=entries[number % len(entries)], **self._by())

    def _by(self) -> dict[str, object]:
        return {"now": self.now, "reason": "So", "actor": self.organizer}

    @staticmethod
    def _index(value: object) -> int:
        assert isinstance(value, int)
        return value


@pytest.fixture
def room(now: datetime, open_event: Event, organizer: User, make_person: MakePerson) -> Room:
    teams = [new_team(open_event, now, f"Team {number}", make_person()) for number in range(TEAMS)]
    return Room(open_event, teams, organizer)


@settings(max_examples=40, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(STEP, st.integers(1, 2)), max_size=25))
def test_the_standings_are_the_ledgers_sum_and_each_key_counts_once(
    room: Room, steps: list[tuple[tuple[str, int, object], int]]
) -> None:
    with transaction.atomic():
        for step, times in steps:
            for _ in range(times):
                room.act(*step)
        entries = list(ScoreEntry.objects.filter(event=room.event))
        sums = {team.name: 0 for team in room.teams}
        tasks = dict(sums)
        names = {team.pk: team.name for team in room.teams}
        for entry in entries:
            sums[names[entry.enrollment_id]] += entry.points
            tasks[names[entry.enrollment_id]] += entry.tasks_done
        rows = board(room.event)
        assert {row.team: row.points for row in rows} == sums
        assert {row.team: row.tasks_done for row in rows} == tasks
        assert all(0 <= row.tasks_done <= TASKS and row.hint_points >= 0 for row in rows)
        assert rebuild_standings(event=room.event, check_only=True) == []
        assert faults_of_ledger(event=room.event) == []
        reversed_ones = [entry.reverses_id for entry in entries if entry.reverses_id]
        assert len(reversed_ones) == len(set(reversed_ones))
        transaction.set_rollback(True)
    room.event.refresh_from_db()
