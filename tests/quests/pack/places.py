"""Places to play the shipped packs in: a bare simulated account, with a pack's stack and seed in it."""

from __future__ import annotations

import asyncio
import contextlib
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
import requests

from provisioning.aws.calls import json_safe, validate_call
from provisioning.aws.errors import Conflict, our_errors
from quests.enums import Outcome
from quests.pack import PackDocument, read_pack, substitute
from quests.pack.solution import Attempt, LocalService
from quests.probes import HttpEngine, ProbeContext, Verdict, check

PACKS = Path(__file__).parents[3] / "packs"
REGION = "eu-central-1"
ACCOUNT = "123456789012"
DOCUMENTS = {
    folder.name: read_pack(folder, validate_call=validate_call)
    for folder in sorted(PACKS.iterdir())
    if (folder / "pack.yaml").exists()
}


@dataclass
class Place:
    """A sandbox of one pack."""

    endpoint: str
    pack: PackDocument
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

    def prepare(self) -> None:
        """Deploy the pack into an empty account and seed it."""
        requests.post(f"{self.endpoint}/moto-api/reset", timeout=10).raise_for_status()
        stacks = self.client("cloudformation")
        stacks.create_stack(
            StackName="starter", TemplateBody=self.pack.stack_template, Capabilities=["CAPABILITY_NAMED_IAM"]
        )
        outputs = stacks.describe_stacks(StackName="starter")["Stacks"][0]["Outputs"]
        self.variables = {f"outputs.{output['OutputKey']}": output["OutputValue"] for output in outputs}
        self.variables |= {"account.id": ACCOUNT, "region": REGION, "team.seed": "a1b2c3d4e5f6"}
        self.seed()

    def seed(self) -> None:
        """Make the pack's seed calls; what is there already is as good as made, as for the platform."""
        for call in self.pack.seed:
            with contextlib.suppress(Conflict):
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
        specs = {**self.pack.readiness, **self.pack.probes}

        async def all_checks() -> list[Verdict]:
            async with HttpEngine(["127.0.0.0/8"]) as http:
                context = ProbeContext(self.variables, REGION, self.invoke, http)
                return await asyncio.gather(*(check(specs[name], context) for name in names))

        return dict(zip(names, asyncio.run(all_checks()), strict=True))

    def failing_tasks(self, slug: str) -> set[str]:
        """Return the tasks of a quest that are not done; an error of a check fails the test."""
        quest = self.pack.quest(slug)
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
                answer = self.call(call.service, call.operation, substitute(call.parameters, self.variables))
                self.variables |= call.saved_from(answer)
            for name, value in attempt.inputs.items():
                self.variables[f"inputs.{name}"] = substitute(value, self.variables)
            yield

    @contextmanager
    def _serving(self, service: LocalService) -> Iterator[str]:
        arguments = [str(substitute(argument, self.variables)) for argument in service.arguments]
        process = subprocess.Popen(
            [sys.executable, str(PACKS / self.pack.pack.slug / service.file), *arguments, "--port", "0"],
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
