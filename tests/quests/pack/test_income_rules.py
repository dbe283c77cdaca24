"""Income in packs: only where it can be earned, and checked as often as it is paid."""

from pathlib import Path

import pytest

from tests.quests.pack.packs import edit, problems_of, read
from tests.quests.playing import live_game

KEEP = "quests/keep/quest.yaml"
# Each row: the file, what is replaced in it, and how the one problem that must be told begins.
FAULTS = [
    ("pack.yaml", "mode: live", "mode: quality", f"{KEEP}:9: tasks.0.income: needs a live game"),
    (KEEP, "continuous", "side", f"{KEEP}:9: tasks.0.income: belongs to the tasks of continuous quests"),
    (KEEP, "every_minutes: 5", "every_minutes: 1", f"{KEEP}:9: tasks.0.income.every_minutes: is shorter than the time"),
    (KEEP, "every_minutes: 5", "every_minutes: 61", f"{KEEP}:9: tasks.0.income.every_minutes: input should be less"),
    (KEEP, "points: 7", "points: 0", f"{KEEP}:9: tasks.0.income.points: input should be greater"),
    (KEEP, "points: 7, ", "", f"{KEEP}:9: tasks.0.income.points: is missing"),
    ("pack.yaml", "mode: live", "mode: live, trend: often", "pack.yaml:16: scoring.trend: must be true or false"),
    (
        "pack.yaml",
        "mode: live",
        "mode: live, speed_bonus_percent: 101",
        "pack.yaml:16: scoring.speed_bonus_percent: input",
    ),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return live_game(tmp_path)


def test_a_live_game_is_valid_and_its_maximum_is_without_income(folder: Path) -> None:
    assert problems_of(folder) == []
    document = read(folder)
    assert (document.pack.scoring.maximum, document.pack.scoring.trend) == (270, True)
    income = document.quest("keep").tasks[0].income
    assert income is not None
    assert (income.points, income.every_minutes) == (7, 5)


@pytest.mark.parametrize(("file", "old", "new", "said"), FAULTS)
def test_a_fault_is_told_with_its_place(folder: Path, file: str, old: str, new: str, said: str) -> None:
    edit(folder, file, old, new)
    told = [str(problem) for problem in problems_of(folder)]
    assert [line[: len(said)] for line in told] == [said]
