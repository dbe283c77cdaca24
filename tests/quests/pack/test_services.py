"""services.yaml: what it must name, what it may not set, and that a release holds the code itself."""

import hashlib
from pathlib import Path

from tests.quests.pack.packs import edit, problems_of, read, write_pack

SERVICES = """\
services:
  hen:
    title: The hen
    summary: Sits on it.
    file: solution/hen.py
    quest: hatch
    input: endpoint
    settings:
      - {name: EGG, label: Egg, default: "${outputs.EggUrl}"}
"""


def pack_with_services(folder: Path) -> Path:
    write_pack(folder)
    (folder / "services.yaml").write_text(SERVICES)
    return folder


def test_a_release_holds_the_code_and_its_hash(tmp_path: Path) -> None:
    hen = read(pack_with_services(tmp_path)).services["hen"]
    assert (hen.code, hen.code_hash) == ("print('cluck')\n", hashlib.sha256(b"print('cluck')\n").hexdigest())


def test_a_pack_without_services_has_none(tmp_path: Path) -> None:
    assert read(write_pack(tmp_path)).services == {}


def test_what_does_not_exist_is_named(tmp_path: Path) -> None:
    folder = pack_with_services(tmp_path)
    edit(folder, "services.yaml", "solution/hen.py", "solution/../hen.py")
    edit(folder, "services.yaml", "input: endpoint", "input: nest")
    edit(folder, "services.yaml", "outputs.EggUrl", "team.seed")
    assert [(problem.field, problem.message) for problem in problems_of(folder)] == [
        ("services.hen.file", "names “solution/../hen.py”, which is no Python file of the pack"),
        ("services.hen.input", "names “nest”, which is no input of the type url of that quest"),
        ("services.hen.settings.0.default", "uses ${team.seed}, which has no meaning here"),
    ]


def test_variables_of_the_platform_cannot_be_settings(tmp_path: Path) -> None:
    for name in ("AWS_ENDPOINT_URL", "PYTHONPATH", "LD_PRELOAD", "PATH"):
        folder = pack_with_services(tmp_path / name)
        edit(folder, "services.yaml", "name: EGG", f"name: {name}")
        assert [problem.message for problem in problems_of(folder)] == ["is a name that the platform sets itself"]
