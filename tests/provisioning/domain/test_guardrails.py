"""The organization's guardrails come with a lease, bind its participants, and go when the account is clean."""

import json

import pytest
from botocore.exceptions import ClientError

from provisioning.aws import attachments, organization, scps
from provisioning.aws.sessions import hub_session, platform_session
from provisioning.aws.sizes import TooLong
from provisioning.domain import access, guardrails, leases
from provisioning.domain.steps.vending import allowance_of
from provisioning.enums import AccountSource, AccountState, LeaseState
from provisioning.models import Lease
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

FULL = "FullAWSAccess"


@pytest.fixture
def lease(machine: Machine) -> Lease:
    return sandboxes.vended(machine)


def account_id(lease: Lease) -> str:
    assert lease.account is not None
    return str(lease.account.account_id)


def names_at(target: str) -> set[str]:
    return {each["Name"] for each in attachments.attached(target)}


def all_names() -> set[str]:
    policies = hub_session().items("organizations", "list_policies", "Policies[]", Filter=attachments.CONTROL)
    return {each["Name"] for each in policies}


def end(machine: Machine, lease: Lease) -> None:
    leases.end_lease(now=machine.clock(), lease=lease, actor=None, reason="done")
    machine.until_state(lease, LeaseState.ENDED)


def test_a_ready_sandbox_has_the_fixed_guardrails_and_its_pack_s(lease: Lease) -> None:
    assert names_at(organization.sandbox_unit()) == {FULL, *(each.name for each in scps.fixed())}
    assert names_at(account_id(lease)) == {FULL, *(each.name for each in scps.of_pack(allowance_of(lease)))}


def test_a_clean_account_has_only_the_unit_s_guardrails_and_unused_policies_are_gone(machine: Machine) -> None:
    # An allowance like no other test's, whose accounts stay in the organization.
    of = sandboxes.blueprint(instance_types=["t4g.nano"])
    lease = sandboxes.vended(machine, of)
    account = account_id(lease)
    pack = {each.name for each in scps.of_pack(allowance_of(lease))}
    end(machine, lease)
    assert names_at(account) == {FULL}
    assert pack
    assert not pack & all_names()
    assert {each.name for each in scps.fixed()} <= names_at(organization.sandbox_unit())


def test_the_next_lease_brings_its_own(machine: Machine, lease: Lease) -> None:
    before = names_at(account_id(lease))
    other = sandboxes.blueprint(services=["sqs", "ec2"])
    # As if the platform had been replaced between the two: what an earlier pack left is replaced, not added to.
    lease.blueprint = other
    for _ in range(3):
        guardrails.settle(account=lease.account, allowance=allowance_of(lease))
    after = names_at(account_id(lease))
    assert after == {FULL, *(each.name for each in scps.of_pack(allowance_of(lease)))}
    assert after != before


def test_a_company_s_own_policies_are_left_alone(machine: Machine, lease: Lease) -> None:
    content = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    made = hub_session().call(
        "organizations",
        "create_policy",
        Name=f"company-{account_id(lease)}",
        Description="theirs",
        Type=attachments.CONTROL,
        Content=content,
    )
    policy = made["Policy"]["PolicySummary"]["Id"]
    hub_session().call("organizations", "attach_policy", PolicyId=policy, TargetId=account_id(lease))
    account = account_id(lease)
    end(machine, lease)
    assert names_at(account) == {FULL, f"company-{account}"}


def test_a_change_that_another_worker_was_faster_with_is_no_error(machine: Machine, lease: Lease) -> None:
    account = account_id(lease)
    wanted = scps.of_pack(allowance_of(lease))
    detaching = attachments.missing_at_account(account, [])
    assert detaching is not None
    for _ in range(2):
        attachments.make(detaching)
    assert names_at(account) == {FULL}
    while change := attachments.missing_at_account(account, wanted):
        for _ in range(2):
            attachments.make(change)
    assert names_at(account) == {FULL, *(policy.name for policy in wanted)}


def test_prepared_accounts_keep_what_the_company_gave_them(lease: Lease) -> None:
    assert lease.account is not None
    lease.account.source = AccountSource.PREPARED
    before = names_at(account_id(lease))
    lease.blueprint = sandboxes.blueprint(services=["sqs"])
    assert guardrails.settle(account=lease.account, allowance=allowance_of(lease)) is None
    assert guardrails.release(account=lease.account) is None
    assert names_at(account_id(lease)) == before


def test_they_bind_participants_and_spare_the_platform(lease: Lease) -> None:
    person = lease.holder
    keys = access.credentials_for_person(now=sandboxes.now(), lease=lease, person=person)
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        sandboxes.client("ec2", keys).run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, InstanceType="m5.large")
    platform = platform_session(account_id(lease))
    assert platform.call("ec2", "describe_vpcs", region="eu-west-3")["Vpcs"]


def test_an_account_with_guardrails_is_still_cleaned_and_proven_clean(machine: Machine, lease: Lease) -> None:
    end(machine, lease)
    lease.refresh_from_db()
    assert lease.account is not None
    lease.account.refresh_from_db()
    assert lease.account.state == AccountState.AVAILABLE


def test_a_blueprint_whose_guardrails_would_not_fit_is_not_registered() -> None:
    with pytest.raises(TooLong, match="permissions boundary has"):
        sandboxes.blueprint(services=[f"service-{number}" for number in range(500)])
