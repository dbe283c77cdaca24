"""A quest's own stack is asked for when the quest opens, and its checks wait for it."""

from datetime import datetime
from pathlib import Path

import pytest

from accounts.models import User
from provisioning.enums import ExtraStackState, LeaseState
from provisioning.models import Lease
from quests.domain.checks import claim_due_checks, request_check
from quests.domain.environments import ask_for_stacks
from quests.domain.queries.sandbox import sandbox_of
from quests.domain.refusals import EnvironmentNotReady
from quests.enums import Outcome
from quests.models import Enrollment, TaskProgress
from tests.quests.environments import lease_of, put, stands, team_with_stacks
from tests.quests.playing import judge, quest_of

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def team(tmp_path: Path, now: datetime, organizer: User) -> Enrollment:
    return team_with_stacks(folder=tmp_path, now=now, organizer=organizer)


def claimed(now: datetime) -> set[str]:
    """Return the quests of which something is claimed when everything is due."""
    TaskProgress.objects.exclude(due_at=None).update(due_at=now, claimed_until=None)
    keys = [claim.progress_id for claim in claim_due_checks(now=now, limit=100)]
    return set(TaskProgress.objects.filter(pk__in=keys).values_list("task__quest__slug", flat=True))


def test_a_stack_is_asked_for_once_when_its_quest_opens(team: Enrollment, now: datetime) -> None:
    assert ask_for_stacks(now=now) == 0
    assert lease_of(team).extra_stacks["hatch"]["state"] == ExtraStackState.LATER
    judge(team, "warm", Outcome.PASS, now)

    assert [ask_for_stacks(now=now), ask_for_stacks(now=now)] == [1, 0]

    lease = lease_of(team)
    assert lease.extra_stacks["hatch"]["state"] == ExtraStackState.WANTED
    assert (lease.step, lease.due_at) == ("stacks", now)


def test_a_sandbox_that_is_not_ready_is_asked_later(team: Enrollment, now: datetime) -> None:
    judge(team, "warm", Outcome.PASS, now)
    Lease.objects.update(state=LeaseState.PROVISIONING)
    assert ask_for_stacks(now=now) == 0

    Lease.objects.filter(pk=lease_of(team).pk).update(state=LeaseState.READY)

    assert ask_for_stacks(now=now) == 1


def test_checks_wait_until_the_quests_own_stack_stands(team: Enrollment, now: datetime) -> None:
    judge(team, "warm", Outcome.PASS, now)
    quest = quest_of(team, "hatch")
    assert claimed(now) == {"keep", "riddle"}
    with pytest.raises(EnvironmentNotReady, match="is being prepared"):
        request_check(now=now, enrollment=team, quest=quest)
    put(team, "hatch", state=ExtraStackState.FAILED)
    assert claimed(now) == {"keep", "riddle"}
    with pytest.raises(EnvironmentNotReady, match="could not be made"):
        request_check(now=now, enrollment=team, quest=quest)

    stands(team, "hatch", {"ShellUrl": "https://sqs/shell"})

    assert claimed(now) == {"keep", "riddle", "hatch"}
    assert request_check(now=now, enrollment=team, quest=quest) == 2


def test_what_its_stacks_put_out_is_shown_with_the_sandbox(team: Enrollment, now: datetime) -> None:
    sandbox = sandbox_of(now=now, enrollment=team)

    assert sandbox is not None
    assert [(each.label, each.value) for each in sandbox.outputs] == [("StrawUrl", "https://sqs/straw")]
