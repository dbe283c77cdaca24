"""The deployment runs the very commands of the local stack."""

from pathlib import Path

import yaml

from labs.local.children import PLATFORM_PROCESSES
from labs.local.stack import CHECKOUT


def test_compose_runs_the_same_commands() -> None:
    services = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())["services"]
    expected = {
        process.name: list(process.command(host="0.0.0.0", port=8000, state=Path("/tmp")))
        for process in PLATFORM_PROCESSES
    }
    assert {name: services[name]["command"] for name in expected} == expected


def test_every_queue_has_a_worker() -> None:
    queues = [
        process.words[process.words.index("--queues") + 1]
        for process in PLATFORM_PROCESSES
        if "--queues" in process.words
    ]
    assert queues == ["vend,sweep", "probe", "default"]
