"""Rehearsing a pack in a sandbox of its own: lease one, do what a player would, judge, and give it back clean."""

import asyncio
import os
import re
import selectors
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from provisioning.domain.access import credentials_for_person
from provisioning.domain.extra_stacks import create_extra_stack
from provisioning.domain.inventories import standing
from provisioning.domain.invocations import invoke_as_participant, invoke_as_platform
from provisioning.domain.leases import end_lease, request_lease
from provisioning.domain.placeholders import variables as lease_variables
from provisioning.enums import OPEN_LEASE_STATES, ExtraStackState, LeaseState
from provisioning.models import Blueprint, Lease
from quests.domain.ownership import ownership_of
from quests.enums import Outcome
from quests.pack import PackDocument, ProbeSpec, substitute
from quests.pack.quest import Input
from quests.pack.solution import Attempt, LocalService
from quests.probes import AwsEngine, HttpEngine, ProbeContext, Verdict, check

Clock = Callable[[], datetime]

# Longer than any rehearsal on AWS; a killed one's sandbox is swept when it is over.
LASTS = timedelta(hours=4)
# A readiness probe of a pack that is being written fails for good; after so many looks it is the pack's fault.
MOST_TRIES = 4
_GREETING_SECONDS = 20.0
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
_INHERITED = ("PATH", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "NO_PROXY", "no_proxy")


class NotRehearsed(Exception):
    """The pack could not be brought so far that its checks say anything; the message tells where it ended."""


@dataclass(frozen=True)
class TaskResult:
    """Whether a task's checks pass, and the verdict that speaks for it: the first that does not, else the last."""

    slug: str
    probe: str
    verdict: Verdict

    @property
    def passed(self) -> bool:
        """Whether the task is done."""
        return self.verdict.outcome is Outcome.PASS


def lease_for(*, now: datetime, blueprint: Blueprint) -> Lease:
    """Ask for a sandbox that belongs to no event and no team."""
    return request_lease(
        now=now,
        holder=uuid.uuid4(),
        scope=uuid.uuid4(),
        blueprint=blueprint,
        access_starts_at=now,
        ends_at=now + LASTS,
    )


def give_back(*, now: datetime, lease: Lease) -> Lease:
    """Begin the end of a rehearsal's sandbox."""
    return end_lease(now=now, lease=lease, reason="the rehearsal of its pack is over")


def is_ready(lease: Lease) -> bool:
    """Tell whether the sandbox can be used; raises NotRehearsed when it will not get there."""
    if lease.state in OPEN_LEASE_STATES:
        return True
    if lease.state in (LeaseState.ENDING, LeaseState.ENDED, LeaseState.FAILED):
        raise NotRehearsed(f"The sandbox did not become ready: {lease.error or lease.reason}.")
    if lease.attempts >= MOST_TRIES:
        raise NotRehearsed(f"The sandbox does not become ready, at the step “{lease.step}”: {lease.error}")
    return False


def has_stack_of(lease: Lease, *, quest: str, now: datetime) -> bool:
    """Tell whether the quest's own stack stands, if it has one; one that is made at unlock is asked for.

    Raises NotRehearsed when it could not be made.
    """
    stack = lease.extra_stacks.get(quest)
    if stack is None or stack["state"] == ExtraStackState.STANDING:
        return True
    if stack["said"]:
        raise NotRehearsed(f"The quest's own stack could not be made: {stack['said']}")
    if not is_ready(lease):
        return False
    create_extra_stack(now=now, lease=lease, name=quest)
    return False


def is_over(lease: Lease) -> bool:
    """Tell whether the sandbox has ended with its account proven clean; raises NotRehearsed when it was not clean."""
    if lease.state == LeaseState.FAILED:
        raise NotRehearsed(f"The sandbox failed: {lease.error or lease.reason}.")
    if lease.state != LeaseState.ENDED:
        return False
    if lease.account is None:
        return True  # It never got one.
    certificate = lease.account.certificates.filter(at__range=(lease.created_at, lease.state_since)).first()
    if certificate is None or not certificate.is_clean:
        left = ", ".join(certificate.leftovers) if certificate else lease.account.reason
        raise NotRehearsed(f"The account {lease.account} was not proven clean afterwards: {left}.")
    return True


@dataclass
class Stage:
    """A ready sandbox with the pack in it, one imagined player, and what the player has handed in."""

    folder: Path
    document: PackDocument
    lease: Lease
    clock: Clock
    person: uuid.UUID = field(default_factory=uuid.uuid4)
    variables: dict[str, object] = field(default_factory=dict)
    served: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.variables = {**lease_variables(self.lease)}

    @property
    def region(self) -> str:
        """Where the sandbox's stack stands."""
        return str(self.lease.blueprint.regions[0])

    @contextmanager
    def attempted(self, attempt: Attempt) -> Iterator[None]:
        """Do what a player does, with a player's rights; a service runs until the block ends."""
        with self._served(attempt.service):
            for call in attempt.calls:
                parameters: Any = substitute(call.parameters, self.variables)
                answer = invoke_as_participant(
                    now=self.clock(),
                    lease=self.lease,
                    person=self.person,
                    service=call.service,
                    operation=call.operation,
                    parameters=parameters,
                )
                self.variables |= call.saved_from(answer)
            for name, value in attempt.inputs.items():
                self.variables[f"inputs.{name}"] = substitute(value, self.variables)
            yield

    def judge(self, quest_slug: str) -> list[TaskResult]:
        """Run the quest's checks and return each task's result, in the tasks' order."""
        quest = self.document.quest(quest_slug)
        names = sorted({name for task in quest.tasks for name in task.checks})
        verdicts = asyncio.run(self._verdicts(names, quest.inputs))
        results = []
        for task in quest.tasks:
            speaks = next((name for name in task.checks if verdicts[name].outcome is not Outcome.PASS), task.checks[-1])
            results.append(TaskResult(task.slug, speaks, verdicts[speaks]))
        return results

    async def _verdicts(self, names: list[str], inputs: Sequence[Input]) -> dict[str, Verdict]:
        engine = AwsEngine(min(len(names), settings.PROBE_AWS_THREADS))

        async def invoke(service: str, operation: str, parameters: dict[str, Any], region: str) -> Mapping[str, Any]:
            return await engine.call(invoke_as_platform, self.lease, service, operation, parameters, region)

        async def one(probe: ProbeSpec) -> Verdict:
            return await check(probe, context)

        try:
            async with HttpEngine(settings.PROBE_ALLOWED_NETWORKS, settings.PROBE_FORBIDDEN_PORTS) as http:
                context = ProbeContext(
                    self.variables,
                    self.region,
                    invoke,
                    http,
                    input_labels={given.name: given.label for given in inputs},
                    owned_inputs=frozenset(given.name for given in inputs if given.owned_by == "account"),
                    owns=partial(engine.call, partial(ownership_of, registered=self.served), self.lease),
                    standing=partial(engine.call, standing, self.lease),
                )
                found = await asyncio.gather(*(one(self.document.probes[name]) for name in names))
        finally:
            engine.close()
        return dict(zip(names, found, strict=True))

    @contextmanager
    def _served(self, service: LocalService | None) -> Iterator[None]:
        if service is None:
            yield
            return
        arguments = [str(substitute(argument, self.variables)) for argument in service.arguments]
        with tempfile.TemporaryFile() as complaints:
            process = subprocess.Popen(
                [sys.executable, str(self.folder / service.file), *arguments, "--port", "0"],
                # Nothing that the platform knows.
                env={**{name: os.environ[name] for name in _INHERITED if name in os.environ}, **self.players_keys()},
                stdout=subprocess.PIPE,
                # A file never fills up, as a pipe that nobody reads would.
                stderr=complaints,
            )
            try:
                address = _address(process, service.file, complaints)
                self.variables["service.url"] = address
                self.served.add(address.removeprefix("http://"))
                yield
            finally:
                self.served.clear()
                process.kill()
                process.communicate()

    def players_keys(self) -> dict[str, str]:
        """Return what a player's shell has: the team's credentials, short-lived, and where AWS is."""
        keys = credentials_for_person(now=self.clock(), lease=self.lease, person=self.person)
        endpoint = {"AWS_ENDPOINT_URL": settings.PUBLIC_AWS_ENDPOINT_URL} if settings.AWS_MODE == "simulator" else {}
        return {
            **endpoint,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
            "AWS_SESSION_TOKEN": keys.token,
        }


def _address(process: "subprocess.Popen[bytes]", file: str, complaints: IO[bytes]) -> str:
    """Return the address that a service names when it listens, or raise NotRehearsed with what it said instead."""
    assert process.stdout is not None
    said = b""
    deadline = time.monotonic() + _GREETING_SECONDS
    with selectors.DefaultSelector() as output:
        output.register(process.stdout, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0 and output.select(left):
            part = os.read(process.stdout.fileno(), 4096)
            said += part
            if found := _ADDRESS.search(said.decode(errors="replace")):
                return found[0]
            if not part:
                break
    complaints.seek(0)
    words = (said + complaints.read()).decode(errors="replace").strip()[-400:] or "nothing"
    raise NotRehearsed(f"{file} did not say at which http://127.0.0.1:PORT it listens; it said: {words}")
