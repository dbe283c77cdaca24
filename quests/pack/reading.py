"""From a folder to a PackDocument, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from quests.pack.call_rules import CallRules
from quests.pack.calls import ValidateCall
from quests.pack.document import PackDocument, ProbesFile, SeedFile
from quests.pack.draft import Draft, near_miss_file, quest_file, solve_file, stack_file
from quests.pack.folder import hash_files, read_folder
from quests.pack.images import whole_images
from quests.pack.manifest import Manifest
from quests.pack.parameter_rules import check_parameters
from quests.pack.problems import PackError
from quests.pack.quest import Quest, QuestSpec
from quests.pack.rules import check_structure
from quests.pack.services import FILE as SERVICES_FILE
from quests.pack.services import ServicesFile, whole_services
from quests.pack.solution import Attempt, NearMiss, Solution
from quests.pack.template import Template, read_template


def read_pack(folder: Path, *, validate_call: ValidateCall) -> PackDocument:
    """Read and check a pack folder; raises PackError with every problem found.

    `validate_call` checks service, operation and parameters of an AwsCall and returns sentences (empty:
    valid).
    """
    draft = draft_pack(folder, validate_call=validate_call)
    if draft.problems:
        raise PackError(draft.problems)
    return _finish(draft)


def draft_pack(folder: Path, *, validate_call: ValidateCall) -> Draft:
    """Read a folder as far as it can be understood, with every problem found; raises PackError for no readable one."""
    draft = Draft(read_folder(folder))
    _read_top(draft)
    for slug in draft.manifest.quests if draft.manifest else _quest_folders(draft.files):
        _read_quest(draft, slug)
    check_structure(draft)
    check_parameters(draft)
    CallRules(draft, validate_call).check()
    return draft


def _read_top(draft: Draft) -> None:
    draft.manifest = draft.read_model("pack.yaml", Manifest)
    draft.seed = draft.read_model("seed.yaml", SeedFile) if "seed.yaml" in draft.files else SeedFile()
    draft.readiness = draft.read_model("readiness.yaml", ProbesFile)
    draft.probes = draft.read_model("probes.yaml", ProbesFile)
    if SERVICES_FILE in draft.files:
        draft.services = draft.read_model(SERVICES_FILE, ServicesFile)
    if "stack.yaml" not in draft.files:
        draft.add("stack.yaml", "is missing")
        return
    draft.template = _read_template(draft, "stack.yaml")


def _read_template(draft: Draft, file: str) -> Template | None:
    template, problems = read_template(file, draft.files[file])
    draft.problems += problems
    return None if problems else template


def _quest_folders(files: Mapping[str, bytes]) -> list[str]:
    """Where the manifest cannot be read, the folders still say which quests there are."""
    return sorted({file.split("/")[1] for file in files if file.startswith("quests/") and file.endswith("/quest.yaml")})


def _read_quest(draft: Draft, slug: str) -> None:
    quest = draft.read_model(quest_file(slug), QuestSpec)
    if quest:
        draft.quests[slug] = quest
    draft.read_page(f"quests/{slug}/body.md")
    draft.read_page(f"quests/{slug}/coach.md")
    if stack_file(slug) in draft.files:
        draft.quest_templates[slug] = _read_template(draft, stack_file(slug))
    solution = draft.read_model(solve_file(slug), Attempt)
    if solution:
        draft.solutions[slug] = solution
    misses = draft.near_misses[slug] = {}
    folder = near_miss_file(slug, "").removesuffix(".yaml")
    for file in draft.files:
        if file.startswith(folder) and file.endswith(".yaml"):
            near_miss = draft.read_model(file, NearMiss)
            if near_miss:
                misses[file.removeprefix(folder).removesuffix(".yaml")] = near_miss


def _finish(draft: Draft) -> PackDocument:
    assert draft.manifest and draft.seed and draft.readiness and draft.probes and draft.template
    return PackDocument(
        content_hash=hash_files(draft.files),
        pack=draft.manifest,
        stack_template=draft.files["stack.yaml"].decode(),
        stack_outputs=draft.template.outputs,
        seed=draft.seed.calls,
        readiness=draft.readiness.probes,
        probes=draft.probes.probes,
        quests=[_whole_quest(draft, slug) for slug in draft.manifest.quests],
        solutions={
            slug: Solution(solve=solve, near_misses=draft.near_misses[slug]) for slug, solve in draft.solutions.items()
        },
        services=whole_services(draft.services, draft.files),
        images=whole_images(draft.files),
    )


def _whole_quest(draft: Draft, slug: str) -> Quest:
    fields = draft.quests[slug].model_dump()
    pages = {page: draft.pages[f"quests/{slug}/{page}.md"] for page in ("body", "coach")}
    if template := draft.quest_templates.get(slug):
        fields |= {"stack_template": draft.files[stack_file(slug)].decode(), "stack_outputs": template.outputs}
    return Quest.model_validate({**fields, "slug": slug, **pages})
