"""Starting a quest's environment again: asked for by the team, decided once by a coach, nothing gained is lost."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from accounts.models import AuditEntry, User
from provisioning.enums import ExtraStackState, LeaseState
from provisioning.models import Lease
from quests.domain.checks import claim_due_checks, record_results
from quests.domain.refusals import EventNotOpen, QuestLocked, UnableToReset
from quests.domain.resets import ask_for_reset, confirm_reset, decline_reset
from quests.enums import Outcome, ResetDecision
from quests.models import Enrollment, ResetRequest, Standing, TaskProgress
from tests.quests.conftest import new_person
from tests.quests.environments import lease_of, put, team_with_stacks
from tests.quests.playing import judge, quest_of, result, row

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def team(tmp_path: Path, now: datetime, organizer: User) -> Enrollment:
    return team_with_stacks(folder=tmp_path, now=now, organizer=organizer)


@pytest.fixture
def ada(team: Enrollment) -> User:
    return team.participations.get().user


def ask(team: Enrollment, who: User, now: datetime, slug: str = "nest") -> ResetRequest:
    return ask_for_reset(now=now, enrollment=team, quest=quest_of(team, slug), user=who)


def test_whoever_asks_after_the_first_joins_the_firsts_request(team: Enrollment, ada: User, now: datetime) -> None:
    first = ask(team, ada, now)

    assert ask(team, new_person("Bo"), now) == first
    assert (first.asked_by, ResetRequest.objects.count()) == (ada.pk, 1)
    assert AuditEntry.objects.filter(action="quest.ask_reset").count() == 1
    assert lease_of(team).extra_stacks["nest"]["state"] == ExtraStackState.STANDING


def test_a_confirmed_request_makes_the_stack_anew_and_leaves_the_points(
    team: Enrollment, ada: User, organizer: User, now: datetime
) -> None:
    judge(team, "warm", Outcome.PASS, now)
    ask(team, ada, now)

    confirm_reset(now=now, enrollment=team, quest=quest_of(team, "nest"), actor=organizer, reason="They broke it")

    stack = lease_of(team).extra_stacks["nest"]
    assert (stack["state"], stack["outputs"]) == (ExtraStackState.LEAVING, {})
    assert Standing.objects.get(enrollment=team).points == 50
    request = ResetRequest.objects.get()
    assert (request.decision, request.decided_by, request.reason) == ("confirmed", organizer.pk, "They broke it")
    entries = AuditEntry.objects.filter(action__in=("quest.reset", "lease.remake_stack")).values_list(
        "actor", "details"
    )
    assert [(actor, details["reason"]) for actor, details in entries.values_list("actor", "details")] == [
        (organizer.pk, "They broke it")
    ] * 2
    assert team.place and team.place.lease
    team.place.lease.refresh_from_db()
    with pytest.raises(UnableToReset, match="being prepared"):
        ask(team, ada, now)


def test_a_verdict_of_the_old_environment_is_dropped(
    team: Enrollment, ada: User, organizer: User, now: datetime
) -> None:
    ask(team, ada, now)
    TaskProgress.objects.filter(task__quest__slug="nest").update(due_at=now)
    claim = next(each for each in claim_due_checks(now=now, limit=9) if each.progress_id == row(team, "warm").pk)

    confirm_reset(now=now, enrollment=team, quest=quest_of(team, "nest"), actor=organizer, reason="They broke it")

    assert not record_results(now=now, claim=claim, results=[result(Outcome.PASS)])
    assert row(team, "warm").passed_at is None
    assert claim_due_checks(now=now, limit=9) == []


def test_of_two_who_decide_the_second_is_told(team: Enrollment, ada: User, organizer: User, now: datetime) -> None:
    ask(team, ada, now)
    quest = quest_of(team, "nest")
    decline_reset(now=now, enrollment=team, quest=quest, actor=organizer, reason="You nearly have it")

    with pytest.raises(UnableToReset, match="decided already"):
        confirm_reset(now=now, enrollment=team, quest=quest, actor=organizer, reason="Me too")

    assert ResetRequest.objects.get().decision == ResetDecision.DECLINED
    assert lease_of(team).extra_stacks["nest"]["state"] == ExtraStackState.STANDING
    assert ask(team, ada, now + timedelta(minutes=1)).decision == ""


def test_a_sandbox_that_cannot_do_it_leaves_the_request_waiting(
    team: Enrollment, ada: User, organizer: User, now: datetime
) -> None:
    ask(team, ada, now)
    Lease.objects.update(state=LeaseState.ENDING)

    with pytest.raises(UnableToReset, match="nothing can be made anew in it now"):
        confirm_reset(now=now, enrollment=team, quest=quest_of(team, "nest"), actor=organizer, reason="They broke it")

    assert ResetRequest.objects.get().decision == ""


def test_what_could_not_be_made_can_be_asked_for_again(team: Enrollment, ada: User, now: datetime) -> None:
    put(team, "nest", state=ExtraStackState.FAILED)

    assert ask(team, ada, now).decision == ""


def test_what_is_not_offered_is_refused_by_name(team: Enrollment, ada: User, now: datetime) -> None:
    with pytest.raises(UnableToReset, match="nothing that could be started again"):
        ask(team, ada, now, "riddle")
    with pytest.raises(QuestLocked):
        ask(team, ada, now, "hatch")
    with pytest.raises(EventNotOpen):
        ask(team, ada, team.event.ends_at)
    assert ResetRequest.objects.count() == 0
