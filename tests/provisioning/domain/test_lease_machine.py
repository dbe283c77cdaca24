"""Whatever happens to leases, in whatever order, the machine keeps its promises: random walks on the real services."""

import os
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from provisioning.aws import clients, sessions
from provisioning.aws.errors import AwsError
from provisioning.aws.sessions import platform_session
from provisioning.domain import accounts, advance, claims, leases, simulator, work
from provisioning.domain.work import Work
from provisioning.enums import LIVE_LEASE_STATES, OPEN_LEASE_STATES, AccountState, LeaseState
from provisioning.models import Account, CleanCertificate, Lease
from tests.faults import Faults
from tests.provisioning import findings, sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]

HOLDERS = [uuid.UUID(int=number) for number in range(3)]
BURST = ("throttle", "error", "unavailable", "lost", "lost_error", "expired", "slow", "partial", "email_taken")
WITH_AN_ACCOUNT = [state for state in LIVE_LEASE_STATES if state != LeaseState.REQUESTED]
kinds = st.lists(st.sampled_from(BURST), min_size=1, max_size=4, unique=True)
which = st.integers(min_value=0, max_value=9)


class Died(Exception):
    """The worker is no more; what it was about to write is lost."""


class LeaseMachine(RuleBasedStateMachine):
    """Three teams ask, wait, end and extend while messages, workers, AWS and the simulator misbehave.

    A new way in which a lease can be moved is one more rule; a new state, a line in `lives_go_on`.
    """

    faults: ClassVar[Faults]
    done: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self._transaction = transaction.atomic()
        self._transaction.__enter__()  # Each walk begins with an empty database, and leaves one.
        self.machine = Machine()
        self.versions: dict[Any, int] = {}
        self.messages: list[Work] = []
        sessions.forget()
        self.faults.clear()
        simulator.adopt(now=self.machine.clock(), generation=str(uuid.uuid4()))
        self.blueprint = sandboxes.blueprint()

    @initialize(open_ones=st.integers(min_value=0, max_value=2), kinds=kinds, lots=st.integers(0, 99))
    def some_are_open(self, open_ones: int, kinds: list[str], lots: int) -> None:
        """Begin with up to two open sandboxes, in any weather."""
        for holder in HOLDERS[:open_ones]:
            self.request(holder)
            self.machine.until(lambda: not Lease.objects.exclude(state=LeaseState.ACTIVE).exists())
        for number in range(open_ones):
            self.play(number, "one")
        self.faults_burst(kinds, lots)

    # What people do

    @rule(holder=st.sampled_from(HOLDERS))
    def request(self, holder: uuid.UUID) -> None:
        now = self.machine.clock()
        asked = leases.request_lease(
            now=now,
            holder=holder,
            scope=uuid.uuid4(),
            blueprint=self.blueprint,
            access_starts_at=now,
            ends_at=now + timedelta(hours=2),
        )
        again = leases.request_lease(
            now=now,
            holder=holder,
            scope=uuid.uuid4(),
            blueprint=self.blueprint,
            access_starts_at=now,
            ends_at=now + timedelta(hours=2),
        )
        assert asked == again

    @precondition(lambda self: Lease.objects.exists())
    @rule(number=which)
    def end(self, number: int) -> None:
        lease = leases.end_lease(
            now=self.machine.clock(), lease=_pick(Lease.objects.all(), number), reason="changed plans"
        )
        assert lease.state in leases.OVER

    @precondition(lambda self: Lease.objects.exists())
    @rule(number=which, hours=st.integers(min_value=1, max_value=5))
    def extend(self, number: int, hours: int) -> None:
        lease, now = _pick(Lease.objects.all(), number), self.machine.clock()
        try:
            leases.extend_lease(now=now, lease=lease, ends_at=max(now, lease.ends_at) + timedelta(hours=hours))
        except leases.UnableToLease:
            assert lease.state in leases.OVER

    @precondition(lambda self: Lease.objects.filter(state__in=OPEN_LEASE_STATES).exists())
    @rule(number=which, stop_compute=st.booleans())
    def freeze(self, number: int, stop_compute: bool) -> None:
        lease = _pick(Lease.objects.filter(state__in=OPEN_LEASE_STATES), number)
        with suppress(leases.UnableToLease):  # Its time may be over.
            leases.freeze_lease(
                now=self.machine.clock(), lease=lease, actor=None, reason="a pause", stop_compute=stop_compute
            )
            self.done["frozen"] += 1

    @precondition(lambda self: Lease.objects.filter(state=LeaseState.FROZEN).exists())
    @rule(number=which)
    def unfreeze(self, number: int) -> None:
        lease = _pick(Lease.objects.filter(state=LeaseState.FROZEN), number)
        with suppress(leases.UnableToLease):
            leases.unfreeze_lease(now=self.machine.clock(), lease=lease, actor=None, reason="it goes on")

    @precondition(lambda self: Lease.objects.filter(state=LeaseState.ACTIVE).exists())
    @rule(number=which, name=st.sampled_from(["one", "two"]))
    def play(self, number: int, name: str) -> None:
        """Leave things behind that no stack will take along."""
        lease = _pick(Lease.objects.filter(state=LeaseState.ACTIVE), number)
        assert lease.account is not None
        with suppress(AwsError):
            session = platform_session(str(lease.account.account_id))
            session.call("sqs", "create_queue", QueueName=name)
            bucket = f"{name}-{lease.account.account_id}"
            session.call("s3", "create_bucket", Bucket=bucket)
            session.call("s3", "put_object", Bucket=bucket, Key="object", Body=b"one")
            self.done["played"] += 1

    # What time and machinery do

    @rule()
    def tick(self) -> None:
        if not self.machine.turn():
            self.machine.skip_ahead()

    @rule()
    def ticks(self) -> None:
        for _ in range(4):
            self.tick()

    @rule(seconds=st.sampled_from([1, 15, 120, 3600]))
    def time_passes(self, seconds: int) -> None:
        self.machine.offset += timedelta(seconds=seconds)

    @rule(number=which)
    def one_step(self, number: int) -> None:
        """Of all messages that a tick sends one arrives, and its worker does one step."""
        row = self._take(number)
        if row is not None:
            self._advance(row)
            claims.give_back(row)

    @rule(number=which)
    def a_worker_dies_after_aws_has_answered(self, number: int) -> None:
        row = self._take(number)
        if row is not None:
            with pytest.raises(Died), transaction.atomic():
                self._advance(row)
                raise Died

    @rule(number=which)
    def somebody_intervenes_while_a_worker_acts(self, number: int) -> None:
        row = self._take(number)
        if not isinstance(row, Lease):
            return
        leases.end_lease(now=self.machine.clock(), lease=row, reason="in the middle of it")
        held = row.state not in leases.OVER
        try:
            self._advance(row)
        except claims.ClaimLost:
            held = False
        assert not held
        claims.give_back(row)

    @rule(number=which)
    def a_message_comes_twice(self, number: int) -> None:
        due = work.find(now=self.machine.clock())
        if due:
            message = due[number % len(due)]
            self.messages.append(message)
            assert self.machine.do(message) > 0
            assert self.machine.do(message) == 0

    @precondition(lambda self: self.messages)
    @rule(number=which)
    def a_message_comes_late(self, number: int) -> None:
        assert self.machine.do(self.messages[number % len(self.messages)]) == 0

    # What AWS does

    @rule(kinds=kinds, lots=st.integers(0, 99))
    def faults_burst(self, kinds: list[str], lots: int) -> None:
        self.faults.set([{"kind": kind, "probability": 0.15, "times": 30, "seed": lots} for kind in kinds])

    @rule()
    def faults_stop(self) -> None:
        self.faults.set([])

    @precondition(lambda self: Account.objects.filter(state=AccountState.LEASED).exists())
    @rule()
    def the_simulator_restarts(self) -> None:
        assert simulator.adopt(now=self.machine.clock(), generation=str(uuid.uuid4()))

    # What must always hold

    @invariant()
    def nothing_is_held_twice(self) -> None:
        live = Lease.objects.filter(state__in=LIVE_LEASE_STATES)
        held = list(live.exclude(account=None).values_list("account", flat=True))
        holders = list(live.values_list("holder", flat=True))
        assert (len(held), len(holders)) == (len(set(held)), len(set(holders)))

    @invariant()
    def lives_go_on(self) -> None:
        for lease in Lease.objects.select_related("account").filter(state__in=LIVE_LEASE_STATES):
            assert lease.due_at is not None, sandboxes.describe()
            assert (lease.account is not None) == (lease.state in WITH_AN_ACCOUNT), sandboxes.describe()
        for account in Account.objects.all():
            driven = account.leases.filter(state__in=LIVE_LEASE_STATES).exists()
            resting = account.state in findings.SETTLED
            assert driven + resting + (account.due_at is not None) == 1, sandboxes.describe()

    @invariant()
    def an_available_account_has_just_been_proven_clean(self) -> None:
        for account in Account.objects.filter(state=AccountState.AVAILABLE):
            last = CleanCertificate.objects.filter(account=account).first()
            assert last is not None and last.is_clean, sandboxes.describe()

    @invariant()
    def versions_only_grow(self) -> None:
        for row in (*Lease.objects.all(), *Account.objects.all()):
            key = type(row), row.pk
            assert row.version >= self.versions.get(key, 0)
            self.versions[key] = row.version

    def teardown(self) -> None:
        """Let everything come to rest, then look into every account."""
        try:
            self._come_to_rest()
        finally:
            transaction.set_rollback(True)
            self._transaction.__exit__(None, None, None)

    def _come_to_rest(self) -> None:
        for each in self.faults.report()["injected"]:
            self.done[each["kind"]] += each["count"]
        self.faults.clear()
        for lease in Lease.objects.all():
            leases.end_lease(now=self.machine.clock(), lease=lease, reason="over")
        self.machine.until(_is_calm)
        checks = (
            findings.leases_are_over,
            findings.accounts_are_settled,
            findings.stacks_are_single,
            findings.journal_holds,
            findings.holds_are_apart,
        )
        assert [finding for check in checks for finding in check()] == []
        self.done.update(Lease.objects.values_list("state", flat=True))

    def _take(self, number: int) -> Lease | Account | None:
        due = work.find(now=self.machine.clock())
        if not due:
            return None
        message = due[number % len(due)]
        self.messages.append(message)
        model: type[Any] = Lease if message.kind == "lease" else Account
        row: Lease | Account | None = claims.take(
            model, now=self.machine.clock(), key=message.key, version=message.version
        )
        assert row is not None
        return row

    def _advance(self, row: Lease | Account) -> None:
        if isinstance(row, Lease):
            advance.advance(now=self.machine.clock(), lease=row)
        else:
            accounts.advance(now=self.machine.clock(), account=row)


def _pick(rows: Any, number: int) -> Lease:
    ordered: list[Lease] = list(rows.order_by("created_at", "pk"))
    return ordered[number % len(ordered)]


def _is_calm() -> bool:
    moving = Account.objects.exclude(state__in=findings.SETTLED).exists()
    return not moving and not Lease.objects.filter(state__in=LIVE_LEASE_STATES).exists()


@pytest.fixture
def impatient_sdk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the SDK try once: the machine has to cope, and nobody sleeps."""
    monkeypatch.setattr(clients, "TOTAL_ATTEMPTS", 1)
    clients._made.cache_clear()
    yield
    clients._made.cache_clear()


def _walk(faults: Faults, *, examples: int, steps: int, number: int) -> None:
    print(f"lease machine: seed {number} (LEASE_MACHINE_SEED)")
    LeaseMachine.faults, LeaseMachine.done = faults, Counter()
    run_state_machine_as_test(
        seed(number)(LeaseMachine),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            print_blob=True,
            phases=[Phase.generate],  # To make a failing walk shorter takes many more walks.
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(dict(LeaseMachine.done))
    assert LeaseMachine.done["played"] > 0


@pytest.mark.usefixtures("impatient_sdk")
def test_the_machine_keeps_its_promises_on_every_walk(faults: Faults) -> None:
    _walk(faults, examples=8, steps=30, number=int(os.environ.get("LEASE_MACHINE_SEED", "1")))


@pytest.mark.soak
@pytest.mark.usefixtures("impatient_sdk")
@pytest.mark.parametrize("number", range(2, 6))
def test_the_machine_keeps_its_promises_on_many_long_walks(faults: Faults, number: int) -> None:
    _walk(faults, examples=60, steps=60, number=number)
