"""A quest's own stack and the parameters of templates: what a pack may say of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from quests.pack.parameters import as_texts
from tests.quests.pack.packs import edit, problems_of, read, write_pack

STACK = """\
Parameters:
  Owner: {Type: String}
  Size: {Type: Number, Default: 3}
  Colour: {Type: String, Default: white, AllowedValues: [white, brown]}
  Zones: {Type: CommaDelimitedList, Default: a}
Resources:
  Hen: {Type: AWS::SQS::Queue}
Outputs:
  HenUrl: {Value: !Ref Hen}
"""
QUEST, OWN = "quests/hatch/quest.yaml", "quests/hatch/stack.yaml"
NEST, GIVEN = "quests/nest/quest.yaml", "stack.parameters"
SHOWN = "outputs: [{label: Hen, from: HenUrl}]\n"
OWNER = 'stack: {created: unlock, parameters: {Owner: "${team.seed}", Size: 4, Colour: brown, Zones: [a, b]}}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pack whose second quest has a stack of its own, made at unlock."""
    write_pack(tmp_path)
    (tmp_path / "quests/hatch/stack.yaml").write_text(STACK)
    edit(
        tmp_path, QUEST, "points: 100\n", f"points: 100\nreset: stack\noutputs: [{{label: Hen, from: HenUrl}}]\n{OWNER}"
    )
    named = 'parameters: {QueueNamePrefix: "${outputs.HenUrl}"}'
    edit(tmp_path, "probes.yaml", "operation: list_queues}", f"operation: list_queues, {named}}}")
    return tmp_path


def test_a_quests_own_stack_is_part_of_the_document(folder: Path) -> None:
    quest = read(folder).quest("hatch")

    assert (quest.stack_template, quest.stack_outputs, quest.reset) == (STACK, ["HenUrl"], "stack")
    assert as_texts(quest.stack.parameters) == {"Owner": "${team.seed}", "Size": "4", "Colour": "brown", "Zones": "a,b"}
    plain = read(folder).quest("nest")
    assert (plain.stack_template, plain.stack_outputs, plain.reset, plain.stack.created) == ("", [], "none", "warm-up")


def test_the_starter_stack_has_parameters_too(folder: Path) -> None:
    edit(folder, "stack.yaml", "Resources:", "Parameters:\n  Seed: {Type: String}\nResources:")
    assert [str(each) for each in problems_of(folder)] == [
        "pack.yaml:1: parameters: gives no value for “Seed”, which stack.yaml asks for"
    ]
    edit(folder, "pack.yaml", "budget_usd: 1", 'parameters: {Seed: "${team.seed}"}\nbudget_usd: 1')
    assert read(folder).pack.parameters == {"Seed": "${team.seed}"}


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (QUEST, "Size: 4", "Size: many", f"{QUEST}:8: {GIVEN}.Size: is “many”, and {OWN} asks for a number"),
        (QUEST, "brown", "blue", f"{QUEST}:8: {GIVEN}.Colour: is “blue”; {OWN} allows white, brown"),
        (QUEST, "Colour: brown", "Colour: [a]", f"{QUEST}:8: {GIVEN}.Colour: is a list, and {OWN} asks for one String"),
        (QUEST, "Size: 4", "Weight: 4", f"{QUEST}:8: {GIVEN}.Weight: is no parameter of {OWN}"),
        (QUEST, 'Owner: "${team.seed}", ', "", f"{QUEST}:8: {GIVEN}: gives no value for “Owner”, which {OWN} asks for"),
        (QUEST, "${team.seed}", "${nonce}", f"{QUEST}:8: {GIVEN}.Owner: uses ${{nonce}}, which has no meaning when"),
        (QUEST, "${team.seed}", "${outputs.HenUrl}", f"{QUEST}:8: {GIVEN}.Owner: uses ${{outputs.HenUrl}}, which"),
        (QUEST, "created: unlock", "created: never", f"{QUEST}:8: stack.created: input should be"),
        (QUEST, "points: 100", "kind: continuous\npoints: 100", f"{QUEST}:7: reset: is “stack”, which would take back"),
        (OWN, "HenUrl", "EggUrl", f"{OWN}: has the output “EggUrl”, which stack.yaml has too: one name, one output"),
        (NEST, "level: one", "level: one\nreset: stack", f"{NEST}:3: reset: speaks of the quest's own stack, and"),
        (
            "quests/nest/body.md",
            "EggUrl",
            "HenUrl",
            "quests/nest/body.md:1: uses ${outputs.HenUrl}, which is no output",
        ),
        ("seed.yaml", "EggUrl", "HenUrl", "seed.yaml:2: calls.0.parameters.QueueUrl: uses ${outputs.HenUrl}"),
        (
            NEST,
            "[warm]",
            "[warm, hatched]",
            "probes.yaml:12: probes.hatched.steps.1.call.parameters.QueueNamePrefix: u",
        ),
    ],
)
def test_what_does_not_fit_is_told_at_its_field(folder: Path, file: str, old: str, new: str, told: str) -> None:
    edit(folder, file, old, new)

    found = [str(problem) for problem in problems_of(folder)]
    assert [each for each in found if each.startswith(told)] != [], found


def test_what_is_made_at_warm_up_is_there_for_all(folder: Path) -> None:
    edit(folder, QUEST, "created: unlock, ", "")
    edit(folder, "quests/nest/body.md", "EggUrl", "HenUrl")
    edit(folder, "seed.yaml", "EggUrl", "HenUrl")

    assert read(folder).quest("hatch").stack.created == "warm-up"
