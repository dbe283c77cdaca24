"""Whichever reply is lost after its effect, the sandbox comes into being once, goes completely, and no account leaks.

Every changing call of one vend and one teardown is found by recording them; each then has its turn to be the one whose
answer never arrives: with an SDK that does not try again, so that the machine has to look, and with one that does.
"""

import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from pytest_django.fixtures import Settings

from provisioning.aws import clients, organization, sweeper
from provisioning.aws.sessions import Session, hub_session, platform_session
from provisioning.domain import leases
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, Lease
from tests.faults import Faults
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]

READING = re.compile(r"^(Get|List|Describe|Head|AssumeRole)")
Call = tuple[str, str]
Lost = tuple[str, str, int]  # Service, operation, and how many calls of it come before the one meant.


@pytest.fixture(params=[1, pytest.param(2, marks=pytest.mark.soak)], ids=["sdk-tries-once", "sdk-tries-twice"])
def sdk_tries(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Let the SDK try each call this often."""
    monkeypatch.setattr(clients, "TOTAL_ATTEMPTS", request.param)
    clients._made.cache_clear()
    yield request.param
    clients._made.cache_clear()


@pytest.fixture
def others() -> set[str]:
    """Ids of the accounts that earlier tests made in this simulator."""
    organization.sandbox_unit()
    return set(_listed())


@pytest.mark.usefixtures("sdk_tries")
def test_no_lost_reply_of_a_vend_does_harm(
    machine: Machine, faults: Faults, settings: Settings, others: set[str]
) -> None:
    changing = _recorded(faults, lambda: _vend_afresh(machine, settings))
    assert {("organizations", "CreateOrganizationalUnit"), ("iam", "CreateRole")} <= set(changing)

    for lost in _each(changing):
        _assert_a_vend_survives(lost, machine, faults, settings)
    assert _listed().keys() - others == _known()


@pytest.mark.parametrize(
    ("service", "operation"),
    [("organizations", "CreateAccount"), ("cloudformation", "CreateStack"), ("iam", "CreatePolicy")],
)
def test_what_the_sdk_creates_a_second_time_is_not_doubled(
    machine: Machine, faults: Faults, settings: Settings, others: set[str], service: str, operation: str
) -> None:
    _assert_a_vend_survives((service, operation, 0), machine, faults, settings)
    assert _listed().keys() - others == _known()


@pytest.mark.usefixtures("sdk_tries")
def test_no_lost_reply_of_a_teardown_does_harm(machine: Machine, faults: Faults) -> None:
    _plant(_session(lease := _vend(machine)))
    changing = _recorded(faults, lambda: _end(machine, lease))
    assert {("cloudformation", "DeleteStack"), ("dynamodb", "UpdateTable"), ("s3", "DeleteObjects")} <= set(changing)

    for lost in _each(changing):
        _plant(_session(lease := _vend(machine)))
        _lose(lost, faults)
        _end(machine, lease)
        assert faults.injected() == 1, lost


def _assert_a_vend_survives(lost: Lost, machine: Machine, faults: Faults, settings: Settings) -> None:
    _lose(lost, faults)
    lease = _vend_afresh(machine, settings)
    assert faults.injected() == 1, lost
    session = _session(lease)
    stacks = session.items("cloudformation", "describe_stacks", "Stacks[]")
    assert [{tag["Key"]: tag["Value"] for tag in each["Tags"]}["gameday:lease"] for each in stacks] == [str(lease.id)]
    assert len(session.items("sqs", "list_queues", "QueueUrls[]")) == 1
    _end(machine, lease)


def _vend_afresh(machine: Machine, settings: Settings) -> Lease:
    """Vend a sandbox for which unit, account, roles and stack must all be made."""
    Account.objects.filter(state=AccountState.AVAILABLE).update(state=AccountState.RETIRED)
    settings.AWS_SANDBOX_OU_NAME = f"unit-{uuid.uuid4().hex[:12]}"
    return _vend(machine)


def _vend(machine: Machine) -> Lease:
    return machine.until_state(sandboxes.request(), LeaseState.ACTIVE)


def _end(machine: Machine, lease: Lease) -> None:
    leases.end_lease(now=machine.clock(), lease=lease, reason="over")
    machine.until_state(lease, LeaseState.ENDED)
    account = lease.account
    assert account is not None
    account.refresh_from_db()
    assert (account.state, account.reason) == (AccountState.AVAILABLE, "")
    standing = sweeper.inventory(_session(lease), account.baseline_regions)
    assert {each.arn for each in standing} == set(account.baseline)


def _plant(session: Session) -> None:
    """Put things into the account that take more than one call to delete."""
    session.call("sns", "create_topic", Name="theirs")
    session.call(
        "dynamodb",
        "create_table",
        TableName="theirs",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        DeletionProtectionEnabled=True,
    )
    bucket = f"theirs-{session.account_id}"
    session.call("s3", "create_bucket", Bucket=bucket)
    session.call("s3", "put_object", Bucket=bucket, Key="object", Body=b"one")
    template = '{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}'
    session.call("cloudformation", "create_stack", StackName="theirs", TemplateBody=template)


def _recorded(faults: Faults, run: Callable[[], object]) -> Counter[Call]:
    """Return how often each changing operation is called during a run in which nothing goes wrong."""
    faults.clear()
    run()
    calls: Counter[Call] = Counter()
    for each in faults.report()["calls"]:
        if not READING.match(each["operation"]):
            calls[(each["service"], each["operation"])] += each["count"]
    return calls


def _each(calls: Counter[Call]) -> Iterator[Lost]:
    for (service, operation), count in sorted(calls.items()):
        for earlier in range(count):
            yield service, operation, earlier


def _lose(lost: Lost, faults: Faults) -> None:
    service, operation, earlier = lost
    faults.clear()
    faults.add("lost", service=service, operation=operation, skip=earlier, times=1)


def _session(lease: Lease) -> Session:
    assert lease.account is not None
    return platform_session(str(lease.account.account_id))


def _listed() -> dict[str, str]:
    """Return id and name of every account of the organization."""
    listed = hub_session().items("organizations", "list_accounts", "Accounts[]")
    return {each["Id"]: each["Name"] for each in listed}


def _known() -> set[str]:
    return {str(known) for known in Account.objects.values_list("account_id", flat=True)}
