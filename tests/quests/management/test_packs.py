"""`manage.py packs`: what is wrong is named, and nothing is loaded then."""

import json
import shutil
from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEntry
from provisioning.enums import LeaseState
from provisioning.models import Lease
from quests.domain.packs import load_pack
from quests.models import Event, PackRelease
from quests.pack.starting import start_pack
from tests.quests.conftest import FIRST_FLIGHT
from tests.quests.pack.packs import FILES, edit, write_pack

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def load(folder: Path | str) -> str:
    out = StringIO()
    call_command("packs", "load", str(folder), stdout=out)
    return out.getvalue()


def refused(folder: Path | str) -> tuple[str, str]:
    """Return every problem and the closing sentence of a load that must fail."""
    problems = StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("packs", "load", str(folder), stderr=problems)
    return problems.getvalue().strip(), str(refusal.value)


def test_loading_twice_changes_nothing(tmp_path: Path) -> None:
    write_pack(tmp_path)
    first, second = load(tmp_path), load(tmp_path)
    digest = PackRelease.objects.get().content_hash[:12]
    assert first == f"Egg hunt 1.0.0: 2 quests, 150 points (loaded, content {digest})\n"
    assert second == f"Egg hunt 1.0.0: 2 quests, 150 points (already loaded, unchanged, content {digest})\n"


def test_a_changed_pack_needs_a_new_version(tmp_path: Path) -> None:
    write_pack(tmp_path)
    load(tmp_path)
    (tmp_path / "pack.yaml").write_text(FILES["pack.yaml"].replace("Find the egg.", "Find it."))
    assert refused(tmp_path) == (
        "",
        "egg-hunt 1.0.0 is already released with other content: raise `version` in pack.yaml. Nothing was loaded.",
    )
    assert PackRelease.objects.count() == 1


def test_a_folder_that_is_not_there_and_a_file_are_named(tmp_path: Path) -> None:
    absent, file = tmp_path / "absent", tmp_path / "pack.zip"
    file.touch()
    assert refused(absent) == (f"{absent}: does not exist", f"1 problem(s) in {absent}. Nothing was loaded.")
    assert refused(file) == (f"{file}: is not a folder", f"1 problem(s) in {file}. Nothing was loaded.")


def test_every_problem_of_a_malformed_pack_names_file_line_and_field(tmp_path: Path) -> None:
    write_pack(tmp_path)
    (tmp_path / "pack.yaml").write_text(FILES["pack.yaml"].replace("duration_minutes: 20", "duration_minutes: long"))
    (tmp_path / "probes.yaml").write_text("probes: [\n")
    problems, closing = refused(tmp_path)
    assert problems.splitlines()[0].startswith("pack.yaml:8: duration_minutes:")
    assert any(line.startswith("probes.yaml:2: is not valid YAML") for line in problems.splitlines())
    assert closing == f"{len(problems.splitlines())} problem(s) in {tmp_path}. Nothing was loaded."
    assert PackRelease.objects.count() == 0


@pytest.mark.parametrize("arguments", [(), ("load",), ("publish", "here")])
def test_without_an_action_or_a_folder_nothing_runs(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"required|invalid choice"):
        call_command("packs", *arguments)


def test_a_new_pack_is_written_once(tmp_path: Path) -> None:
    out = StringIO()
    call_command("packs", "new", "egg-race", "--into", str(tmp_path), stdout=out)
    assert 'title: "Egg race"\n' in (tmp_path / "egg-race" / "pack.yaml").read_text()
    for slug, expected in (("egg-race", "exists already"), ("Egg Race", "is no slug")):
        with pytest.raises(CommandError, match=expected):
            call_command("packs", "new", slug, "--into", str(tmp_path))


def test_lint_exits_with_an_error_and_tells_scripts(tmp_path: Path) -> None:
    folder = write_pack(tmp_path)
    (folder / "quests/nest/body.md").write_text("<script>\n")
    out = StringIO()
    with pytest.raises(CommandError, match="1 error"):
        call_command("packs", "lint", str(folder), "--json", stdout=out)
    told = {problem["severity"]: problem for problem in json.loads(out.getvalue())}
    assert told["error"]["file"] == "quests/nest/body.md"
    assert told["warning"]["file"] == "quests/nest/quest.yaml"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("selftest", "--aws"), "AWS_MODE=aws"),
        (("selftest", "--quest", "moon"), "no quest 'moon'. It has: nest, hatch"),
        (("try", "--quest", "moon"), "no quest 'moon'"),
        (("try", "--quest", "nest", "--attempt", "luck"), "no attempt 'luck'. There are: solution"),
        (("try", "--quest", "nest", "--input", "endpoint"), "NAME=VALUE"),
    ],
)
def test_wrong_words_are_told_before_anything_is_leased(
    tmp_path: Path, arguments: tuple[str, ...], expected: str
) -> None:
    action, *rest = arguments
    with pytest.raises(CommandError, match=expected):
        call_command("packs", action, str(write_pack(tmp_path)), *rest)
    assert not Lease.objects.exists()


def test_try_shows_the_page_and_the_verdicts_once_and_sweeps(tmp_path: Path) -> None:
    folder = start_pack(slug="egg-race", into=tmp_path)
    out = StringIO()
    call_command(
        "packs", "try", str(folder), "--quest", "patient-inbox", "--attempt", "still-hurried", "--once", stdout=out
    )
    lines = out.getvalue().splitlines()
    outcomes = {line.split("\t")[0]: line.split("\t")[1][:4] for line in lines if "inbox-" in line and "\t" in line}
    assert {slug: outcomes[slug] for slug in ("patience", "memory")} == {"patience": "fail", "memory": "pass"}
    assert any(line.startswith("page\tfile://") for line in lines)
    assert Lease.objects.get().state == LeaseState.ENDED


def test_adopting_shows_the_difference_and_needs_a_reason(now: datetime, open_event: Event, tmp_path: Path) -> None:
    folder = shutil.copytree(FIRST_FLIGHT, tmp_path / "first-flight")
    edit(folder, "pack.yaml", "version: 1.", "version: 9.")
    edit(folder, "probes.yaml", "Port 22 still answers", "Port 22 answers")
    fixed = load_pack(now=now, folder=folder)[0].version
    before = open_event.release.version

    def adopt(*arguments: str) -> list[str]:
        out = StringIO()
        call_command("packs", "adopt", open_event.slug, *arguments, stdout=out)
        return out.getvalue().splitlines()

    for arguments, expected in (
        (("5.0.0",), f"no release '5.0.0'. Loaded are: {before}, {fixed}"),
        ((fixed,), "--reason"),
        ((before, "--dry-run"), "plays this release already"),
    ):
        with pytest.raises(CommandError, match=expected):
            adopt(*arguments)
    shown = adopt(fixed, "--dry-run")
    assert [line.split("\t")[:3] for line in shown] == [["changed", "check ssh-closed", "advice"]]
    open_event.refresh_from_db()
    assert open_event.release.version == before
    adopt(fixed, "--reason", "A clearer sentence")
    open_event.refresh_from_db()
    assert open_event.release.version == fixed
    assert AuditEntry.objects.filter(action="terminal.act", scope=open_event.id).count() == 1
