"""Income over time: paid once per interval, task and team, whatever happens meanwhile."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from quests.domain.corrections import lift_void, void_task
from quests.domain.income import due_intervals, pay_due_income, rebuild_uptime
from quests.domain.packs import load_pack
from quests.domain.queries.console import rank_of, task_views
from quests.domain.queries.effects import of_pause
from quests.domain.queries.progress import grid
from quests.domain.scores import faults_of_ledger, lift_suspension, rebuild_standings, suspend_check
from quests.enums import ActionKind, EntryKind, Outcome, VoidMode
from quests.models import Enrollment, Event, IncomeInterval, ProbeRun, ScoreEntry, Standing, TaskProgress, Uptime
from tests.quests.conftest import new_person, new_team, run_actions
from tests.quests.domain.test_pauses import pause, resume
from tests.quests.playing import judge, live_game, open_game, quest_of, row

pytestmark = [pytest.mark.services, pytest.mark.django_db]

PASS, FAIL, ERROR = Outcome.PASS, Outcome.FAIL, Outcome.ERROR
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def event(tmp_path: Path, now: datetime, organizer: User) -> Event:
    """A live game whose task pays 7 points for every 5 minutes."""
    release = load_pack(now=now, folder=live_game(tmp_path))[0]
    return open_game(now=now, release=release, organizer=organizer)


@pytest.fixture
def team(event: Event, now: datetime) -> Enrollment:
    return new_team(event, now, "Hippo Ballerinas", new_person("Ada"))


def said(team: Enrollment, now: datetime, **verdicts: Outcome) -> None:
    """Deliver one verdict per minute, named by the minute: `m4=PASS`."""
    for name, outcome in verdicts.items():
        judge(team, "stays-warm", outcome, now + int(name[1:]) * MINUTE)


def paid(team: Enrollment) -> list[int]:
    entries = ScoreEntry.objects.filter(enrollment=team, kind__in=(EntryKind.UPTIME, EntryKind.REVERSAL))
    return list(entries.order_by("pk").values_list("points", flat=True))


def uptime(team: Enrollment) -> tuple[int, int] | None:
    return Uptime.objects.filter(enrollment=team).values_list("passed", "judged").first()


def agrees(event: Event) -> bool:
    """Tell whether all projections are what the facts say."""
    standings = rebuild_standings(event=event, check_only=True)
    return standings + rebuild_uptime(event=event, check_only=True) + faults_of_ledger(event=event) == []


def test_every_full_interval_in_which_it_passes_is_paid_once(team: Enrollment, now: datetime) -> None:
    said(team, now, m1=PASS, m4=PASS)
    pay_due_income(now=now + 5 * MINUTE)
    assert paid(team) == []  # A verdict of the last seconds may still be on its way.
    for seconds in (6, 6, 7, 60):
        pay_due_income(now=now + 5 * MINUTE + seconds * SECOND)
    assert (paid(team), uptime(team)) == ([7], (1, 1))
    entry = ScoreEntry.objects.get(kind=EntryKind.UPTIME)
    last = ProbeRun.objects.latest("pk")
    assert (entry.source, entry.task) == (f"probe-run:{last.pk}", "keep/stays-warm")
    standing = Standing.objects.get(enrollment=team)
    assert (standing.points, standing.tasks_done, standing.last_gain_at) == (37, 1, now + 5 * MINUTE + 6 * SECOND)
    assert agrees(team.event)


def test_the_last_verdict_speaks_for_an_interval_and_an_error_for_none(team: Enrollment, now: datetime) -> None:
    said(team, now, m1=PASS, m4=FAIL)  # down in the first, though its points are still there
    said(team, now, m6=FAIL, m7=PASS, m8=PASS)  # up again in the second
    said(team, now, m14=ERROR)  # nobody knows of the third, and nothing is said in the fourth
    said(team, now, m21=FAIL)
    pay_due_income(now=now + 26 * MINUTE)
    assert (paid(team), uptime(team)) == ([7], (1, 3))
    assert IncomeInterval.objects.filter(event=team.event).count() == 5
    view = next(each for each in task_views(enrollment=team, quest=quest_of(team, "keep")))
    assert view.uptime and (view.uptime.percent, view.income_points, view.income_minutes) == (33, 7, 5)
    cells = grid(now=now, event=team.event).rows[0].cells
    assert {cell.slug: cell.uptime for cell in cells}["keep"] == 33
    assert agrees(team.event)


def test_the_decisive_probe_of_a_check_speaks_for_it(team: Enrollment, now: datetime) -> None:
    said(team, now, m1=PASS)
    at = now + 4 * MINUTE
    task = row(team, "stays-warm").task
    for outcome in (PASS, FAIL):
        ProbeRun.objects.create(
            enrollment=team, task=task, probe="warm", at=at, trigger="schedule", outcome=outcome, milliseconds=1
        )
    pay_due_income(now=now + 6 * MINUTE)
    assert (paid(team), uptime(team)) == ([], (0, 1))


def test_what_is_not_passing_yet_earns_nothing(team: Enrollment, now: datetime) -> None:
    TaskProgress.objects.filter(enrollment=team).update(times_taken_back=1)
    said(team, now, m4=PASS)  # mending: the next check decides
    pay_due_income(now=now + 6 * MINUTE)
    assert (paid(team), uptime(team)) == ([], (0, 1))


def test_paused_time_does_not_exist(team: Enrollment, now: datetime, organizer: User) -> None:
    said(team, now, m1=PASS)
    pause(team.event, now + 3 * MINUTE, organizer)
    pay_due_income(now=now + 20 * MINUTE)
    resume(team.event, now + 23 * MINUTE, organizer)
    pay_due_income(now=now + 24 * MINUTE)
    assert paid(team) == []
    team.event.refresh_from_db()
    pay_due_income(now=now + 26 * MINUTE)
    assert (paid(team), IncomeInterval.objects.get().ends_at) == ([7], now + 25 * MINUTE)


def test_a_pause_as_of_a_past_minute_takes_income_back_and_the_time_is_played_again(
    team: Enrollment, now: datetime, organizer: User
) -> None:
    said(team, now, m1=PASS, m6=PASS, m11=PASS)
    pay_due_income(now=now + 16 * MINUTE)
    assert (paid(team), uptime(team)) == ([7, 7, 7], (3, 3))
    as_of = now + 7 * MINUTE
    foreseen = of_pause(now=now + 16 * MINUTE, event=team.event, freezes=False, as_of=as_of)
    assert [(team.before, team.after) for team in foreseen.teams] == [(51, 37)]
    pause(team.event, now + 16 * MINUTE, organizer, as_of=as_of)
    assert (paid(team), uptime(team)) == ([7, 7, 7, -7, -7], (1, 1))
    assert Standing.objects.get(enrollment=team).points == 37
    assert agrees(team.event)

    resume(team.event, now + 16 * MINUTE, organizer)
    # The second interval has three minutes to go; what was said while it did not count is not heard.
    assert [span.ends_at for span in due_intervals(now=now + 20 * MINUTE, event=team.event)] == [now + 19 * MINUTE]
    team = Enrollment.objects.get(pk=team.pk)
    said(team, now, m22=PASS)
    pay_due_income(now=now + 25 * MINUTE)
    assert (paid(team), uptime(team)) == ([7, 7, 7, -7, -7, 7, 7], (3, 3))
    assert agrees(team.event)


def test_suspended_and_void_tasks_pay_nothing_and_lifting_pays_nothing_late(
    team: Enrollment, now: datetime, organizer: User
) -> None:
    event, task = team.event, row(team, "stays-warm").task
    said(team, now, m1=PASS, m4=PASS)
    suspend_check(now=now + 4 * MINUTE, event=event, task=task, reason="Wrong", actor=organizer)
    pay_due_income(now=now + 6 * MINUTE)
    lift_suspension(now=now + 7 * MINUTE, event=event, task=task, actor=organizer)
    pay_due_income(now=now + 8 * MINUTE)
    assert (paid(team), uptime(team)) == ([], None)
    said(team, now, m9=PASS)
    pay_due_income(now=now + 11 * MINUTE)
    assert paid(team) == [7]
    void_task(now=now + 12 * MINUTE, event=event, task=task, mode=VoidMode.NOBODY, reason="Bad", actor=organizer)
    assert Standing.objects.get(enrollment=team).points == 0
    pay_due_income(now=now + 16 * MINUTE)
    lift_void(now=now + 17 * MINUTE, event=event, task=task, reason="Good", actor=organizer)
    assert (paid(team)[0], Standing.objects.get(enrollment=team).points) == (7, 37)
    assert agrees(event)


def test_a_task_given_to_everybody_leaves_the_income_where_it_was_earned(
    team: Enrollment, now: datetime, organizer: User
) -> None:
    rival = new_team(team.event, now, "Others", new_person("Bea"))
    said(team, now, m1=PASS)
    pay_due_income(now=now + 6 * MINUTE)
    said(team, now, m7=FAIL, m8=FAIL)
    assert Standing.objects.get(enrollment=team).points == 7  # The task is taken back, what it earned is not.
    task = row(team, "stays-warm").task
    void_task(now=now + 9 * MINUTE, event=team.event, task=task, mode=VoidMode.EVERYBODY, reason="Bad", actor=organizer)
    points = {each.enrollment_id: each.points for each in Standing.objects.all()}
    assert points == {team.pk: 37, rival.pk: 30}


def test_the_last_interval_is_paid_when_the_event_closes(team: Enrollment, now: datetime) -> None:
    for minute in range(1, 60, 5):
        judge(team, "stays-warm", PASS, now + minute * MINUTE)
    pay_due_income(now=now + 51 * MINUTE)
    run_actions(team.event, team.event.ends_at, ActionKind.CLOSE)
    assert (len(paid(team)), uptime(team)) == (12, (12, 12))
    assert agrees(team.event)


def test_income_is_summed_up_between_the_other_lines_of_the_feed(team: Enrollment, now: datetime) -> None:
    for minute in (1, 6, 11):
        judge(team, "stays-warm", PASS, now + minute * MINUTE)
        pay_due_income(now=now + (minute + 5) * MINUTE)
    judge(team, "warm", PASS, now + 17 * MINUTE)
    judge(team, "stays-warm", PASS, now + 18 * MINUTE)
    pay_due_income(now=now + 21 * MINUTE)
    assert [(line.points, line.times) for line in rank_of(enrollment=team).feed] == [(7, 1), (50, 1), (21, 3), (30, 1)]
    assert rank_of(enrollment=team).feed[2].sentence.endswith("kept running, 3 times in a row")


def test_many_teams_and_intervals_are_paid_in_as_many_queries_as_one(
    team: Enrollment, event: Event, now: datetime
) -> None:
    said(team, now, m1=PASS)
    with CaptureQueriesContext(connection) as one:
        pay_due_income(now=now + 6 * MINUTE)
    others = [new_team(event, now, f"Team {number}", new_person()) for number in range(2)]
    for each in (team, *others):
        said(each, now, m7=PASS, m12=PASS, m17=PASS)
    with CaptureQueriesContext(connection) as many:
        pay_due_income(now=now + 21 * MINUTE)
    assert [paid(each) for each in (team, *others)] == [[7] * 4, [7] * 3, [7] * 3]
    assert len(many) == len(one)
    assert agrees(event)


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_pay_once(team: Enrollment, now: datetime) -> None:
    said(team, now, m1=PASS, m6=PASS)
    together = threading.Barrier(4)

    def tick() -> None:
        together.wait()
        pay_due_income(now=now + 11 * MINUTE)
        connection.close()

    with ThreadPoolExecutor(4) as ticks:
        for running in [ticks.submit(tick) for _ in range(4)]:
            running.result()
    pay_due_income(now=now + 11 * MINUTE)
    assert (paid(team), uptime(team)) == ([7, 7], (2, 2))
    assert agrees(team.event)


def test_a_tick_that_dies_pays_nothing_and_the_next_one_all(team: Enrollment, now: datetime) -> None:
    said(team, now, m1=PASS)
    with pytest.raises(RuntimeError), transaction.atomic():
        pay_due_income(now=now + 6 * MINUTE)
        assert paid(team) == [7]
        raise RuntimeError
    assert paid(team) == []
    pay_due_income(now=now + 6 * MINUTE)
    assert paid(team) == [7]


def test_a_replay_of_an_interval_pays_nobody_twice(team: Enrollment, now: datetime) -> None:
    said(team, now, m1=PASS)
    pay_due_income(now=now + 6 * MINUTE)
    IncomeInterval.objects.all().delete()
    Uptime.objects.all().delete()
    pay_due_income(now=now + 6 * MINUTE)
    assert (paid(team), uptime(team)) == ([7], (1, 1))
    assert agrees(team.event)
