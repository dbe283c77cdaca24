"""A pack folder becomes one document, or a list of everything that is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quests.pack import PackDocument, PackError
from tests.quests.pack.packs import edit, problems_of, read, write_pack

# Each row: the file, what is replaced in it, and how the one problem that must be told begins.
FAULTS = [
    ("pack.yaml", "slug: egg-hunt", "slug: Egg Hunt", "pack.yaml:2: slug: string should match"),
    ("pack.yaml", "title: Egg hunt\n", "", "pack.yaml:1: title: is missing"),
    ("pack.yaml", "max: 4", "max: 4, wings: 2", "pack.yaml:9: team_size.wings: is not a field"),
    ("pack.yaml", "min: 1, max: 4", "min: 5, max: 4", "pack.yaml:9: team_size: min is larger"),
    ("pack.yaml", "maximum: 150", "maximum: 1000", "pack.yaml:16: scoring.maximum: is 1000, but"),
    ("pack.yaml", "[nest, hatch]", "[nest, hatch, nest]", "pack.yaml:15: quests: names the quest"),
    ("pack.yaml", "version: 1.0.0", "version: 1.0", "pack.yaml:3: version: must be text"),
    ("pack.yaml", "[A dodo]", "[2026-01-01]", "pack.yaml:18: authors.0: is read by YAML as a date"),
    ("pack.yaml", "budget_usd: 1", "budget_usd: .inf", "pack.yaml:12: budget_usd: is not a finite"),
    ("pack.yaml", "title: Egg hunt", 'title: "a\\0b"', "pack.yaml:4: title: holds a character"),
    ("pack.yaml", "title: Egg hunt", "title: !!python/name:os.system x", "pack.yaml:4: is not valid"),
    ("pack.yaml", "title: Egg hunt", "title: [", "pack.yaml:6: is not valid YAML"),
    ("pack.yaml", "slug: egg-hunt", "slug: a\nslug: b", "pack.yaml:3: slug: is given twice"),
    ("stack.yaml", "Resources:", "Things:", "stack.yaml: Resources: is missing"),
    ("stack.yaml", "EggUrl", "EggArn", "quests/nest/body.md:1: uses ${outputs.EggUrl}"),
    ("seed.yaml", "tag_queue", "paint", "seed.yaml:2: calls.0: There is no sqs paint."),
    ("seed.yaml", "${team.seed}", "${nonce}", "seed.yaml:2: calls.0.parameters.Tags.seed: uses ${nonce}"),
    ("seed.yaml", "service: sqs", "service: s3", "seed.yaml:2: calls.0.service: is “s3”, which"),
    ("readiness.yaml", "length(", "lenght(", "readiness.yaml:5: probes.egg-is-there.expect: calls a"),
    ("probes.yaml", "id == '${nonce}'", "id == '", "probes.yaml:11: probes.hatched.steps.0.expect.json: is"),
    ("probes.yaml", "{status: 200}", "{}", "probes.yaml:5: probes.warm.expect: expects nothing"),
    (
        "probes.yaml",
        "type: http\n",
        "type: dance\n",
        "probes.yaml:2: probes.warm.plug-in: there is no probe type 'dance'",
    ),
    ("quests/nest/quest.yaml", "level: one", "level: two", "quests/nest/quest.yaml:2: level: names"),
    ("quests/nest/quest.yaml", "[warm]", "[cold]", "quests/nest/quest.yaml:9: tasks.0.checks.0: names"),
    ("quests/nest/quest.yaml", "from: EggUrl", "from: Hen", "quests/nest/quest.yaml:8: outputs.0.from: na"),
    (
        "quests/nest/quest.yaml",
        "cost_percent: 10",
        "cost_percent: 101",
        "quests/nest/quest.yaml:10: hints.0.cost_percent: input should be less",
    ),
    (
        "quests/nest/quest.yaml",
        "name: endpoint",
        "name: url",
        "quests/nest/quest.yaml:9: tasks.0.checks.0: needs the input",
    ),
    ("quests/hatch/quest.yaml", "points: 40", "points: 50", "quests/hatch/quest.yaml:5: points: is 100, but"),
    ("quests/hatch/quest.yaml", "slug: first", "slug: second", "quests/hatch/quest.yaml:8: tasks: has the"),
    ("quests/hatch/quest.yaml", "[nest]", "[moon]", "quests/hatch/quest.yaml:2: requires.0: names the quest"),
    ("quests/hatch/quest.yaml", "[nest]", "[hatch]", "quests/hatch/quest.yaml:2: requires: go round"),
    (
        "solution/quests/hatch/near-misses/boiled.yaml",
        "second",
        "third",
        "solution/quests/hatch/near-misses/boiled.yaml:1: rejected_by: names the task",
    ),
    (
        "solution/quests/hatch/solve.yaml",
        "hen.py",
        "../hen.py",
        "solution/quests/hatch/solve.yaml:1: service.file: names",
    ),
    ("stack.yaml", "Outputs:", "Copy: &c {}\nCopies: [*c]\nOutputs:", "stack.yaml:4: uses an alias (*name)"),
    ("quests/nest/body.md", "Warm", "\n<script>Warm", "quests/nest/body.md:2: holds HTML (<script"),
    ("quests/nest/quest.yaml", "Sit on it:", "<img src=x>", "quests/nest/quest.yaml:10: hints.0.text: holds HTML"),
    ("pack.yaml", "Hello, *you*.", "[x](javascript:x)", "pack.yaml:7: fiction.briefing: links to a javascript:"),
    (
        "probes.yaml",
        "id == '${nonce}'",
        "id == '${inputs.endpoint}'",
        "probes.yaml:11: probes.hatched.steps.0.expect.json: uses ${inputs.endpoint}: what a team",
    ),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_pack(tmp_path)


def test_a_document_goes_to_json_and_back_unchanged(folder: Path) -> None:
    document = read(folder)
    stored = json.dumps(document.model_dump(mode="json"))
    assert PackDocument.model_validate(json.loads(stored)) == document


def test_quests_stand_in_the_order_of_the_pack_with_their_pages(folder: Path) -> None:
    document = read(folder)
    assert [quest.slug for quest in document.quests] == ["nest", "hatch"]
    assert document.quest("nest").body == "Warm `${outputs.EggUrl}`.\n"
    assert document.quest("nest").validation.every_seconds == 60
    assert document.stack_outputs == ["EggUrl"]
    assert document.solutions["hatch"].near_misses["boiled"].rejected_by == "second"


@pytest.mark.parametrize(("file", "old", "new", "expected"), FAULTS)
def test_a_fault_is_told_with_file_line_and_field(folder: Path, file: str, old: str, new: str, expected: str) -> None:
    edit(folder, file, old, new)
    told = [str(problem) for problem in problems_of(folder)]
    assert len([text for text in told if text.startswith(expected)]) == 1, told


def test_all_problems_are_told_in_one_run(folder: Path) -> None:
    edit(folder, "pack.yaml", "title: Egg hunt\n", "")
    edit(folder, "quests/hatch/quest.yaml", "points: 40", "points: 50")
    edit(folder, "seed.yaml", "tag_queue", "paint")
    (folder / "quests/nest/coach.md").unlink()
    assert [(p.file, p.field) for p in problems_of(folder)] == [
        ("pack.yaml", "title"),
        ("quests/hatch/quest.yaml", "points"),
        ("quests/nest/coach.md", ""),
        ("seed.yaml", "calls.0"),
    ]


def test_an_error_names_every_place_in_its_text(folder: Path) -> None:
    edit(folder, "pack.yaml", "maximum: 150", "maximum: 151")
    with pytest.raises(PackError, match=r"1 problem in the pack:\npack.yaml:16: scoring.maximum: is 151, but"):
        read(folder)


def test_aliases_are_refused_before_they_multiply(folder: Path) -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(20))
    (folder / "seed.yaml").write_text(bomb)
    assert [(p.line, p.message) for p in problems_of(folder) if p.file == "seed.yaml"] == [
        (2, "uses an alias (*name): write the value out")
    ]


def test_deep_nesting_is_refused_without_recursion(folder: Path) -> None:
    (folder / "seed.yaml").write_text("calls: " + "[" * 50_000)
    assert [p.message for p in problems_of(folder)] == ["is nested deeper than 40 levels"]


def test_files_that_the_format_does_not_know_are_named(folder: Path) -> None:
    (folder / "quests/nest/quets.yaml").write_text("{}")
    (folder / "market.yaml").write_text("{}")
    assert [(p.file, p.message) for p in problems_of(folder)] == [
        ("market.yaml", "is not a file of the pack format"),
        ("quests/nest/quets.yaml", "is not a file of the pack format"),
    ]


def test_a_quest_folder_must_be_listed(folder: Path) -> None:
    edit(folder, "pack.yaml", "[nest, hatch]", "[nest]")
    edit(folder, "pack.yaml", "maximum: 150", "maximum: 50")
    assert [p.file for p in problems_of(folder)] == ["quests/hatch/quest.yaml"]


def test_a_circle_of_requirements_is_shown(folder: Path) -> None:
    edit(folder, "quests/nest/quest.yaml", "level: one", "requires: [hatch]")
    (problem,) = problems_of(folder)
    assert problem.field == "requires"
    assert problem.message in {
        "go round in a circle: nest → hatch → nest",
        "go round in a circle: hatch → nest → hatch",
    }


def test_a_folder_that_is_none_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="does not exist"):
        read(tmp_path / "nothing")
