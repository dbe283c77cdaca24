"""Adjustments, reversals and void tasks: on the record, once, and what they foretell is what they do."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from accounts.models import AuditEntry, User
from quests.domain.corrections import adjust_score, lift_void, reverse_entry, void_task
from quests.domain.planning import plan_checks
from quests.domain.queries.board import board, maximum_of, tasks_of
from quests.domain.queries.effects import Effect, of_adjustment, of_counting_again, of_reversal, of_void
from quests.domain.refusals import UnableToRemedy
from quests.domain.scores import accept_task, award, check_afresh, faults_of_ledger, rebuild_standings, suspend_check
from quests.enums import EntryKind, VoidMode
from quests.models import Enrollment, Event, ScoreEntry, Standing, Task, TaskProgress
from tests.quests.conftest import MakePerson, new_team

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def task(open_event: Event) -> Task:
    return Task.objects.filter(quest__release=open_event.release).order_by("pk")[0]


@pytest.fixture
def other(now: datetime, open_event: Event, make_person: MakePerson) -> Enrollment:
    return new_team(open_event, now, "Other Birds", make_person())


def points(event: Event) -> dict[str, tuple[int, int]]:
    """Return each team's points and finished tasks, after a look at the ledger."""
    assert rebuild_standings(event=event, check_only=True) == []
    assert faults_of_ledger(event=event) == []
    return {row.team: (row.points, row.tasks_done) for row in board(event)}


def foretold(effect: Effect) -> dict[str, int]:
    return {change.name: change.after for change in effect.teams}


def test_an_adjustment_happens_once_with_its_reason(now: datetime, team: Enrollment, organizer: User) -> None:
    token = uuid4()
    effect = of_adjustment(enrollment=team, points=-30)
    for _ in range(2):
        entry = adjust_score(now=now, enrollment=team, points=-30, reason="Shared a key", actor=organizer, token=token)
        assert (entry.points, entry.sentence) == (-30, "Adjusted by an organizer: Shared a key")
    assert points(team.event) == {"Hippo Ballerinas": (-30, 0)}
    assert foretold(effect) == {"Hippo Ballerinas": -30}
    assert AuditEntry.objects.filter(action="score.adjust", actor=organizer.pk).count() == 1


@pytest.mark.parametrize("amount", [0, 100_001, -100_001])
def test_an_adjustment_has_its_bounds(now: datetime, team: Enrollment, organizer: User, amount: int) -> None:
    with pytest.raises(UnableToRemedy, match="Adjust by 1 to 100,000"):
        adjust_score(now=now, enrollment=team, points=amount, reason="So", actor=organizer, token=uuid4())


def test_a_reversal_takes_everything_back_that_the_entry_was(
    now: datetime, team: Enrollment, task: Task, organizer: User
) -> None:
    early = accept_task(now=now, enrollment=team, task=task, reason="Seen", actor=organizer)
    second = Task.objects.filter(quest__release=team.event.release).exclude(pk=task.pk)[0]
    later = now + timedelta(minutes=5)
    wrong = accept_task(now=later, enrollment=team, task=second, reason="Oops", actor=organizer)
    effect = of_reversal(entry=wrong)
    reverse_entry(now=later, event=team.event, entry=wrong, reason="The wrong team", actor=organizer)

    assert points(team.event) == {"Hippo Ballerinas": (task.points, 1)}
    assert foretold(effect) == {"Hippo Ballerinas": task.points}
    assert Standing.objects.get(enrollment=team).last_gain_at == early.at
    with pytest.raises(UnableToRemedy, match="is reversed already"):
        reverse_entry(now=later, event=team.event, entry=wrong, reason="Again", actor=organizer)
    opposite = ScoreEntry.objects.get(reverses=wrong)
    with pytest.raises(UnableToRemedy, match="A correction is not reversed"):
        reverse_entry(now=later, event=team.event, entry=opposite, reason="Back", actor=organizer)


def test_a_reversed_hint_is_not_counted_as_spent(now: datetime, team: Enrollment, organizer: User) -> None:
    entry = award(
        now=now, enrollment=team, key="h", kind=EntryKind.HINT, points=-15, sentence="Hint 1", source="person"
    )
    assert entry is not None
    reverse_entry(now=now, event=team.event, entry=entry, reason="The hint was wrong", actor=organizer)
    standing = Standing.objects.get(enrollment=team)
    assert (standing.points, standing.hint_points) == (0, 0)


def test_a_void_task_counts_for_nobody_and_lowers_the_maximum_until_it_counts_again(
    now: datetime, team: Enrollment, other: Enrollment, task: Task, organizer: User
) -> None:
    event = team.event
    accept_task(now=now, enrollment=team, task=task, reason="Seen", actor=organizer)
    whole, tasks = maximum_of(event), tasks_of(event)
    effect = of_void(event=event, task=task, mode=VoidMode.NOBODY)
    void = void_task(now=now, event=event, task=task, mode=VoidMode.NOBODY, reason="Broken", actor=organizer)

    assert points(event) == {"Hippo Ballerinas": (0, 0), "Other Birds": (0, 0)}
    assert (foretold(effect), effect.quiet) == ({"Hippo Ballerinas": 0}, 1)
    assert (maximum_of(event), tasks_of(event)) == (whole - task.points, tasks - 1)
    assert Standing.objects.get(enrollment=team).last_gain_at is None
    assert not TaskProgress.objects.filter(task=task).exclude(due_at=None).exists()
    with pytest.raises(UnableToRemedy, match="is void already"):
        void_task(now=now, event=event, task=task, mode=VoidMode.EVERYBODY, reason="Again", actor=organizer)
    with pytest.raises(UnableToRemedy, match="is void: let it count again first"):
        accept_task(now=now, enrollment=other, task=task, reason="Seen", actor=organizer)

    back = of_counting_again(void=void)
    lift_void(now=now, event=event, task=task, reason="It was right", actor=organizer)
    assert points(event) == {"Hippo Ballerinas": (task.points, 1), "Other Birds": (0, 0)}
    assert foretold(back) == {"Hippo Ballerinas": task.points}
    assert (maximum_of(event), tasks_of(event)) == (whole, tasks)
    assert Standing.objects.get(enrollment=team).last_gain_at == now
    assert TaskProgress.objects.get(enrollment=other, task=task).due_at == now


def test_a_void_task_can_be_everybodys_also_of_a_team_that_comes_later(
    now: datetime, team: Enrollment, other: Enrollment, task: Task, organizer: User, make_person: MakePerson
) -> None:
    event = team.event
    accept_task(now=now, enrollment=team, task=task, reason="Seen", actor=organizer)
    effect = of_void(event=event, task=task, mode=VoidMode.EVERYBODY)
    void_task(now=now, event=event, task=task, mode=VoidMode.EVERYBODY, reason="Broken", actor=organizer)
    late = new_team(event, now, "Late Larks", make_person())

    assert points(event) == dict.fromkeys(("Hippo Ballerinas", "Other Birds", "Late Larks"), (task.points, 1))
    assert foretold(effect) == {"Other Birds": task.points}
    assert not TaskProgress.objects.filter(enrollment=late, task=task).exists()
    lift_void(now=now, event=event, task=task, reason="It was right", actor=organizer)
    assert points(event) == {"Hippo Ballerinas": (task.points, 1), "Other Birds": (0, 0), "Late Larks": (0, 0)}
    assert TaskProgress.objects.get(enrollment=late, task=task).due_at == now


def test_a_task_can_be_voided_again_after_it_counted(
    now: datetime, team: Enrollment, task: Task, organizer: User
) -> None:
    accept_task(now=now, enrollment=team, task=task, reason="Seen", actor=organizer)
    for mode, expected in ((VoidMode.NOBODY, (0, 0)), (VoidMode.EVERYBODY, (task.points, 1))) * 2:
        void_task(now=now, event=team.event, task=task, mode=mode, reason="Broken", actor=organizer)
        assert points(team.event) == {"Hippo Ballerinas": expected}
        lift_void(now=now, event=team.event, task=task, reason="Right", actor=organizer)
        assert points(team.event) == {"Hippo Ballerinas": (task.points, 1)}
    with pytest.raises(UnableToRemedy, match="is not void"):
        lift_void(now=now, event=team.event, task=task, reason="Right", actor=organizer)


def test_an_entry_of_a_void_task_is_not_reversed_beside_the_void(
    now: datetime, team: Enrollment, task: Task, organizer: User
) -> None:
    entry = accept_task(now=now, enrollment=team, task=task, reason="Seen", actor=organizer)
    void_task(now=now, event=team.event, task=task, mode=VoidMode.NOBODY, reason="Broken", actor=organizer)
    with pytest.raises(UnableToRemedy, match="is void: let it count again first"):
        reverse_entry(now=now, event=team.event, entry=entry, reason="Wrong", actor=organizer)


def test_checking_afresh_leaves_out_what_is_passed_suspended_or_void(
    now: datetime, team: Enrollment, other: Enrollment, organizer: User
) -> None:
    event = team.event
    passed, suspended, void, plain = Task.objects.filter(quest__release=event.release).order_by("pk")[:4]
    accept_task(now=now, enrollment=team, task=passed, reason="Seen", actor=organizer)
    suspend_check(now=now, event=event, task=suspended, reason="Wrong", actor=organizer)
    void_task(now=now, event=event, task=void, mode=VoidMode.NOBODY, reason="Wrong", actor=organizer)
    later = now + timedelta(hours=5)
    assert check_afresh(now=later, event=event, tasks=[passed, suspended, void, plain]) == 3
    due = TaskProgress.objects.filter(due_at=later).values_list("enrollment__name", "task_id")
    assert sorted(due) == sorted(
        [("Other Birds", passed.pk), ("Other Birds", plain.pk), ("Hippo Ballerinas", plain.pk)]
    )
    plan_checks(now=later, event=event, enrollments=[team, other])
    assert not TaskProgress.objects.filter(task__in=[suspended, void]).exclude(due_at=None).exists()
