"""First flight is played for real: every flaw is there, every task fails, is solved, and rejects its near misses."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

from provisioning.aws.calls import json_safe, validate_call
from provisioning.aws.errors import our_errors
from quests.enums import Outcome
from quests.pack import PackDocument, read_pack, substitute
from quests.pack.solution import Attempt, LocalService
from quests.probes import HttpEngine, ProbeContext, Verdict, check

FOLDER = Path(__file__).parents[3] / "packs" / "first-flight"
REGION = "eu-central-1"
ACCOUNT = "123456789012"
PACK = read_pack(FOLDER, validate_call=validate_call)
QUESTS = [quest.slug for quest in PACK.quests]
NEAR_MISSES = [(slug, name) for slug, solution in PACK.solutions.items() for name in solution.near_misses]


@dataclass
class Place:
    """A sandbox with the pack's stack and seed in it."""

    endpoint: str
    variables: dict[str, object] = field(default_factory=dict)

    @property
    def credentials(self) -> dict[str, str]:
        """The environment of a player's terminal."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "AKIAPLAYERPLAYERPLAY",
            "AWS_SECRET_ACCESS_KEY": "a-player-in-a-test",
        }

    def client(self, service: str) -> Any:
        """Return a client of the player's."""
        given = self.credentials
        connect: Any = boto3.client
        return connect(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
        )

    def prepare(self, pack: PackDocument) -> None:
        """Deploy the pack into an empty account and seed it."""
        requests.post(f"{self.endpoint}/moto-api/reset", timeout=10).raise_for_status()
        stacks = self.client("cloudformation")
        stacks.create_stack(StackName="first-flight", TemplateBody=pack.stack_template)
        outputs = stacks.describe_stacks(StackName="first-flight")["Stacks"][0]["Outputs"]
        self.variables = {f"outputs.{output['OutputKey']}": output["OutputValue"] for output in outputs}
        self.variables |= {"account.id": ACCOUNT, "region": REGION, "team.seed": "a1b2c3d4e5f6"}
        for call in pack.seed:
            self.call(call.service, call.operation, substitute(call.parameters, self.variables))

    def call(self, service: str, operation: str, parameters: Any) -> dict[str, Any]:
        """Make a call as the player."""
        with our_errors(operation):
            answer: dict[str, Any] = json_safe(getattr(self.client(service), operation)(**parameters))
        return answer

    async def invoke(self, service: str, operation: str, parameters: dict[str, Any], region: str) -> Mapping[str, Any]:
        """Make a call for a probe."""
        return await asyncio.to_thread(self.call, service, operation, parameters)

    def judge(self, names: list[str]) -> dict[str, Verdict]:
        """Return the verdicts of readiness probes and probes by name."""
        specs = {**PACK.readiness, **PACK.probes}

        async def all_checks() -> list[Verdict]:
            async with HttpEngine(["127.0.0.0/8"]) as http:
                context = ProbeContext(self.variables, REGION, self.invoke, http)
                return await asyncio.gather(*(check(specs[name], context) for name in names))

        return dict(zip(names, asyncio.run(all_checks()), strict=True))

    def failing_tasks(self, slug: str) -> set[str]:
        """Return the tasks of a quest that are not done; an error of a check fails the test."""
        quest = PACK.quest(slug)
        verdicts = self.judge(sorted({name for task in quest.tasks for name in task.checks}))
        broken = {name: verdict for name, verdict in verdicts.items() if verdict.outcome is Outcome.ERROR}
        assert broken == {}
        return {
            task.slug for task in quest.tasks if any(verdicts[name].outcome is not Outcome.PASS for name in task.checks)
        }

    @contextmanager
    def attempted(self, attempt: Attempt) -> Iterator[None]:
        """Do what a player does; a service runs until the block ends."""
        with ExitStack() as running:
            if attempt.service:
                self.variables["service.url"] = running.enter_context(self._serving(attempt.service))
            for call in attempt.calls:
                self.call(call.service, call.operation, substitute(call.parameters, self.variables))
            for name, value in attempt.inputs.items():
                self.variables[f"inputs.{name}"] = substitute(value, self.variables)
            yield

    @contextmanager
    def _serving(self, service: LocalService) -> Iterator[str]:
        arguments = [str(substitute(argument, self.variables)) for argument in service.arguments]
        process = subprocess.Popen(
            [sys.executable, str(FOLDER / service.file), *arguments, "--port", "0"],
            env={**os.environ, **self.credentials},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdout
            greeting = process.stdout.readline()
            address = re.search(r"http://127\.0\.0\.1:\d+", greeting)
            assert address, greeting
            yield address[0]
        finally:
            process.terminate()
            process.communicate(timeout=10)


@pytest.fixture(scope="module")
def simulator() -> Iterator[str]:
    """A moto server of this module's own: what is tested here is the pack, not the gate."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def place(simulator: str) -> Place:
    """A place as a team gets it."""
    place = Place(simulator)
    place.prepare(PACK)
    return place


def test_it_has_five_quests_of_rising_difficulty_within_its_time() -> None:
    difficulties = [quest.difficulty for quest in PACK.quests]
    assert len(difficulties) == 5
    assert difficulties == sorted(difficulties)
    assert sum(quest.expected_minutes for quest in PACK.quests) <= PACK.pack.duration_minutes


def test_every_quest_has_priced_hints_and_a_solution() -> None:
    assert all(len(quest.hints) >= 2 and all(hint.cost_percent for hint in quest.hints) for quest in PACK.quests)
    assert set(PACK.solutions) == set(QUESTS)
    assert all(PACK.solutions[slug].near_misses for slug in QUESTS)


@pytest.mark.services
def test_every_flaw_is_present_before_the_start(place: Place) -> None:
    verdicts = place.judge(list(PACK.readiness))
    assert {name: verdict.outcome for name, verdict in verdicts.items()} == dict.fromkeys(PACK.readiness, Outcome.PASS)


@pytest.mark.services
def test_seeding_twice_changes_nothing(place: Place) -> None:
    for call in PACK.seed:
        place.call(call.service, call.operation, substitute(call.parameters, place.variables))
    assert place.call("dynamodb", "scan", {"TableName": "rentals"})["Count"] == 8
    assert place.call("dynamodb", "scan", {"TableName": "products"})["Count"] == 2


@pytest.mark.services
@pytest.mark.parametrize("slug", QUESTS)
def test_a_quest_fails_at_first_and_passes_when_solved(place: Place, slug: str) -> None:
    assert place.failing_tasks(slug) == {task.slug for task in PACK.quest(slug).tasks}
    with place.attempted(PACK.solutions[slug].solve):
        assert place.failing_tasks(slug) == set()


@pytest.mark.services
@pytest.mark.parametrize(("slug", "name"), NEAR_MISSES)
def test_a_near_miss_fails_exactly_its_task(place: Place, slug: str, name: str) -> None:
    near_miss = PACK.solutions[slug].near_misses[name]
    with place.attempted(near_miss):
        assert place.failing_tasks(slug) == {near_miss.rejected_by}


@pytest.mark.services
@pytest.mark.parametrize("slug", QUESTS)
def test_prepared_calls_run_and_solve_nothing_but_the_first_task(place: Place, slug: str) -> None:
    quest = PACK.quest(slug)
    for call in quest.workbench:
        if call.label not in {"Set failing letters aside", "Change the status of a rental"}:
            place.call(call.service, call.operation, substitute(call.parameters, place.variables))
    solved = {task.slug for task in quest.tasks} - place.failing_tasks(slug)
    assert solved == ({"close-ssh"} if slug == "open-nest" else set())
