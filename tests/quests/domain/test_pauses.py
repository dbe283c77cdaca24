"""Pausing, resuming and extending: paused time does not exist, and nobody undoes somebody else unseen."""

from datetime import datetime, timedelta

import pytest

from accounts.models import AuditEntry, User
from provisioning.models import Booking, Lease
from quests.domain.checks import claim_due_checks, record_results, take_checks
from quests.domain.clock import run_due_actions
from quests.domain.events import end_event
from quests.domain.hinting import reveal_hint
from quests.domain.pauses import LONGEST_PAUSE, PausePlan, extend_event, keep_paused_events, pause_event, resume_event
from quests.domain.playing import start_quest
from quests.domain.queries.console import quest_cards
from quests.domain.queries.effects import of_extension, of_pause, of_resume
from quests.domain.refusals import ClockMoved, EventNotOpen, UnableToSchedule
from quests.domain.scores import award
from quests.domain.timeline import Timeline, timeline_of
from quests.domain.timers import offered_at
from quests.enums import ActionKind, EntryKind, EventState, Outcome
from quests.models import Enrollment, Event, Hint, ScoreEntry, Standing, Task, TaskProgress
from tests.quests.conftest import MakePerson, new_event, new_team, run_actions
from tests.quests.domain.test_scores import ready, result

pytestmark = [pytest.mark.services, pytest.mark.django_db]

MINUTE = timedelta(minutes=1)


def pause(event: Event, at: datetime, actor: User, *, freezes: bool = False, as_of: datetime | None = None) -> None:
    plan = PausePlan(reason="The network died", freezes=freezes, as_of=as_of)
    pause_event(now=at, event=event, version=event.clock_version, plan=plan, actor=actor)
    event.refresh_from_db()


def resume(event: Event, at: datetime, actor: User) -> None:
    resume_event(now=at, event=event, version=event.clock_version, actor=actor)
    event.refresh_from_db()


def due(event: Event) -> dict[str, datetime]:
    return dict(event.actions.filter(done_at=None).values_list("kind", "due_at"))


@pytest.mark.parametrize(
    ("since", "until", "minutes"),
    [(0, 10, 10), (0, 15, 10), (0, 30, 20), (12, 30, 10), (20, 30, 10), (12, 18, 0), (30, 20, 0), (0, 70, 50)],
)
def test_elapsed_time_leaves_pauses_out(now: datetime, since: int, until: int, minutes: int) -> None:
    timeline = Timeline(pauses=((now + 10 * MINUTE, now + 20 * MINUTE),), paused_at=now + 60 * MINUTE)
    assert timeline.elapsed(now + since * MINUTE, now + until * MINUTE) == minutes * MINUTE


@pytest.mark.parametrize(("since", "span", "at"), [(0, 5, 5), (0, 10, 10), (0, 15, 25), (12, 3, 23), (20, 3, 23)])
def test_a_moment_is_put_off_by_the_pauses_before_it(now: datetime, since: int, span: int, at: int) -> None:
    timeline = Timeline(pauses=((now + 10 * MINUTE, now + 20 * MINUTE),))
    assert timeline.moment(now + since * MINUTE, span * MINUTE) == now + at * MINUTE


def test_a_pause_stops_checks_and_what_the_clock_would_do(now: datetime, team: Enrollment, organizer: User) -> None:
    ready(team)
    event = team.event
    started = now + 5 * MINUTE
    running = take_checks(now=started, claims=claim_due_checks(now=started, limit=1))[0]
    pause(event, started, organizer)
    assert record_results(now=started, claim=running, results=[result(Outcome.PASS)]) is False
    assert claim_due_checks(now=started + MINUTE, limit=100) == []
    with pytest.raises(EventNotOpen, match="Test flight is paused"):
        reveal_hint(now=started, enrollment=team, hint=Hint.objects.all()[0], user=organizer)
    assert run_due_actions(now=now + timedelta(hours=2)) == 0
    event.refresh_from_db()
    assert (event.state, ScoreEntry.objects.count()) == (EventState.PAUSED, 0)


def test_resuming_moves_the_end_the_checks_the_sandboxes_and_the_booking(
    now: datetime, team: Enrollment, organizer: User
) -> None:
    ready(team)
    event = team.event
    before, ends_at = due(event), event.ends_at
    booked = Booking.objects.get(scope=event.pk).ends_at
    checks = dict(TaskProgress.objects.values_list("pk", "due_at"))
    pause(event, now + 10 * MINUTE, organizer)
    foreseen = of_resume(now=now + 30 * MINUTE, event=event)
    resume(event, now + 30 * MINUTE, organizer)

    assert (event.state, event.paused_at, event.ends_at) == (EventState.OPEN, None, ends_at + 20 * MINUTE)
    assert due(event) == {kind: at + 20 * MINUTE for kind, at in before.items()}
    assert {move.kind: move.after for move in foreseen.moves} == due(event)
    moved = dict(TaskProgress.objects.values_list("pk", "due_at"))
    assert moved == {key: at + 20 * MINUTE for key, at in checks.items() if at}
    assert {lease.ends_at >= event.ends_at for lease in Lease.objects.filter(scope=event.pk)} == {True}
    assert Booking.objects.get(scope=event.pk).ends_at == booked + 20 * MINUTE


def test_timers_and_hint_offers_stand_still_in_a_pause(now: datetime, team: Enrollment, organizer: User) -> None:
    event = team.event
    quest = Hint.objects.filter(quest__release=event.release, number=1)[0].quest
    start = start_quest(now=now, enrollment=team, quest=quest)
    hint = quest.hints.get(number=1)
    hint.offer_after_minutes = 12
    pause(event, now + 10 * MINUTE, organizer)
    resume(event, now + 30 * MINUTE, organizer)
    team = Enrollment.objects.get(pk=team.pk)
    start.refresh_from_db()
    assert offered_at(hint=hint, start=start) == now + 32 * MINUTE
    spent = {card.slug: card.minutes_spent for card in quest_cards(now=now + 35 * MINUTE, enrollment=team)}
    assert spent[quest.slug] == 15
    assert timeline_of(team.event).elapsed(now, now + 35 * MINUTE) == 15 * MINUTE


def test_a_team_founded_in_a_pause_is_checked_when_it_is_over(
    now: datetime, open_event: Event, organizer: User, make_person: MakePerson
) -> None:
    pause(open_event, now + MINUTE, organizer)
    team = new_team(open_event, now + 2 * MINUTE, "Late Birds", make_person())
    assert team.progress.count() == 0
    resume(open_event, now + 5 * MINUTE, organizer)
    # One quest of First flight is locked until another is done.
    tasks = Task.objects.filter(quest__release=open_event.release).exclude(quest__slug="double-dodo").count()
    assert team.progress.exclude(due_at=None).count() == tasks


def test_a_freezing_pause_closes_the_sandboxes_also_those_that_come_up_meanwhile(
    now: datetime, team: Enrollment, organizer: User
) -> None:
    ready(team)
    event = team.event
    late = Lease.objects.filter(scope=event.pk).exclude(pk=team.place.lease.pk)[0]  # type: ignore[union-attr]
    pause(event, now + MINUTE, organizer, freezes=True)
    states = Lease.objects.filter(scope=event.pk).values_list("state", flat=True)
    assert sorted(states) == ["frozen", "requested", "requested"]
    Lease.objects.filter(pk=late.pk).update(state="ready")
    keep_paused_events(now=now + 2 * MINUTE)
    assert sorted(states.all()) == ["frozen", "frozen", "requested"]
    resume(event, now + 5 * MINUTE, organizer)
    assert sorted(states.all()) == ["active", "active", "requested"]


def test_a_long_pause_keeps_the_sandboxes_until_the_event_can_end(
    now: datetime, team: Enrollment, organizer: User
) -> None:
    ready(team)
    event = team.event
    pause(event, now + 10 * MINUTE, organizer)
    for minutes in range(15, 300, 10):
        keep_paused_events(now=now + minutes * MINUTE)
        could_end = event.ends_at + (minutes - 10) * MINUTE
        assert all(lease.ends_at > could_end for lease in Lease.objects.filter(scope=event.pk))


def test_a_forgotten_pause_ends_the_event(now: datetime, team: Enrollment, organizer: User) -> None:
    pause(team.event, now + MINUTE, organizer)
    over = now + MINUTE + LONGEST_PAUSE
    assert run_due_actions(now=over) == 2
    team.event.refresh_from_db()
    assert (team.event.state, team.event.paused_at) == (EventState.TORN_DOWN, None)


def test_an_extension_moves_what_is_to_come_and_keeps_the_start(now: datetime, event: Event, organizer: User) -> None:
    before = due(event)
    foreseen = of_extension(event=event, minutes=15)
    extend_event(now=now, event=event, version=0, minutes=15, reason="The projector failed", actor=organizer)
    later = before | {kind: before[kind] + 15 * MINUTE for kind in ("close", "tear_down")}
    assert due(event) == later
    assert {move.kind: move.after for move in foreseen.moves} == {kind: later[kind] for kind in ("close", "tear_down")}
    entry = AuditEntry.objects.get(action="event.extend", scope=event.pk)
    assert (entry.actor, entry.details) == (organizer.pk, {"reason": "The projector failed", "minutes": 15})


@pytest.mark.parametrize("minutes", [0, -5, 2881])
def test_an_extension_has_its_bounds(now: datetime, event: Event, organizer: User, minutes: int) -> None:
    with pytest.raises(UnableToSchedule, match="by 1 minute to 48 hours"):
        extend_event(now=now, event=event, version=0, minutes=minutes, reason="More", actor=organizer)


def test_who_acts_on_an_old_clock_is_told_who_moved_it(
    now: datetime, open_event: Event, organizer: User, make_person: MakePerson
) -> None:
    other = make_person("Otto")
    seen = open_event.clock_version
    pause(open_event, now + MINUTE, organizer)
    with pytest.raises(ClockMoved, match="Meanwhile Olive has moved the clock"):
        extend_event(now=now, event=open_event, version=seen, minutes=5, reason="More", actor=other)
    with pytest.raises(ClockMoved):
        end_event(now=now + MINUTE, event=open_event, actor=other, version=seen)
    with pytest.raises(EventNotOpen, match="Only an event that is open"):
        pause(open_event, now + 2 * MINUTE, other)
    assert event_pauses(open_event) == [(now + MINUTE, None)]


def event_pauses(event: Event) -> list[tuple[datetime, datetime | None]]:
    return list(event.pauses.values_list("starts_at", "ends_at"))


def test_ending_a_paused_event_ends_it(now: datetime, open_event: Event, organizer: User) -> None:
    pause(open_event, now + MINUTE, organizer)
    end_event(now=now + 2 * MINUTE, event=open_event, actor=organizer)
    assert run_due_actions(now=now + 2 * MINUTE) == 2
    open_event.refresh_from_db()
    assert (open_event.state, open_event.ends_at) == (EventState.TORN_DOWN, now + 2 * MINUTE)
    assert event_pauses(open_event) == [(now + MINUTE, now + 2 * MINUTE)]


def lose(team: Enrollment, at: datetime, points: int, kind: EntryKind = EntryKind.TASK) -> None:
    key = f"lost:{team.pk}:{points}"
    assert award(now=at, enrollment=team, key=key, kind=kind, points=points, sentence="Lost", source="test")


def test_a_pause_as_of_a_past_minute_gives_back_what_was_lost_since_and_no_hint(
    now: datetime, team: Enrollment, organizer: User
) -> None:
    lose(team, now + 5 * MINUTE, -10)
    lose(team, now + 12 * MINUTE, -20)
    lose(team, now + 13 * MINUTE, -40, EntryKind.HINT)
    as_of = now + 10 * MINUTE
    foreseen = of_pause(now=now + 15 * MINUTE, event=team.event, freezes=False, as_of=as_of)
    pause(team.event, now + 15 * MINUTE, organizer, as_of=as_of)
    assert team.event.paused_at == as_of
    points = Standing.objects.get(enrollment=team).points
    assert points == -50
    assert [(change.before, change.after) for change in foreseen.teams] == [(-70, points)]
    assert [entry.points for entry in ScoreEntry.objects.filter(kind=EntryKind.REVERSAL)] == [20]


@pytest.mark.parametrize("minutes", [-1, 16])
def test_a_pause_begins_while_the_event_ran(now: datetime, open_event: Event, organizer: User, minutes: int) -> None:
    with pytest.raises(UnableToSchedule, match="while the event was running"):
        pause(open_event, now + 15 * MINUTE, organizer, as_of=now + minutes * MINUTE)
    resume_too_early = new_event(now=now, release=open_event.release, organizer=organizer, name="Not open")
    with pytest.raises(EventNotOpen, match="not paused"):
        resume(resume_too_early, now, organizer)


def test_a_pause_does_not_begin_within_the_pause_before(now: datetime, open_event: Event, organizer: User) -> None:
    pause(open_event, now + MINUTE, organizer)
    resume(open_event, now + 5 * MINUTE, organizer)
    with pytest.raises(UnableToSchedule):
        pause(open_event, now + 8 * MINUTE, organizer, as_of=now + 4 * MINUTE)
    pause(open_event, now + 8 * MINUTE, organizer, as_of=now + 5 * MINUTE)
    run = run_due_actions(now=now + 8 * MINUTE)
    assert (run, open_event.state) == (0, EventState.PAUSED)
    assert ActionKind.CLOSE in due(open_event)


def test_a_closed_event_is_not_extended(now: datetime, open_event: Event, organizer: User) -> None:
    run_actions(open_event, open_event.ends_at, ActionKind.CLOSE)
    with pytest.raises(EventNotOpen, match="already ended"):
        extend_event(now=now, event=open_event, version=0, minutes=5, reason="More", actor=organizer)
