"""What holds between the files of a pack: slugs, references, requirements, points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from quests.pack.draft import Draft, near_miss_file, quest_file, solve_file, stack_file
from quests.pack.images import is_asset
from quests.pack.income_rules import check_income
from quests.pack.opening_rules import check_openings
from quests.pack.placeholders import placeholders
from quests.pack.probe_specs import AnswerProbe, ProbeSpec
from quests.pack.quest import QuestSpec
from quests.pack.services import check_services

_TOP_FILES = {
    "pack.yaml",
    "stack.yaml",
    "seed.yaml",
    "readiness.yaml",
    "probes.yaml",
    "services.yaml",
    "README.md",
    "LICENSE",
}
_QUEST_FILES = {"quest.yaml", "body.md", "coach.md", "stack.yaml"}


def check_structure(draft: Draft) -> None:
    """Note every broken rule between the parts that could be read."""
    _check_manifest(draft)
    _check_files(draft)
    if draft.services:
        check_services(draft, draft.services)
    for slug, quest in draft.quests.items():
        _check_quest(draft, slug, quest)
        _check_attempts(draft, slug, quest)
        check_income(draft, slug, quest)
    _check_limits(draft)
    _check_stacks(draft)
    cycle = _cycle({slug: quest.requires for slug, quest in draft.quests.items()})
    if cycle:
        draft.add(quest_file(cycle[0]), f"go round in a circle: {' → '.join(cycle)}", "requires")
    else:
        check_openings(draft)


def _check_manifest(draft: Draft) -> None:
    manifest = draft.manifest
    if manifest is None:
        return
    for slug in _repeated(manifest.quests):
        draft.add("pack.yaml", f"names the quest “{slug}” twice", "quests")
    for slug in _repeated(level.slug for level in manifest.levels):
        draft.add("pack.yaml", f"names the level “{slug}” twice", "levels")
    if all(slug in draft.quests for slug in manifest.quests):
        total = sum(quest.points for quest in draft.quests.values())
        if total != manifest.scoring.maximum:
            message = f"is {manifest.scoring.maximum}, but the quests add up to {total}"
            draft.add("pack.yaml", message, "scoring", "maximum")


def _check_files(draft: Draft) -> None:
    for file in draft.files:
        match file.split("/"):
            case [name] if name in _TOP_FILES:
                pass
            case ["quests", slug, name] if name in _QUEST_FILES:
                if name == "quest.yaml" and draft.manifest and slug not in draft.manifest.quests:
                    draft.add(file, "belongs to a quest that pack.yaml does not list under quests")
            case ["solution", *_]:
                pass
            case _ if is_asset(file):
                pass
            case _:
                draft.add(file, "is not a file of the pack format")


def _check_quest(draft: Draft, slug: str, quest: QuestSpec) -> None:
    file = quest_file(slug)
    if draft.manifest and quest.level and quest.level not in {level.slug for level in draft.manifest.levels}:
        draft.add(file, f"names the level “{quest.level}”, which pack.yaml does not have", "level")
    known = set(draft.manifest.quests) if draft.manifest else set(draft.quests)
    for index, required in enumerate(quest.requires):
        if required not in known:
            draft.add(file, f"names the quest “{required}”, which does not exist", "requires", index)
    for task in _repeated(task.slug for task in quest.tasks):
        draft.add(file, f"has the slug “{task}” twice", "tasks")
    for name in _repeated(given.name for given in quest.inputs):
        draft.add(file, f"has the name “{name}” twice", "inputs")
    total = sum(task.points for task in quest.tasks)
    if total != quest.points:
        draft.add(file, f"is {quest.points}, but the tasks add up to {total}", "points")
    cost = sum(hint.cost_percent for hint in quest.hints)
    if cost > 100:
        draft.add(file, f"cost {cost} % together: all hints of a quest may cost its points at most", "hints")
    outputs = draft.outputs_of(slug)
    if outputs is not None:
        for index, output in enumerate(quest.outputs):
            if output.source not in outputs:
                message = f"names the output “{output.source}”, which stack.yaml does not have"
                draft.add(file, message, "outputs", index, "from")
    _check_checks(draft, file, quest)


def _check_checks(draft: Draft, file: str, quest: QuestSpec) -> None:
    names = draft.probe_names()
    inputs = {given.name for given in quest.inputs}
    for number, task in enumerate(quest.tasks):
        for index, check in enumerate(task.checks):
            path = ("tasks", number, "checks", index)
            if names is not None and check not in names:
                draft.add(file, f"names the probe “{check}”, which probes.yaml does not have", *path)
            probe = draft.probes.probes.get(check) if draft.probes else None
            for name in sorted(_inputs_of(probe) - inputs if probe else ()):
                draft.add(file, f"needs the input “{name}”, which this quest does not ask for", *path)


def _check_limits(draft: Draft) -> None:
    """Note a limit of answers in a quest that asks no question."""
    for slug, quest in draft.quests.items():
        probes = draft.probes.probes if draft.probes else {}
        checks = {check for task in quest.tasks for check in task.checks}
        asks = any(isinstance(probes.get(check), AnswerProbe) for check in checks)
        if quest.validation.attempts is not None and draft.probes and not asks:
            draft.add(quest_file(slug), "limits answers, but no task has an answer probe", "validate", "attempts")


def _check_stacks(draft: Draft) -> None:
    """Note outputs that two stacks share, and what is said of a quest's own stack where there is none."""
    owners = dict.fromkeys(draft.template.outputs, "stack.yaml") if draft.template else {}
    for slug, template in draft.quest_templates.items():
        for name in template.outputs if template else ():
            if name in owners:
                message = f"has the output “{name}”, which {owners[name]} has too: one name, one output"
                draft.add(stack_file(slug), message)
            owners.setdefault(name, stack_file(slug))
    for slug, quest in draft.quests.items():
        if slug not in draft.quest_templates:
            for part in quest.model_fields_set & {"stack", "reset"}:
                if part == "stack" or quest.reset == "stack":
                    message = f"speaks of the quest's own stack, and there is no {stack_file(slug)}"
                    draft.add(quest_file(slug), message, part)
        elif quest.reset == "stack" and quest.kind == "continuous":
            message = "is “stack”, which would take back what a continuous quest has gained"
            draft.add(quest_file(slug), message, "reset")


def _check_attempts(draft: Draft, slug: str, quest: QuestSpec) -> None:
    attempts = {solve_file(slug): draft.solutions.get(slug)}
    for name, near_miss in draft.near_misses.get(slug, {}).items():
        file = near_miss_file(slug, name)
        attempts[file] = near_miss
        if near_miss.rejected_by not in {task.slug for task in quest.tasks}:
            draft.add(
                file,
                f"names the task “{near_miss.rejected_by}”, which the quest does not have",
                "rejected_by",
            )
    inputs = {given.name for given in quest.inputs}
    for file, attempt in attempts.items():
        if attempt is None:
            continue
        for name in sorted(attempt.inputs.keys() - inputs):
            draft.add(file, "is no input of the quest", "inputs", name)
        if attempt.service and attempt.service.file not in draft.files:
            draft.add(file, f"names “{attempt.service.file}”, which is no file of the pack", "service", "file")


def _inputs_of(probe: ProbeSpec) -> set[str]:
    named = {name.removeprefix("inputs.") for name in placeholders(probe.model_dump()) if name.startswith("inputs.")}
    return named | {probe.input} if isinstance(probe, AnswerProbe) else named


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _cycle(requires: Mapping[str, list[str]]) -> list[str]:
    """Return one circle of requirements, its first quest repeated at the end; empty if there is none."""
    try:
        TopologicalSorter(requires).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []
