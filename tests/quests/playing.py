"""A small game for tests of playing: levels, a hold, a continuous quest, a counted answer; no AWS is asked."""

from datetime import datetime, timedelta
from pathlib import Path

from accounts.models import User
from quests.domain.checks import CheckResult, Claim, record_results
from quests.domain.packs import load_pack
from quests.enums import ActionKind, Outcome
from quests.models import Enrollment, Event, PackRelease, Quest, TaskProgress
from tests.quests.conftest import new_event, new_person, new_team, run_actions
from tests.quests.pack.packs import edit, write_pack

PACK = """\
levels: [{slug: one, title: The nest}, {slug: two, title: The sky, unlock: {points: 60, quests: 1}}]
quests: [nest, hatch, keep, riddle, fly]
scoring: {mode: quality, maximum: 270}
"""
OLD_PACK = """\
levels: [{slug: one, title: One}]
quests: [nest, hatch]
scoring: {mode: quality, maximum: 150}
"""
PROBES = """\
  secret-word:
    type: answer
    input: word
    accept: [Dodo]
    advice: Think of a bird.
"""


def _quest(*lines: str) -> str:
    return "\n".join(["difficulty: 1", "expected_minutes: 5", "objectives: [Do it]", *lines]) + "\n"


QUESTS = {
    "nest": _quest(
        "title: The nest",
        "level: one",
        "points: 50",
        "roles: [QA, product]",
        "inputs: [{name: endpoint, type: url, label: Address}]",
        "outputs: [{label: Egg, from: EggUrl}]",
        "tasks: [{slug: warm, title: It is warm, points: 50, checks: [warm]}]",
        "hints:",
        '  - {text: "Sit on it.", cost_percent: 10}',
        '  - {text: "Do not get up.", cost_percent: 20, offer_after_minutes: 10}',
    ),
    "hatch": _quest(
        "title: The egg",
        "requires: [nest]",
        "points: 100",
        "inputs: [{name: endpoint, type: url, label: Address}]",
        "tasks:",
        "  - {slug: first, title: It cracks, points: 40, checks: [warm], hold_minutes: 10}",
        "  - {slug: second, title: It hatches, points: 60, checks: [warm, hatched]}",
        'hints: [{text: "Whisper to the egg.", cost_percent: 5}]',
        "workbench: [{label: Look into the egg, service: sqs, operation: list_queues}]",
    ),
    "keep": _quest(
        "title: Keep it warm",
        "kind: continuous",
        "level: one",
        "points: 30",
        "inputs: [{name: endpoint, type: url, label: Address}]",
        "tasks: [{slug: stays-warm, title: It stays warm, points: 30, checks: [warm]}]",
    ),
    "riddle": _quest(
        "title: The riddle",
        "kind: side",
        "level: one",
        "points: 40",
        "inputs: [{name: word, type: text, label: The word}]",
        "tasks: [{slug: said, title: The word is said, points: 40, checks: [secret-word]}]",
        "validate: {attempts: 3, cooldown_seconds: 5}",
    ),
    "fly": _quest(
        "title: Fly",
        "level: two",
        "points: 50",
        "inputs: [{name: endpoint, type: url, label: Address}]",
        "tasks: [{slug: up, title: It flies, points: 50, checks: [warm]}]",
    ),
}


def write_game(folder: Path) -> Path:
    """Write the game as a pack and return its folder."""
    write_pack(folder)
    edit(folder, "pack.yaml", OLD_PACK, PACK)
    edit(folder, "probes.yaml", "probes:\n", "probes:\n" + PROBES)
    for slug, text in QUESTS.items():
        for path, content in (
            (f"quests/{slug}/quest.yaml", text),
            (f"quests/{slug}/body.md", f"The brief of {slug}.\n"),
            (f"quests/{slug}/coach.md", f"Good looks like {slug}.\n"),
            (f"solution/quests/{slug}/solve.yaml", f"inputs: {{{'word: Dodo' if slug == 'riddle' else URL}}}\n"),
        ):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content)
    return folder


def live_game(folder: Path) -> Path:
    """Write the game with a task that earns 7 points for every 5 minutes in which it stays warm."""
    write_game(folder)
    edit(folder, "pack.yaml", "mode: quality", "mode: live")
    income = "checks: [warm], income: {points: 7, every_minutes: 5}}]"
    edit(folder, "quests/keep/quest.yaml", "checks: [warm]}]", income)
    return folder


URL = 'endpoint: "http://127.0.0.1:1"'


def load_game(folder: Path, now: datetime) -> PackRelease:
    """Load the game as a release."""
    return load_pack(now=now, folder=write_game(folder))[0]


def open_game(*, now: datetime, release: PackRelease, organizer: User, teams: int = 2) -> Event:
    """Return an event with the game that is open, for so many teams of up to eight, and one more."""
    event = new_event(now=now, release=release, organizer=organizer, planned_teams=teams, team_size_max=8)
    run_actions(event, now, ActionKind.VEND, ActionKind.OPEN)
    return event


def playing_team(*, folder: Path, now: datetime, organizer: User) -> Enrollment:
    """Return a team that has just begun to play the game."""
    event = open_game(now=now, release=load_game(folder, now), organizer=organizer)
    return new_team(event, now, "Hippo Ballerinas", new_person("Ada"))


def quest_of(team: Enrollment, slug: str) -> Quest:
    """Return a quest of the team's game."""
    return team.event.release.quests.get(slug=slug)


def result(outcome: Outcome, said: str = "Seen.") -> CheckResult:
    """Return one probe's verdict."""
    return CheckResult("warm", outcome, said, "asked", "expected", "seen", "advice", 12)


def row(team: Enrollment, task: str) -> TaskProgress:
    """Return the team's row for a task, as it is stored now."""
    return TaskProgress.objects.select_related("task__quest").get(enrollment=team, task__slug=task)


def judge(team: Enrollment, task: str, outcome: Outcome, at: datetime) -> TaskProgress:
    """Deliver one verdict on a task, as a worker does that has taken its check; return the row after it."""
    progress = row(team, task)
    claimed = at + timedelta(seconds=60)
    TaskProgress.objects.filter(pk=progress.pk).update(claimed_until=claimed, version=progress.version + 1)
    assert record_results(now=at, claim=Claim(progress.pk, progress.version + 1), results=[result(outcome)])
    return row(team, task)
