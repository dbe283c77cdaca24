"""The storm itself, from the first request to the calm in which everything is counted."""

import random
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection
from django.db.models import F
from django.utils import timezone

from labs.local.children import GATE
from provisioning.aws import sessions
from provisioning.aws.errors import AwsError
from provisioning.aws.sessions import platform_session
from provisioning.aws.stacks import LEASE_TAG
from provisioning.domain import leases, simulator
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, Lease, LeaseMove
from tests.provisioning import findings, sandboxes
from tests.provisioning.storm.stack import StormStack
from tests.provisioning.storm.weather import Deaths, Weather

OVER = (LeaseState.ENDED, LeaseState.FAILED)
LOOK_EVERY_SECONDS = 0.25
# One attempt makes some 900 calls when nothing goes wrong, most of them in complete looks at an account. In a storm a
# look is repeated until every listing in it has succeeded.
CALLS_PER_ATTEMPT = 1800
Answer = TypeVar("Answer")


class StormFailed(Exception):
    """What must hold does not; the message says what."""


class Storm:
    """N teams under one seed."""

    def __init__(self, stack: StormStack, *, teams: int, seed: int, seconds: float) -> None:
        self._stack = stack
        self._teams = teams
        self._lots = random.Random(seed)
        self._began = time.monotonic()
        self._deadline = self._began + seconds
        self._weather = Weather(stack.env["SIMULATOR_ENDPOINT_URL"], stack.env["GATE_FAULTS_TOKEN"], seed=seed)
        self._patience = 60 + 6 * teams
        self._deaths = Deaths(seed=seed, times=3 + teams // 2, seconds=20 + 2 * teams, kill=stack.kill)
        self._seen_active: set[uuid.UUID] = set()
        self._strange: list[str] = []

    def run(self) -> list[str]:
        """Run the storm; return lines about what happened, or raise StormFailed."""
        self._weather.begin()
        requested = [self._request() for _ in range(self._teams)]
        self._say("requested")
        self._until(lambda: 2 * len(self._seen_active) >= self._teams, at_most=self._patience)
        self._say(f"{len(self._seen_active)} of {self._teams} have been active; the simulator restarts")
        lost = self._restart_the_simulator()
        self._say(f"{len(lost)} leases have lost what they had")
        self._end_some(requested, share=4)
        self._until(lambda: self._all_over() and self._deaths.are_over, at_most=self._patience, ending=True)
        self._say("the faults stop")
        self._weather.end()
        for lease in requested:
            self._patiently(lambda each=lease: leases.end_lease(now=timezone.now(), lease=each, reason="closing time"))
        self._until(self._is_calm, ending=True, hurry=True)
        self._say("calm")
        return self._judge(lost)

    def _request(self) -> Lease:
        holder = uuid.UUID(int=self._lots.getrandbits(128))
        return self._patiently(lambda: sandboxes.request(holder=holder))

    def _restart_the_simulator(self) -> set[uuid.UUID]:
        """Kill the gate; return the leases that had something to lose."""
        self._weather.count()
        self._stack.kill(GATE)
        running = {LeaseState.RESERVED, LeaseState.PROVISIONING, LeaseState.READY, LeaseState.ACTIVE}
        lost = set(self._patiently(lambda: list(Lease.objects.filter(state__in=running).values_list("pk", flat=True))))
        self._stack.wait_for_a_new_gate()
        self._weather.begin()
        sessions.forget()
        self._seen_active.clear()
        return lost

    def _end_some(self, requested: list[Lease], *, share: int) -> None:
        """End one in `share` wherever it is, half made."""
        for lease in self._lots.sample(requested, max(1, len(requested) // share)):
            self._patiently(lambda each=lease: leases.end_lease(now=timezone.now(), lease=each, reason="changed plans"))

    def _until(
        self, reached: Callable[[], bool], *, at_most: float = 600, ending: bool = False, hurry: bool = False
    ) -> None:
        """Let time pass until a condition holds, or for a while; past the storm's deadline it is a failure."""
        enough = time.monotonic() + at_most
        while not self._patiently(reached) and time.monotonic() < enough:
            if time.monotonic() > self._deadline:
                raise StormFailed(f"not over in time: {self._patiently(sandboxes.describe)}")
            self._deaths.strike(time.monotonic() - self._began)
            self._patiently(lambda: self._visit(ending=ending))
            if hurry:
                self._patiently(_let_waiting_rows_be_due)
            time.sleep(LOOK_EVERY_SECONDS)

    def _visit(self, *, ending: bool) -> None:
        """Look into every sandbox that has opened, use it, and end it if it is time."""
        for lease in Lease.objects.select_related("account").filter(state=LeaseState.ACTIVE):
            if lease.pk not in self._seen_active:
                self._use(lease)
                self._seen_active.add(lease.pk)
            if ending:
                leases.end_lease(now=timezone.now(), lease=lease, reason="played")

    def _use(self, lease: Lease) -> None:
        assert lease.account is not None
        try:
            session = platform_session(str(lease.account.account_id))
            stacks = session.items("cloudformation", "describe_stacks", "Stacks[]")
            mine = [each for each in stacks if any(tag["Key"] == LEASE_TAG for tag in each["Tags"])]
            if len(mine) != 1:
                self._strange.append(f"{lease} was opened with {len(mine)} stacks")
            session.call("sqs", "create_queue", QueueName="theirs")
            bucket = f"theirs-{lease.account.account_id}"
            session.call("s3", "create_bucket", Bucket=bucket)
            session.call("s3", "put_object", Bucket=bucket, Key="object", Body=b"one")
        except AwsError:
            return  # A player would try again; here it is enough that most get through.

    def _all_over(self) -> bool:
        return not Lease.objects.exclude(state__in=OVER).exists()

    def _is_calm(self) -> bool:
        moving = Account.objects.exclude(state__in=findings.SETTLED).exists()
        return self._all_over() and not moving

    def _judge(self, lost: set[uuid.UUID]) -> list[str]:
        found = [*self._strange, *self._patiently(_all_findings)]
        afresh = set(LeaseMove.objects.filter(reason=simulator.REASON).values_list("lease", flat=True))
        found += [f"lease {each} did not notice that the simulator restarted" for each in sorted(lost - afresh)]
        attempts = findings.attempts()
        calls, injected = self._weather.calls.total(), self._weather.injected.total()
        if calls > CALLS_PER_ATTEMPT * attempts:
            found.append(f"{calls} calls for {attempts} attempts: more than {CALLS_PER_ATTEMPT} each")
        if injected < 0.25 * calls:
            found.append(f"only {injected} of {calls} calls went wrong")
        lines = [
            f"{self._teams} teams, {attempts} attempts, {calls} calls ({calls / attempts:.0f} per attempt)",
            f"{injected} faults ({injected / calls:.0%}): {_counts(self._weather.injected)}",
            f"killed: {_counts(self._deaths.killed)}, {GATE} 1",
            f"leases: {_counts(Counter(Lease.objects.values_list('state', flat=True)))}",
            f"accounts: {_counts(Counter(Account.objects.values_list('state', flat=True)))}",
        ]
        lines += sorted(set(Account.objects.filter(state=AccountState.QUARANTINED).values_list("reason", flat=True)))
        if found:
            raise StormFailed("\n".join([*found, *lines]))
        return lines

    def _patiently(self, ask: Callable[[], Answer]) -> Answer:
        """Ask the database, again and again while it is away."""
        while True:
            try:
                return ask()
            except (OperationalError, InterfaceError):
                connection.close()
                if time.monotonic() > self._deadline:
                    raise
                time.sleep(LOOK_EVERY_SECONDS)

    def _say(self, what: str) -> None:
        print(f"{time.monotonic() - self._began:5.1f} s  {what}", flush=True)


def _all_findings() -> list[str]:
    checks = (
        findings.leases_are_over,
        findings.accounts_are_settled,
        findings.nothing_leaked,
        findings.stacks_are_single,
        findings.journal_holds,
        findings.holds_are_apart,
    )
    return [finding for check in checks for finding in check()]


def _let_waiting_rows_be_due() -> None:
    """Let the time pass that rows wait after failed tries; up to a minute each, and nothing happens in it."""
    now = timezone.now()
    waiting = {"due_at__gt": now, "due_at__lt": now + timedelta(minutes=2)}
    Lease.objects.filter(**waiting).update(due_at=now)
    Account.objects.filter(**waiting, attempts__gt=0).update(due_at=now, version=F("version"))


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counted.items()))
