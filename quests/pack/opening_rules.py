"""What opens a level must be within reach: by playing what is open, every quest must open in the end."""

from __future__ import annotations

from collections.abc import Mapping

from quests.pack.draft import Draft, quest_file
from quests.pack.manifest import Manifest
from quests.pack.quest import QuestSpec


def check_openings(draft: Draft) -> None:
    """Note every level that asks for more than the levels before it have, else every quest that can never open.

    Requirements that go round in a circle are another rule's, and must be none here.
    """
    manifest = draft.manifest
    if manifest is None or any(slug not in draft.quests for slug in manifest.quests):
        return
    stages = _Stages(manifest, draft.quests)
    if not _check_levels(draft, manifest, stages):
        return
    opened: set[str] = set()
    while more := {slug for slug in draft.quests.keys() - opened if stages.opens(slug, opened)}:
        opened |= more
    for slug in sorted(draft.quests.keys() - opened):
        required = [name for name in draft.quests[slug].requires if name in draft.quests.keys() - opened]
        if required:
            draft.add(quest_file(slug), f"can never open: “{required[0]}” cannot be done before it", "requires")
        else:
            draft.add(quest_file(slug), "can never open: its level asks for quests that come after it", "level")


class _Stages:
    """The quests by their level; one without a level, or with one that does not exist, stands before them all."""

    def __init__(self, manifest: Manifest, quests: Mapping[str, QuestSpec]) -> None:
        order = {level.slug: number for number, level in enumerate(manifest.levels)}
        self.quests = quests
        self.place = {slug: order.get(quest.level or "", -1) for slug, quest in quests.items()}
        self.unlocks = {number: level.unlock for number, level in enumerate(manifest.levels)}

    def before(self, number: int) -> set[str]:
        """Return the quests of the levels before this one."""
        return {slug for slug, place in self.place.items() if place < number}

    def opens(self, slug: str, done: set[str]) -> bool:
        """Tell whether the quest opens to a team that has done all of `done`."""
        if any(required in self.quests and required not in done for required in self.quests[slug].requires):
            return False
        unlock = self.unlocks.get(self.place[slug])
        if unlock is None:
            return True
        earlier = self.before(self.place[slug]) & done
        points = sum(self.quests[each].points for each in earlier)
        return points >= (unlock.points or 0) and len(earlier) >= (unlock.quests or 0)


def _check_levels(draft: Draft, manifest: Manifest, stages: _Stages) -> bool:
    within_reach = True
    for number, level in enumerate(manifest.levels):
        if level.unlock is None:
            continue
        earlier = stages.before(number)
        points = sum(draft.quests[slug].points for slug in earlier)
        for field, asked, there in (
            ("points", level.unlock.points, points),
            ("quests", level.unlock.quests, len(earlier)),
        ):
            if (asked or 0) > there:
                message = f"is {asked}, but the levels before have {there} {field}"
                draft.add("pack.yaml", message, "levels", number, "unlock", field)
                within_reach = False
    return within_reach
