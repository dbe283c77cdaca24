"""A fixed release is adopted by a running event: what teams have stays theirs, and nothing else is checked twice."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from accounts.models import AuditEntry, User
from quests.domain.adopting import adopt_release
from quests.domain.packs import load_pack
from quests.domain.planning import plan_checks
from quests.domain.queries.release_changes import Change, adoption
from quests.domain.refusals import UnableToRemedy
from quests.domain.scores import accept_task, rebuild_standings, suspend_check
from quests.enums import ActionKind
from quests.models import (
    CheckSuspension,
    Enrollment,
    Event,
    HintReveal,
    InputValue,
    PackRelease,
    QuestStart,
    ScoreEntry,
    TaskProgress,
)
from tests.quests.conftest import new_event, new_team, run_actions
from tests.quests.pack.packs import edit, write_pack

pytestmark = [pytest.mark.services, pytest.mark.django_db]
Fix = Callable[..., PackRelease]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_pack(tmp_path / "egg-hunt")


@pytest.fixture
def team(now: datetime, folder: Path, organizer: User) -> Enrollment:
    """A team with a passed task, an input, an opened hint, in an event with a suspended check."""
    release = load_pack(now=now, folder=folder)[0]
    event = new_event(now=now, release=release, organizer=organizer, planned_teams=1)
    run_actions(event, now, ActionKind.VEND, ActionKind.OPEN)
    team = new_team(event, now, "Hippo Ballerinas", organizer)
    plan_checks(now=now, event=event, enrollments=[team])
    nest, hatch = release.quests.all()
    accept_task(now=now, enrollment=team, task=nest.tasks.get(), reason="Seen it", actor=organizer)
    QuestStart.objects.create(enrollment=team, quest=nest, at=now)
    InputValue.objects.create(
        enrollment=team, quest=nest, name="endpoint", value="http://x", saved_by=organizer.id, saved_at=now
    )
    HintReveal.objects.create(enrollment=team, hint=nest.hints.get(), by=organizer.id, at=now)
    suspend_check(now=now, event=event, task=hatch.tasks.get(slug="first"), reason="Broken", actor=organizer)
    return team


@pytest.fixture
def fix(now: datetime, folder: Path) -> Fix:
    def load(*edits: tuple[str, str, str]) -> PackRelease:
        for file, old, new in (("pack.yaml", "version: 1.0.0", "version: 1.0.1"), *edits):
            edit(folder, file, old, new)
        return load_pack(now=now, folder=folder)[0]

    return load


def test_everything_a_team_has_goes_over_and_what_is_open_is_checked_afresh(
    now: datetime, team: Enrollment, fix: Fix, organizer: User
) -> None:
    fixed = fix(
        ("probes.yaml", "{status: 200}", "{status: 204}"),
        ("quests/hatch/quest.yaml", "points: 60, checks: [warm, hatched]", "points: 60, checks: [hatched]"),
    )
    ledger = list(ScoreEntry.objects.values())
    later = now + timedelta(minutes=10)
    found = adopt_release(now=later, event=team.event, release=fixed, reason="204 is right", actor=organizer.id)
    assert [(change.what, change.part) for change in found.changes] == [
        ("task hatch/second", "checks"),
        ("check warm", "expect"),
    ]
    event = Event.objects.get()
    assert event.release == fixed
    rows = {row.task.slug: row for row in TaskProgress.objects.filter(enrollment=team).select_related("task__quest")}
    assert {row.task.quest.release for row in rows.values()} == {fixed}
    assert {slug: row.passed_at for slug, row in rows.items()} == {"warm": now, "first": None, "second": None}
    assert {slug: row.due_at for slug, row in rows.items()} == {"warm": None, "first": None, "second": later}
    for moved in (QuestStart.objects.get().quest, InputValue.objects.get().quest, HintReveal.objects.get().hint.quest):
        assert (moved.slug, moved.release) == ("nest", fixed)
    assert CheckSuspension.objects.get().task.quest.release == fixed
    assert list(ScoreEntry.objects.values()) == ledger
    assert rebuild_standings(event=event, check_only=True) == []
    entry = AuditEntry.objects.get(action="event.adopt_release")
    assert (entry.actor, entry.details["before"], entry.details["after"]) == (organizer.id, "1.0.0", "1.0.1")


def test_a_task_won_before_is_not_won_again(now: datetime, team: Enrollment, fix: Fix, organizer: User) -> None:
    adopt_release(
        now=now,
        event=team.event,
        release=fix(("probes.yaml", "{status: 200}", "{status: 204}")),
        reason="x",
        actor=None,
    )
    team.refresh_from_db()
    task = Event.objects.get().release.quests.get(slug="nest").tasks.get()
    with pytest.raises(UnableToRemedy):
        accept_task(now=now, enrollment=team, task=task, reason="Again", actor=organizer)
    assert ScoreEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("edits", "why"),
    [
        (
            [
                ("quests/nest/quest.yaml", "points: 50", "points: 60"),
                ("quests/nest/quest.yaml", "It is warm, points: 50", "It is warm, points: 60"),
                ("pack.yaml", "maximum: 150", "maximum: 160"),
            ],
            "Teams have 50 points for the task nest/warm, which would be worth 60.",
        ),
        (
            [("quests/nest/quest.yaml", "slug: warm", "slug: cosy")],
            "Teams have points for the task nest/warm, which it does not have.",
        ),
        (
            [("quests/nest/quest.yaml", 'hints: [{text: "Sit on it: ${outputs.EggUrl}", cost_percent: 10}]\n', "")],
            "Teams have opened hint 1 of nest, which it does not have.",
        ),
        (
            [("stack.yaml", "{Type: AWS::SQS::Queue}", "{Type: AWS::SQS::Queue, Properties: {DelaySeconds: 1}}")],
            "What stands in the teams' sandboxes would differ (template), and they are made already.",
        ),
    ],
)
def test_what_would_cost_a_team_something_is_refused(
    now: datetime, team: Enrollment, fix: Fix, edits: list[tuple[str, str, str]], why: str
) -> None:
    if edits[0][1] == "points: 50":
        edits = [("quests/nest/quest.yaml", "\npoints: 50", "\npoints: 60"), *edits[1:]]
    fixed = fix(*edits)
    before = list(TaskProgress.objects.values())
    with pytest.raises(UnableToRemedy, match="Nothing was changed") as refusal:
        adopt_release(now=now, event=team.event, release=fixed, reason="x", actor=None)
    assert why in str(refusal.value)
    assert list(TaskProgress.objects.values()) == before
    assert Event.objects.get().release == team.event.release


def test_added_and_removed_parts_are_shown(team: Enrollment, fix: Fix) -> None:
    fixed = fix(
        ("quests/hatch/quest.yaml", "slug: first, title: It cracks", "slug: crack, title: It cracks"),
        ("quests/nest/quest.yaml", "cost_percent: 10", "cost_percent: 5"),
    )
    assert adoption(event=team.event, release=fixed).changes == [
        Change("changed", "hint 1 of nest", "cost_percent", "10", "5"),
        Change("removed", "task hatch/first", before="It cracks (40 points)"),
        Change("added", "task hatch/crack", after="It cracks (40 points)"),
    ]
