"""Levels that open, limits of answers: what an author may ask for."""

from pathlib import Path

import pytest

from tests.quests.pack.packs import edit, problems_of, read
from tests.quests.playing import write_game

# Each row: the file, what is replaced in it, and how the one problem that must be told begins.
FAULTS = [
    ("pack.yaml", "{points: 60, quests: 1}", "{}", "pack.yaml:14: levels.1.unlock: asks for nothing"),
    ("pack.yaml", "points: 60", "points: 0", "pack.yaml:14: levels.1.unlock.points: input should be greater"),
    ("pack.yaml", "points: 60", "points: 221", "pack.yaml:14: levels.1.unlock.points: is 221, but the levels before"),
    ("pack.yaml", "quests: 1}", "quests: 5}", "pack.yaml:14: levels.1.unlock.quests: is 5, but the levels before have"),
    ("quests/riddle/quest.yaml", "attempts: 3", "attempts: 0", "quests/riddle/quest.yaml:10: validate.attempts: input"),
    (
        "quests/keep/quest.yaml",
        "points: 30\ninputs",
        "points: 30\nvalidate: {attempts: 2}\ninputs",
        "quests/keep/quest.yaml:8: validate.attempts: limits answers, but no task has an answer probe",
    ),
    ("quests/keep/quest.yaml", "continuous", "endless", "quests/keep/quest.yaml:5: kind: input should be"),
    ("quests/hatch/quest.yaml", "hold_minutes: 10", "hold_minutes: 241", "quests/hatch/quest.yaml:9: tasks.0.hold"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_game(tmp_path)


def test_the_game_is_valid(folder: Path) -> None:
    assert problems_of(folder) == []
    unlock = read(folder).pack.levels[1].unlock
    assert unlock is not None
    assert (unlock.points, unlock.quests) == (60, 1)


@pytest.mark.parametrize(("file", "old", "new", "said"), FAULTS)
def test_a_fault_is_told_with_its_place(folder: Path, file: str, old: str, new: str, said: str) -> None:
    edit(folder, file, old, new)
    told = [str(problem) for problem in problems_of(folder)]
    assert [line[: len(said)] for line in told] == [said]


def test_quests_that_wait_for_each_other_across_levels_can_never_open(folder: Path) -> None:
    """No circle of requirements: the level asks for four quests, and one of the four asks for the level's own."""
    edit(folder, "pack.yaml", "quests: 1}", "quests: 4}")
    edit(folder, "quests/riddle/quest.yaml", "points: 40\n", "points: 40\nrequires: [fly]\n")
    told = [str(problem) for problem in problems_of(folder)]
    assert [line.split(": ", 2)[::2] for line in told] == [
        ["quests/fly/quest.yaml:5", "can never open: its level asks for quests that come after it"],
        ["quests/riddle/quest.yaml:8", "can never open: “fly” cannot be done before it"],
    ]
