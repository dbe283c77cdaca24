"""One command with services of its own: an author's CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
_OURS = ("AWS_", "DATABASE_URL", "DJANGO_", "EMAIL_", "GATE_", "PUBLIC_", "REDIS_", "SECRET_KEY", "SIMULATOR_")


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `python -m labs.local run …` as in a fresh terminal."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    command = [sys.executable, "-m", "labs.local", "run", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)


def test_without_a_command_it_says_what_is_missing() -> None:
    ended = run()
    assert ended.returncode == 2
    assert "say which manage.py command to run" in ended.stderr


@pytest.mark.services
def test_the_command_finds_a_migrated_database_and_its_status_is_ours() -> None:
    # The pack is registered in the database before its quests are looked for.
    ended = run("packs", "selftest", "packs/first-flight", "--quest", "moon")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "The pack has no quest 'moon'. It has: open-nest, lost-letters" in ended.stderr
