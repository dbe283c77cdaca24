"""What people and clocks may do to a lease, and what one holder and one account can never have twice."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django.fixtures import Settings

from accounts.models import AuditEntry
from provisioning.aws.sessions import platform_session
from provisioning.domain import leases, work
from provisioning.domain.leases import UnableToLease
from provisioning.enums import LIVE_LEASE_STATES, AccountState, LeaseState
from provisioning.models import Account, Lease
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = pytest.mark.services

OLIVE = uuid.UUID(int=0x0)


def _end_inside_aws(lease: Lease) -> str:
    assert lease.account is not None
    document = platform_session(str(lease.account.account_id)).call(
        "iam", "get_role_policy", RoleName="gameday-participant", PolicyName="access"
    )["PolicyDocument"]
    [ended] = [each for each in document["Statement"] if each["Sid"] == "Ended"]
    return str(ended["Condition"]["DateGreaterThanEquals"]["aws:CurrentTime"])


def _is_at(lease: Lease, step: str) -> Callable[[], bool]:
    def reached() -> bool:
        lease.refresh_from_db()
        return lease.step == step

    return reached


@pytest.mark.django_db
@pytest.mark.parametrize("frozen", [False, True])
def test_an_extension_moves_the_end_inside_aws_within_one_tick(machine: Machine, frozen: bool) -> None:
    lease = sandboxes.vended(machine)
    if frozen:
        leases.freeze_lease(now=machine.clock(), lease=lease, actor=None, reason="a pause", stop_compute=False)
        machine.until(_is_at(lease, ""))
    later = lease.ends_at + timedelta(hours=2)

    leases.extend_lease(now=machine.clock(), lease=lease, ends_at=later, actor=OLIVE)
    machine.turn()

    lease.refresh_from_db()
    assert _end_inside_aws(lease) == later.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (lease.state, lease.step) == (LeaseState.FROZEN if frozen else LeaseState.ACTIVE, "")
    assert lease.due_at == later
    assert AuditEntry.objects.get(action="lease.extend").actor == OLIVE


@pytest.mark.django_db
def test_an_extension_while_the_sandbox_is_made_is_not_forgotten(machine: Machine) -> None:
    lease = sandboxes.request()
    machine.until(lambda: Account.objects.filter(state=AccountState.AVAILABLE).exists(), only="account")
    sandboxes.step_until(machine, _is_at(lease, "seed"))
    later = lease.ends_at + timedelta(hours=2)

    leases.extend_lease(now=machine.clock(), lease=lease, ends_at=later)
    machine.until_state(lease, LeaseState.ACTIVE)

    assert _end_inside_aws(lease) == later.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.django_db
def test_an_earlier_end_is_no_extension(machine: Machine) -> None:
    lease = sandboxes.request()

    with pytest.raises(UnableToLease, match="an earlier end is no extension"):
        leases.extend_lease(now=machine.clock(), lease=lease, ends_at=lease.ends_at - timedelta(minutes=1))
    with pytest.raises(UnableToLease, match="must be in the future"):
        leases.extend_lease(now=machine.clock(), lease=lease, ends_at=machine.clock() - timedelta(minutes=1))
    leases.end_lease(now=machine.clock(), lease=lease, reason="not needed")
    with pytest.raises(UnableToLease, match="The lease is ended; it cannot be extended"):
        leases.extend_lease(now=machine.clock(), lease=lease, ends_at=lease.ends_at + timedelta(minutes=1))


@pytest.mark.django_db
def test_an_early_end_by_a_person_is_a_fact_with_actor_and_reason(machine: Machine) -> None:
    lease = sandboxes.vended(machine)

    leases.end_lease(now=machine.clock(), lease=lease, actor=OLIVE, reason="finished early")
    machine.until_state(lease, LeaseState.ENDED)

    move = lease.moves.get(to_state=LeaseState.ENDING, from_state=LeaseState.ACTIVE)
    assert (move.actor, move.reason) == (OLIVE, "finished early")
    assert lease.reason == "finished early"
    assert AuditEntry.objects.get(action="lease.end").details == {"reason": "finished early"}


@pytest.mark.django_db
def test_a_person_gives_an_account_up_and_the_lease_goes_on_with_another(machine: Machine) -> None:
    lease = sandboxes.request()
    with pytest.raises(UnableToLease, match="no account yet"):
        leases.swap_lease(now=machine.clock(), lease=lease, actor=OLIVE, reason="slow")
    machine.until(lambda: Account.objects.filter(state=AccountState.AVAILABLE).exists(), only="account")
    sandboxes.step_until(machine, _is_at(lease, "stack"))
    first = lease.account

    leases.swap_lease(now=machine.clock(), lease=lease, actor=OLIVE, reason="its stack hangs")

    assert first is not None
    first.refresh_from_db()
    assert (first.state, first.reason) == (AccountState.QUARANTINED, "given up during stack: its stack hangs")
    machine.until_state(lease, LeaseState.ACTIVE)
    assert lease.account != first
    assert (lease.attempt, lease.swaps) == (2, 0)
    move = lease.moves.get(actor=OLIVE)
    assert (move.reason, move.account_id) == ("its account was given up: its stack hangs", first.account_id)
    with pytest.raises(UnableToLease, match="handed over"):
        leases.swap_lease(now=machine.clock(), lease=lease, actor=OLIVE, reason="again")


@pytest.mark.django_db
def test_a_retry_makes_a_waiting_step_due_with_all_its_tries(machine: Machine) -> None:
    lease = sandboxes.request()
    machine.until(lambda: Account.objects.filter(state=AccountState.AVAILABLE).exists(), only="account")
    account_id = str(Account.objects.get().account_id)
    sandboxes.deny_the_platform(account_id, "iam:CreatePolicy")

    def failed_three_times() -> bool:
        lease.refresh_from_db()
        return lease.attempts == 3

    machine.until(failed_three_times)
    sandboxes.let_the_platform(account_id)
    lease = leases.retry_lease(now=machine.clock(), lease=lease, actor=OLIVE, reason="the policy is corrected")

    assert (lease.attempts, lease.step) == (0, "guardrails")
    machine.turn()
    lease.refresh_from_db()
    assert (lease.state, lease.swaps) == (LeaseState.ACTIVE, 0)
    with pytest.raises(UnableToLease, match="Nothing is being done"):
        leases.retry_lease(now=machine.clock(), lease=lease, actor=OLIVE, reason="why not")


@pytest.mark.django_db
def test_a_failed_lease_starts_over_unless_its_holder_has_another(machine: Machine, settings: Settings) -> None:
    broken = sandboxes.blueprint(seed=[{**sandboxes.SEED[0], "parameters": {"QueueUrl": "${outputs.Nothing}"}}])
    lease = machine.until_state(sandboxes.request(broken), LeaseState.FAILED)
    lease.blueprint = sandboxes.blueprint()
    lease.save()

    leases.retry_lease(now=machine.clock(), lease=lease, actor=OLIVE, reason="the pack is corrected")
    machine.until_state(lease, LeaseState.ACTIVE)

    assert (lease.attempt, lease.swaps) == (4, 0)
    leases.end_lease(now=machine.clock(), lease=lease, reason="over")
    machine.until_state(lease, LeaseState.ENDED)
    with pytest.raises(UnableToLease, match="has ended"):
        leases.retry_lease(now=machine.clock(), lease=lease, actor=OLIVE, reason="again")
    Lease.objects.filter(pk=lease.pk).update(state=LeaseState.FAILED)
    sandboxes.request(holder=lease.holder)
    with pytest.raises(UnableToLease, match="another live lease"):
        leases.retry_lease(now=machine.clock(), lease=lease, actor=OLIVE, reason="again")


@pytest.mark.django_db
def test_a_lease_takes_its_budget_from_the_blueprint() -> None:
    assert sandboxes.request(sandboxes.blueprint(budget_usd=Decimal("2.50"))).budget_usd == Decimal("2.50")
    assert sandboxes.request().budget_usd is None


def _all_at_once(count: int, act: Callable[[], None]) -> None:
    barrier = Barrier(count)

    def run() -> None:
        barrier.wait()
        try:
            act()
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_of_many_requests_at_once_a_holder_gets_one_lease() -> None:
    blueprint, holder = sandboxes.blueprint(), uuid.uuid4()
    got: list[uuid.UUID] = []

    _all_at_once(6, lambda: got.append(sandboxes.request(blueprint, holder=holder).pk))

    assert len(got) == 6
    assert set(got) == set(Lease.objects.values_list("pk", flat=True))
    assert Lease.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_leases_at_once_one_gets_the_account(machine: Machine, settings: Settings) -> None:
    settings.AWS_ACCOUNT_LIMIT = 1
    first = sandboxes.vended(machine)
    leases.end_lease(now=machine.clock(), lease=first, reason="over")
    machine.until_state(first, LeaseState.ENDED)
    waiting = [sandboxes.request() for _ in range(5)]
    due = iter(work.find(now=machine.clock()))
    messages = list(due)

    _all_at_once(5, lambda: work.do(work=messages.pop(), clock=machine.clock) and None)

    holding = Lease.objects.filter(account__isnull=False, state__in=LIVE_LEASE_STATES)
    assert holding.count() == 1
    assert set(holding.values_list("pk", flat=True)) <= {lease.pk for lease in waiting}


@pytest.mark.django_db
def test_the_database_itself_refuses_a_second_live_lease_of_an_account_or_holder(machine: Machine) -> None:
    lease = sandboxes.vended(machine)
    other = sandboxes.request()

    for twice in ({"account": lease.account}, {"holder": lease.holder}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Lease.objects.filter(pk=other.pk).update(**twice)
