"""What a task's income needs: a live game, a quest without an end, and a check in every interval."""

from __future__ import annotations

from quests.pack.draft import Draft, quest_file
from quests.pack.quest import QuestSpec

# The runner moves each check by up to a tenth, so that teams do not fall into step.
LONGEST_WAIT = 1.1


def check_income(draft: Draft, slug: str, quest: QuestSpec) -> None:
    """Note every task that could not be paid."""
    file = quest_file(slug)
    for number, task in enumerate(quest.tasks):
        if task.income is None:
            continue
        path = ("tasks", number, "income")
        if quest.kind != "continuous":
            draft.add(file, "belongs to the tasks of continuous quests, and only there", *path)
        if draft.manifest and draft.manifest.scoring.mode != "live":
            draft.add(file, "needs a live game: set scoring.mode to live in pack.yaml", *path)
        if task.income.every_minutes * 60 < quest.validation.every_seconds * LONGEST_WAIT:
            seconds = round(quest.validation.every_seconds * LONGEST_WAIT)
            draft.add(file, f"is shorter than the time between two checks, up to {seconds} s", *path, "every_minutes")
