"""stack.env comes back as it was written, for Python and for a shell, and for the owner's eyes only."""

import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labs.local.environment import platform_environment, read_stack_env, write_stack_env

AWKWARD = {"EMAIL_URL": "filemail:///a b/it's $HOME/`x`", "EMPTY": "", "DATABASE_URL": "postgres://u:p%40=#@h:1/d"}


def test_variables_survive_the_file(tmp_path: Path) -> None:
    write_stack_env(tmp_path / "stack.env", AWKWARD)
    assert read_stack_env(tmp_path / "stack.env") == AWKWARD


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.from_regex(r"[A-Z_]{1,8}", fullmatch=True), st.text(st.characters(codec="utf-8"))))
def test_any_text_survives_the_file_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, variables: dict[str, str]
) -> None:
    path = tmp_path_factory.mktemp("stack") / "stack.env"
    try:
        write_stack_env(path, variables)
    except ValueError as refusal:
        assert any("\0" in value or "".join(value.splitlines()) != value for value in variables.values()), refusal
        assert not path.exists()
    else:
        assert read_stack_env(path) == variables


def test_a_shell_reads_the_same(tmp_path: Path) -> None:
    write_stack_env(tmp_path / "stack.env", AWKWARD)
    script = '. ./stack.env; printf %s "$EMAIL_URL"'
    answer = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert answer == AWKWARD["EMAIL_URL"]


def test_only_the_owner_reads_the_file_even_when_it_replaces_an_open_one(tmp_path: Path) -> None:
    path = tmp_path / "stack.env"
    path.write_text("OLD=1\n")
    path.chmod(0o644)
    write_stack_env(path, {"NEW": "2"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_stack_env(path) == {"NEW": "2"}
    assert [item.name for item in tmp_path.iterdir()] == ["stack.env"]


def test_an_absent_file_has_no_variables(tmp_path: Path) -> None:
    assert read_stack_env(tmp_path / "stack.env") == {}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("no equals sign", "expected NAME=value"),
        ("A B=1", "expected NAME=value"),
        ("A=1 2", "expected NAME=value"),
        ("=1", "expected NAME=value"),
        ("A='open", "No closing quotation"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "stack.env"
    path.write_text(f"# written by hand\nGOOD=1\n{line}\n")
    with pytest.raises(ValueError, match=f"stack.env, line 3: {reason}"):
        read_stack_env(path)


def test_children_do_not_inherit_what_would_lead_them_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "PGHOST", "DATABASE_URL"):
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("NO_PROXY", "intranet.example.com")
    environment = platform_environment({"DATABASE_URL": "here", "AWS_MODE": "simulator"})
    assert {name: value for name, value in environment.items() if name.startswith(("AWS_", "PG", "DATABASE"))} == {
        "DATABASE_URL": "here",
        "AWS_MODE": "simulator",
    }
    assert environment["NO_PROXY"] == "intranet.example.com,127.0.0.1,localhost"
