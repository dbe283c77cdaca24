"""What an author should look at in a pack that could be loaded: nothing here keeps it from being played."""

from __future__ import annotations

from quests.pack.draft import Draft, quest_file, solve_file

LEAST_NEAR_MISSES = 2


def check_advice(draft: Draft) -> None:
    """Warn of quests without a solution or enough near misses, and of more work than there is time."""
    for slug in draft.quests:
        if solve_file(slug) not in draft.files:
            draft.warn(quest_file(slug), f"has no {solve_file(slug)}: nothing shows that the quest can be solved")
            continue
        count = len(draft.near_misses.get(slug, {}))
        if count < LEAST_NEAR_MISSES:
            noun = "near miss" if count == 1 else "near misses"
            message = f"has {count} {noun}: at least {LEAST_NEAR_MISSES} show that the checks reject what is wrong"
            draft.warn(quest_file(slug), message)
    manifest = draft.manifest
    if manifest is None:
        return
    minutes = sum(quest.expected_minutes for quest in draft.quests.values() if quest.kind == "main")
    if minutes > manifest.duration_minutes:
        message = f"is {manifest.duration_minutes}, but the main quests are expected to take {minutes} minutes together"
        draft.warn("pack.yaml", message, "duration_minutes")
