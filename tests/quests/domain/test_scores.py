"""The ledger, verdicts, hints and remedies."""

from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from accounts.models import User
from quests.domain.checks import CheckResult, Claim, claim_due_checks, record_results, request_check, take_checks
from quests.domain.hinting import reveal_hint
from quests.domain.inputs import save_input
from quests.domain.playing import start_quest
from quests.domain.queries.board import board
from quests.domain.refusals import CheckTooSoon, EventNotOpen, HintNotYetOffered, UnableToRemedy
from quests.domain.scores import accept_task, lift_suspension, rebuild_standings, suspend_check
from quests.enums import ActionKind, Outcome
from quests.models import Enrollment, Event, Hint, ProbeRun, ScoreEntry, Standing, TaskProgress
from tests.quests.conftest import MakePerson, new_team, run_actions

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def result(outcome: Outcome) -> CheckResult:
    return CheckResult("some-probe", outcome, "Seen.", "asked", "expected", "seen", "advice", 12)


def ready(team: Enrollment) -> Enrollment:
    assert team.place and team.place.lease
    team.place.lease.state = "ready"
    team.place.lease.save(update_fields=["state"])
    return team


def taken(now: datetime) -> list[Claim]:
    """Claim what is due and take it for running, as the tick and its worker do."""
    return take_checks(now=now, claims=claim_due_checks(now=now, limit=100))


def test_a_pass_awards_once_and_ends_the_checking(now: datetime, team: Enrollment) -> None:
    later = now + timedelta(minutes=5)
    claims = claim_due_checks(now=later, limit=100)
    assert claims == []  # The sandbox is not ready.
    ready(team)
    claim = taken(later)[0]
    assert record_results(now=later, claim=claim, results=[result(Outcome.PASS)]) is True
    assert record_results(now=later, claim=claim, results=[result(Outcome.PASS)]) is False

    progress = TaskProgress.objects.get(pk=claim.progress_id)
    assert (progress.passed_at, progress.due_at, progress.claimed_until) == (later, None, None)
    assert list(ScoreEntry.objects.values_list("points", flat=True)) == [progress.task.points]
    assert Standing.objects.get(enrollment=team).points == progress.task.points


def test_a_lost_message_costs_no_more_than_its_dispatch(now: datetime, team: Enrollment) -> None:
    ready(team)
    later = now + timedelta(minutes=5)
    lost = claim_due_checks(now=later, limit=100)
    assert claim_due_checks(now=later + timedelta(seconds=9), limit=100) == []
    again = claim_due_checks(now=later + timedelta(seconds=11), limit=100)
    assert {claim.progress_id for claim in again} == {claim.progress_id for claim in lost}
    # The message was only late: the newer one has the check.
    assert take_checks(now=later, claims=lost) == []


def test_a_doubled_message_is_taken_once(now: datetime, team: Enrollment) -> None:
    ready(team)
    claims = claim_due_checks(now=now + timedelta(minutes=5), limit=100)
    assert len(take_checks(now=now, claims=claims)) == len(claims)
    assert take_checks(now=now, claims=claims) == []


def test_a_running_check_is_not_claimed_again_until_its_claim_expires(now: datetime, team: Enrollment) -> None:
    ready(team)
    later = now + timedelta(minutes=5)
    first = taken(later)
    assert claim_due_checks(now=later + timedelta(seconds=50), limit=100) == []
    assert len(claim_due_checks(now=later + timedelta(seconds=61), limit=100)) == len(first)
    # The first runner comes back too late: its verdict is dropped.
    assert record_results(now=later, claim=first[0], results=[result(Outcome.PASS)]) is False
    assert ScoreEntry.objects.count() == 0


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.ERROR])
def test_what_does_not_pass_is_kept_as_a_fact_and_checked_again(
    now: datetime, team: Enrollment, outcome: Outcome
) -> None:
    ready(team)
    later = now + timedelta(minutes=5)
    claim = taken(later)[0]
    record_results(now=later, claim=claim, results=[result(Outcome.PASS), result(outcome)])
    progress = TaskProgress.objects.get(pk=claim.progress_id)
    assert progress.last_outcome == outcome
    assert progress.due_at and progress.due_at > later
    assert ProbeRun.objects.count() == 2
    assert ScoreEntry.objects.count() == 0


def test_check_now_makes_the_quest_due_and_then_cools_down(now: datetime, team: Enrollment) -> None:
    quest = team.event.release.quests.first()
    assert request_check(now=now, enrollment=team, quest=quest) == quest.tasks.count()
    with pytest.raises(CheckTooSoon, match="Just checked"):
        request_check(now=now + timedelta(seconds=1), enrollment=team, quest=quest)


def test_check_now_during_a_run_looks_again(now: datetime, team: Enrollment) -> None:
    ready(team)
    quest = team.event.release.quests.first()
    request_check(now=now, enrollment=team, quest=quest)
    claim = taken(now)[0]
    pressed = now + timedelta(seconds=quest.cooldown_seconds + 1)
    request_check(now=pressed, enrollment=team, quest=quest)
    record_results(now=pressed + timedelta(seconds=1), claim=claim, results=[result(Outcome.FAIL)])
    assert TaskProgress.objects.get(pk=claim.progress_id).due_at == pressed


def test_a_hint_is_charged_once_for_the_team(now: datetime, team: Enrollment, make_person: MakePerson) -> None:
    hint = Hint.objects.filter(quest__release=team.event.release, number=1, offer_after_minutes=0).first()
    assert hint is not None
    first = reveal_hint(now=now, enrollment=team, hint=hint, user=make_person())
    assert reveal_hint(now=now, enrollment=team, hint=hint, user=make_person()) == first
    assert [entry.points for entry in ScoreEntry.objects.all()] == [-hint.cost_points]
    standing = Standing.objects.get(enrollment=team)
    assert (standing.points, standing.hint_points) == (-hint.cost_points, hint.cost_points)


def test_hints_come_in_their_order_and_at_their_time(now: datetime, team: Enrollment, make_person: MakePerson) -> None:
    quest = Hint.objects.filter(quest__release=team.event.release, number=2).first().quest
    person = make_person()
    with pytest.raises(HintNotYetOffered, match="earlier hints"):
        reveal_hint(now=now, enrollment=team, hint=quest.hints.get(number=2), user=person)
    start_quest(now=now, enrollment=team, quest=quest)
    quest.hints.filter(number=1).update(offer_after_minutes=5)
    with pytest.raises(HintNotYetOffered, match="not offered yet"):
        reveal_hint(now=now, enrollment=team, hint=quest.hints.get(number=1), user=person)
    assert ScoreEntry.objects.count() == 0
    later = now + timedelta(minutes=5)
    reveal_hint(now=later, enrollment=team, hint=quest.hints.get(number=1), user=person)


def test_nothing_is_bought_or_handed_in_after_the_end(
    now: datetime, team: Enrollment, open_event: Event, make_person: MakePerson
) -> None:
    run_actions(open_event, now + timedelta(hours=1), ActionKind.CLOSE)
    team = Enrollment.objects.get(pk=team.pk)
    hint = Hint.objects.filter(quest__release=open_event.release, number=1).first()
    with pytest.raises(EventNotOpen, match="is over"):
        reveal_hint(now=now, enrollment=team, hint=hint, user=make_person())
    with pytest.raises(EventNotOpen, match="is over"):
        save_input(now=now, enrollment=team, quest=hint.quest, name="x", value="y", user=make_person())


def test_accepting_by_hand_awards_once_with_the_reason(now: datetime, team: Enrollment, organizer: User) -> None:
    task = team.event.release.quests.first().tasks.first()
    entry = accept_task(now=now, enrollment=team, task=task, reason="Seen on their screen", actor=organizer)
    assert (entry.points, "Seen on their screen" in entry.sentence) == (task.points, True)
    with pytest.raises(UnableToRemedy, match="already has"):
        accept_task(now=now, enrollment=team, task=task, reason="Again", actor=organizer)
    assert Standing.objects.get(enrollment=team).points == task.points


def test_a_suspended_check_is_not_run_until_it_is_lifted(now: datetime, team: Enrollment, organizer: User) -> None:
    ready(team)
    task = team.event.release.quests.first().tasks.first()
    late = now + timedelta(minutes=5)
    running = taken(late)
    suspend_check(now=late, event=team.event, task=task, reason="Wrong port", actor=organizer)
    mine = TaskProgress.objects.get(enrollment=team, task=task)
    # A run that was under way loses its claim.
    claim = next(claim for claim in running if claim.progress_id == mine.pk)
    assert record_results(now=late, claim=claim, results=[result(Outcome.PASS)]) is False
    with pytest.raises(UnableToRemedy, match="already suspended"):
        suspend_check(now=late, event=team.event, task=task, reason="Again", actor=organizer)

    lift_suspension(now=late, event=team.event, task=task, actor=organizer)
    mine.refresh_from_db()
    assert mine.due_at == late


@pytest.mark.parametrize("statement", ["UPDATE {} SET points = 9999", "DELETE FROM {}"])
def test_postgresql_refuses_to_change_the_ledger(
    now: datetime, team: Enrollment, organizer: User, statement: str
) -> None:
    accept_task(
        now=now, enrollment=team, task=team.event.release.quests.first().tasks.first(), reason="x", actor=organizer
    )
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format("quests_scoreentry"))
    assert ScoreEntry.objects.count() == 1


def test_rebuilding_finds_and_mends_a_wrong_standing(now: datetime, team: Enrollment, organizer: User) -> None:
    task = team.event.release.quests.first().tasks.first()
    accept_task(now=now, enrollment=team, task=task, reason="x", actor=organizer)
    assert rebuild_standings(event=team.event, check_only=True) == []
    Standing.objects.filter(enrollment=team).update(points=7)
    assert rebuild_standings(event=team.event, check_only=True) == [
        f"Hippo Ballerinas: stored 7 points, the ledger says {task.points}."
    ]
    rebuild_standings(event=team.event)
    assert Standing.objects.get(enrollment=team).points == task.points


def test_the_board_breaks_ties_by_hints_and_then_by_time(
    now: datetime, team: Enrollment, organizer: User, make_person: MakePerson
) -> None:
    late = new_team(team.event, now, "Late Larks", make_person())
    tied = new_team(team.event, now, "Also Late", make_person())
    task = team.event.release.quests.first().tasks.first()
    for minutes, enrollment in ((1, team), (2, late), (2, tied)):
        at = now + timedelta(minutes=minutes)
        accept_task(now=at, enrollment=enrollment, task=task, reason="x", actor=organizer)
    assert [(row.rank, row.team) for row in board(team.event)] == [
        (1, "Hippo Ballerinas"),
        (2, "Also Late"),
        (2, "Late Larks"),
    ]


def test_a_team_founded_while_a_check_is_suspended_is_checked_afterwards(
    now: datetime, open_event: Event, organizer: User, make_person: MakePerson
) -> None:
    task = open_event.release.quests.get(slug="open-nest").tasks.first()
    suspend_check(now=now, event=open_event, task=task, reason="Broken", actor=organizer)
    team = new_team(open_event, now, "Late Birds", make_person())
    assert not TaskProgress.objects.filter(enrollment=team, task=task).exists()
    lift_suspension(now=now, event=open_event, task=task, actor=organizer)
    assert TaskProgress.objects.get(enrollment=team, task=task).due_at == now


def test_after_the_end_nothing_counts_even_before_the_clock_has_closed_the_event(
    now: datetime, team: Enrollment, make_person: MakePerson
) -> None:
    ready(team)
    end = team.event.ends_at
    claim = taken(end - timedelta(seconds=1))[0]
    assert claim_due_checks(now=end, limit=100) == []
    assert record_results(now=end, claim=claim, results=[result(Outcome.PASS)]) is False
    quest = team.event.release.quests.get(slug="double-dodo")
    with pytest.raises(EventNotOpen, match="Test flight is over"):
        request_check(now=end, enrollment=team, quest=quest)
    with pytest.raises(EventNotOpen, match="is over"):
        save_input(now=end, enrollment=team, quest=quest, name="stub", value="late", user=make_person())
    with pytest.raises(EventNotOpen, match="is over"):
        reveal_hint(now=end, enrollment=team, hint=quest.hints.get(number=1), user=make_person())
    assert ScoreEntry.objects.count() == 0


def test_a_look_back_after_the_end_starts_no_timer(now: datetime, team: Enrollment) -> None:
    opened, other = team.event.release.quests.all()[:2]
    start_quest(now=now, enrollment=team, quest=opened)
    end = team.event.ends_at
    assert start_quest(now=end, enrollment=team, quest=opened).at == now
    assert start_quest(now=end + timedelta(days=1), enrollment=team, quest=other).at == end
    assert list(team.starts.values_list("quest_id", flat=True)) == [opened.pk]


def test_a_check_of_the_standings_writes_nothing_and_a_rebuild_makes_a_lost_one_anew(
    now: datetime, team: Enrollment, organizer: User
) -> None:
    task = team.event.release.quests.get(slug="open-nest").tasks.first()
    accept_task(now=now, enrollment=team, task=task, reason="Seen it", actor=organizer)
    before = Standing.objects.values().get()
    Standing.objects.all().delete()
    said = [f"Hippo Ballerinas: no standing, the ledger says {task.points}."]
    assert rebuild_standings(event=team.event, check_only=True) == said
    assert Standing.objects.count() == 0
    assert rebuild_standings(event=team.event) == said
    assert Standing.objects.values().get() | {"id": before["id"]} == before
    assert rebuild_standings(event=team.event, check_only=True) == []
