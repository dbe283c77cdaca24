"""Mass failure: what breaks for many teams together costs nobody anything until an organizer decides."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, User
from quests.domain.corrections import void_task
from quests.domain.holds import Evidence, at_risk, evidence_of, hold_mass_failures, resume_scoring
from quests.domain.income import pay_due_income
from quests.domain.packs import load_pack
from quests.domain.queries.console import task_views
from quests.domain.queries.effects import of_resuming_scoring
from quests.domain.refusals import UnableToRemedy
from quests.enums import EntryKind, Outcome, VoidMode
from quests.models import Enrollment, Event, ProbeRun, ScoreEntry, Standing, TaskHold
from tests.quests.conftest import new_person, new_team
from tests.quests.domain.test_pauses import pause
from tests.quests.playing import judge, live_game, open_game, quest_of, row

pytestmark = [pytest.mark.services, pytest.mark.django_db]

PASS, FAIL, ERROR = Outcome.PASS, Outcome.FAIL, Outcome.ERROR
MINUTE = timedelta(minutes=1)
TEN = 10


@pytest.fixture
def event(tmp_path: Path, now: datetime, organizer: User) -> Event:
    release = load_pack(now=now, folder=live_game(tmp_path))[0]
    return open_game(now=now, release=release, organizer=organizer, teams=TEN)


@pytest.fixture
def teams(event: Event, now: datetime) -> list[Enrollment]:
    """Ten teams whose task has passed in the first minute."""
    teams = [new_team(event, now, f"Team {number}", new_person()) for number in range(TEN)]
    for team in teams:
        judge(team, "stays-warm", PASS, now + MINUTE)
    return teams


def points(team: Enrollment) -> int:
    return Standing.objects.get(enrollment=team).points


def broken(teams: list[Enrollment], now: datetime, *outcomes: Outcome) -> bool:
    """Let one team after the other turn, and tell whether the next tick holds the task."""
    for team, outcome in zip(teams, outcomes, strict=False):
        judge(team, "stays-warm", outcome, now)
    return bool(hold_mass_failures(now=now))


@pytest.mark.parametrize(
    ("outcomes", "holds"),
    [([FAIL] * 3, False), ([FAIL] * 4, True), ([ERROR] * 4, True), ([FAIL, ERROR, FAIL, ERROR], True)],
)
def test_over_thirty_percent_that_turn_together_hold_the_task(
    teams: list[Enrollment], now: datetime, outcomes: list[Outcome], holds: bool
) -> None:
    assert broken(teams, now + 2 * MINUTE, *outcomes) is holds
    assert TaskHold.objects.exists() is holds


def test_two_teams_are_no_mass(event: Event, now: datetime) -> None:
    teams = [new_team(event, now, f"Team {number}", new_person()) for number in range(2)]
    for team in teams:
        judge(team, "stays-warm", PASS, now)
    assert not broken(teams, now + MINUTE, FAIL, FAIL)


def test_what_breaks_one_by_one_is_the_teams_own(teams: list[Enrollment], now: datetime) -> None:
    for number, team in enumerate(teams):
        at = now + (2 + 6 * number) * MINUTE
        for other in teams[number + 1 :]:
            judge(other, "stays-warm", PASS, at)
        judge(team, "stays-warm", FAIL, at)
        assert hold_mass_failures(now=at) == 0


def test_a_held_task_takes_nothing_back_pays_nothing_and_keeps_its_verdicts(
    teams: list[Enrollment], now: datetime
) -> None:
    assert broken(teams, now + 2 * MINUTE, *[FAIL] * 5)
    assert hold_mass_failures(now=now + 2 * MINUTE) == 0  # held once
    for minute in (3, 4, 5):
        for team in teams[:5]:
            judge(team, "stays-warm", FAIL, now + minute * MINUTE)
    pay_due_income(now=now + 6 * MINUTE)
    assert {points(team) for team in teams} == {30}
    assert not ScoreEntry.objects.filter(kind__in=(EntryKind.UPTIME, EntryKind.TAKEN_BACK)).exists()
    assert ProbeRun.objects.filter(outcome=FAIL).count() == 20
    assert row(teams[0], "stays-warm").last_outcome == FAIL
    (view,) = task_views(enrollment=teams[0], quest=quest_of(teams[0], "keep"))
    assert (view.state, view.turning, view.held_since) == ("pass", "", now + 2 * MINUTE)


def test_the_evidence_says_how_many_since_when_and_what(teams: list[Enrollment], now: datetime) -> None:
    broken(teams, now + 2 * MINUTE, FAIL, FAIL, FAIL, ERROR)
    seen = evidence_of(TaskHold.objects.get())
    since = (now + MINUTE).isoformat()
    assert seen == Evidence(turned=4, running=10, fails=3, errors=1, since=since, said=[("Seen.", 4)])
    entry = AuditEntry.objects.get(action="scoring.hold")
    assert (entry.actor, entry.subject, entry.details["reason"]) == (
        None,
        "keep/stays-warm",
        "4 of 10 teams failed together",
    )


def test_resuming_shows_whom_it_costs_what_and_the_usual_rule_follows(
    teams: list[Enrollment], event: Event, now: datetime, organizer: User
) -> None:
    broken(teams, now + 2 * MINUTE, FAIL, FAIL, FAIL, FAIL, ERROR)
    hold = TaskHold.objects.get()
    judge(teams[0], "stays-warm", PASS, now + 3 * MINUTE)
    foreseen = of_resuming_scoring(hold=hold)
    assert [(team.name, team.before, team.after) for team in foreseen.teams] == [
        (f"Team {number}", 30, 0) for number in (1, 2, 3)
    ]
    assert (foreseen.quiet, len(at_risk(hold))) == (7, 3)

    resume_scoring(now=now + 4 * MINUTE, event=event, hold=hold, reason="It was them", actor=organizer)
    with pytest.raises(UnableToRemedy, match="not held any more"):
        resume_scoring(now=now + 4 * MINUTE, event=event, hold=hold, reason="Again", actor=organizer)
    assert hold_mass_failures(now=now + 4 * MINUTE) == 0  # The same failure does not hold it again.
    judge(teams[1], "stays-warm", FAIL, now + 5 * MINUTE)
    assert points(teams[1]) == 30
    judge(teams[1], "stays-warm", FAIL, now + 6 * MINUTE)
    assert points(teams[1]) == 0
    # The interval that the hold touched is nobody's, the next one pays again.
    judge(teams[0], "stays-warm", PASS, now + 7 * MINUTE)
    pay_due_income(now=now + 11 * MINUTE)
    assert (points(teams[0]), points(teams[9])) == (37, 30)
    assert AuditEntry.objects.get(action="scoring.resume").details["reason"] == "It was them"


def test_a_fresh_mass_failure_after_a_resume_holds_again(
    teams: list[Enrollment], event: Event, now: datetime, organizer: User
) -> None:
    broken(teams, now + 2 * MINUTE, *[FAIL] * 4)
    resume_scoring(now=now + 3 * MINUTE, event=event, hold=TaskHold.objects.get(), reason="Fine", actor=organizer)
    for team in teams:
        judge(team, "stays-warm", PASS, now + 4 * MINUTE)
    assert broken(teams, now + 5 * MINUTE, *[FAIL] * 4)
    assert TaskHold.objects.count() == 2


def test_voiding_a_held_task_ends_the_hold(
    teams: list[Enrollment], event: Event, now: datetime, organizer: User
) -> None:
    broken(teams, now + 2 * MINUTE, *[FAIL] * 4)
    hold = TaskHold.objects.get()
    void_task(now=now + 3 * MINUTE, event=event, task=hold.task, mode=VoidMode.NOBODY, reason="Ours", actor=organizer)
    hold.refresh_from_db()
    assert (hold.ended_at, hold.ended_by) == (now + 3 * MINUTE, organizer.pk)
    assert hold_mass_failures(now=now + 3 * MINUTE) == 0


def test_nothing_is_held_while_the_event_is_paused(
    teams: list[Enrollment], event: Event, now: datetime, organizer: User
) -> None:
    for team in teams[:4]:
        judge(team, "stays-warm", FAIL, now + 2 * MINUTE)
    pause(event, now + 2 * MINUTE, organizer)
    assert hold_mass_failures(now=now + 2 * MINUTE) == 0


def test_looking_for_mass_failures_is_one_query(teams: list[Enrollment], now: datetime) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert hold_mass_failures(now=now + 2 * MINUTE) == 0
    assert len(queries) == 1
