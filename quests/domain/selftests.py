"""The self-test of a pack: every task fails at first, each near miss fails exactly its task, the solution passes all.

Each attempt has a sandbox of its own, made and swept by the same machine as any team's, so none can lean on what
another left behind, and each ends with its account proven clean.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from provisioning.aws.errors import AwsError
from provisioning.domain.access import NoAccess
from provisioning.models import Blueprint, Lease
from quests.domain.rehearsals import (
    NotRehearsed,
    Stage,
    TaskResult,
    give_back,
    has_stack_of,
    is_over,
    is_ready,
    lease_for,
)
from quests.enums import Outcome
from quests.pack import PackDocument, UnresolvedPlaceholder
from quests.pack.solution import Attempt, NearMiss

SOLUTION = "solution"
FRESH, CLEAN = "as left behind", "teardown"


@dataclass(frozen=True)
class Trial:
    """One attempt at one quest, to be made in a sandbox of its own."""

    quest: str
    name: str
    attempt: Attempt

    @property
    def must_fail(self) -> set[str]:
        """The tasks that must fail after it."""
        return {self.attempt.rejected_by} if isinstance(self.attempt, NearMiss) else set()


@dataclass(frozen=True)
class Row:
    """What one part of a trial showed; `surprise` is empty when it was as it should be."""

    quest: str
    attempt: str
    expected: str
    surprise: str = ""


@dataclass(frozen=True)
class Conduct:
    """How a self-test is run: the clock, what lets sandboxes move on, who hears of it, how many are made ahead.

    With `keep` it stops at the first surprise and leaves that sandbox standing.
    """

    clock: Callable[[], datetime]
    turn: Callable[[], None]
    tell: Callable[[str], None]
    ahead: int = 2
    keep: bool = False


@dataclass(frozen=True)
class Report:
    """Every row in order, and the sandbox that was kept to look at, if any."""

    rows: list[Row]
    kept: Lease | None = None

    @property
    def surprises(self) -> list[Row]:
        """The rows that are not as they should be."""
        return [row for row in self.rows if row.surprise]


def trials(document: PackDocument, quests: Sequence[str]) -> list[Trial]:
    """Return every attempt at these quests, each quest's near misses before its solution."""
    planned = []
    for slug in quests:
        solution = document.solutions.get(slug)
        if solution is not None:
            planned += [Trial(slug, name, miss) for name, miss in solution.near_misses.items()]
            planned.append(Trial(slug, SOLUTION, solution.solve))
    return planned


def selftest(
    *, folder: Path, document: PackDocument, blueprint: Blueprint, quests: Sequence[str], conduct: Conduct
) -> Report:
    """Make every attempt at these quests and report what happened; whatever happens, each sandbox is given back."""
    missing = [slug for slug in quests if slug not in document.solutions]
    rows = [Row(slug, SOLUTION, "there is one", "the quest has no solution") for slug in missing]
    planned = trials(document, quests)
    waiting: deque[Lease] = deque()
    ending: list[tuple[Trial, Lease]] = []
    kept = None
    try:
        for number, trial in enumerate(planned, start=1):
            while len(waiting) < min(conduct.ahead, len(planned) - number + 1):
                waiting.append(lease_for(now=conduct.clock(), blueprint=blueprint))
            lease = waiting[0]
            conduct.tell(f"{number} of {len(planned)}: {trial.quest}, {trial.name}")
            found = list(_try(folder, document, lease, trial, conduct))
            rows += found
            waiting.popleft()
            if conduct.keep and any(row.surprise for row in found):
                kept = lease
                break
            give_back(now=conduct.clock(), lease=lease)
            ending.append((trial, lease))
        else:
            conduct.tell("sweeping the last sandboxes")
            rows += [_end(trial, lease, conduct) for trial, lease in ending]
            ending = []
    finally:
        # Interrupted or stopped: the platform, or the next command, sweeps what is ending.
        for lease in waiting:
            give_back(now=conduct.clock(), lease=lease)
    return Report(rows, kept)


def _try(folder: Path, document: PackDocument, lease: Lease, trial: Trial, conduct: Conduct) -> Iterator[Row]:
    try:
        _wait(lease, is_ready, conduct)
        _wait(lease, lambda lease: has_stack_of(lease, quest=trial.quest, now=conduct.clock()), conduct)
    except NotRehearsed as why:
        yield Row(trial.quest, trial.name, "a sandbox with the pack in it", str(why))
        return
    stage = Stage(folder, document, lease, conduct.clock)
    every = {task.slug for task in document.quest(trial.quest).tasks}
    yield _judged(trial.quest, FRESH, every, stage.judge(trial.quest))
    try:
        with stage.attempted(trial.attempt):
            yield _judged(trial.quest, trial.name, trial.must_fail, stage.judge(trial.quest))
    except (AwsError, NoAccess, NotRehearsed, UnresolvedPlaceholder) as why:
        yield Row(trial.quest, trial.name, "the attempt can be made", str(why))


def _end(trial: Trial, lease: Lease, conduct: Conduct) -> Row:
    expected = "the account is proven clean"
    try:
        _wait(lease, is_over, conduct)
    except NotRehearsed as why:
        return Row(trial.quest, f"{CLEAN} after {trial.name}", expected, str(why))
    return Row(trial.quest, f"{CLEAN} after {trial.name}", expected)


def _wait(lease: Lease, reached: Callable[[Lease], bool], conduct: Conduct) -> None:
    lease.refresh_from_db()
    while not reached(lease):
        conduct.turn()
        lease.refresh_from_db()


def _judged(quest: str, attempt: str, must_fail: set[str], results: list[TaskResult]) -> Row:
    surprises = []
    for result in results:
        verdict = result.verdict
        if verdict.outcome is Outcome.ERROR:
            surprises.append(f"{result.slug}: the check {result.probe} erred: {verdict.summary}")
        elif result.passed and result.slug in must_fail:
            surprises.append(f"{result.slug} passes and must fail")
        elif not result.passed and result.slug not in must_fail:
            surprises.append(f"{result.slug} fails and must pass: {result.probe}: {verdict.summary}")
    if len(must_fail) == len(results):
        expected = "every task fails"
    else:
        expected = f"exactly {', '.join(sorted(must_fail))} fails" if must_fail else "every task passes"
    return Row(quest, attempt, expected, "; ".join(surprises))
