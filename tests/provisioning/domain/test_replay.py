"""Each step may be done again, after a crash or by a second worker, and has one effect."""

import pytest

from provisioning.aws import sweeper
from provisioning.aws.sessions import hub_session, platform_session
from provisioning.domain import leases
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import ForgetfulMachine

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def test_a_crash_after_every_single_answer_of_aws_changes_nothing() -> None:
    machine = ForgetfulMachine()
    lease = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)
    account = Account.objects.get()

    listed = hub_session().items("organizations", "list_accounts", "Accounts[]")
    assert [each["Id"] for each in listed if each["Email"] == account.email] == [account.account_id]
    session = platform_session(str(account.account_id))
    stacks = session.items("cloudformation", "describe_stacks", "Stacks[]")
    leases_of_stacks = [{tag["Key"]: tag["Value"] for tag in each["Tags"]}["gameday:lease"] for each in stacks]
    assert leases_of_stacks == [str(lease.id)]
    assert len(session.items("sqs", "list_queues", "QueueUrls[]")) == 1

    leases.end_lease(now=machine.clock(), lease=lease, reason="over")
    machine.until_state(lease, LeaseState.ENDED)

    account.refresh_from_db()
    assert account.state == AccountState.AVAILABLE
    standing = sweeper.inventory(session, account.baseline_regions)
    assert {each.arn for each in standing} == set(account.baseline)
