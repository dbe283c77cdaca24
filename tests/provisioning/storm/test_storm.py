"""Nothing leaks, doubles or gets stuck while calls fail, processes die and the simulator forgets everything."""

import os
import subprocess
import sys

import pytest

from labs.local.stack import CHECKOUT

pytestmark = pytest.mark.services


def test_six_teams_weather_a_storm() -> None:
    weather(teams=6, seed=int(os.environ.get("STORM_SEED", "2")), seconds=300)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_thirty_teams_weather_a_storm(seed: int) -> None:
    weather(teams=30, seed=seed, seconds=900)


def weather(*, teams: int, seed: int, seconds: float) -> None:
    """Run a storm in a process of its own, with settings and services of its own, and print what it says."""
    command = [sys.executable, "-m", "tests.provisioning.storm", "--teams", str(teams), "--seed", str(seed)]
    ended = subprocess.run(
        [*command, "--seconds", str(seconds)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=seconds + 120,
        check=False,
    )
    print(ended.stdout)
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
