"""`manage.py` without a database says so in a sentence; what it does with one is tested beside each command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
NOBODY_LISTENS = "postgres://labs:labs@127.0.0.1:1/labs"
COMMANDS = (
    ("packs", "load", str(CHECKOUT / "packs" / "first-flight")),
    ("scores", "rebuild", "first-flight-rehearsal"),
    ("demo",),
)


def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "labs.settings.test", "DATABASE_URL": NOBODY_LISTENS},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_command_without_its_database_says_so_and_fails(command: tuple[str, ...]) -> None:
    ran = manage(*command)
    assert ran.returncode == 1
    assert ran.stderr.startswith("The database does not answer, so the command did not finish: connection failed")
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_every_command_shows_examples_in_its_help(command: tuple[str, ...]) -> None:
    ran = manage(*command[:2], "--help")
    assert ran.returncode == 0
    _usage, found, examples = ran.stdout.partition("examples:\n")
    assert found
    assert f"  manage.py {' '.join(command[:2])}" in examples


def test_a_traceback_is_for_those_who_ask() -> None:
    assert "Traceback" in manage("demo", "--traceback").stderr
