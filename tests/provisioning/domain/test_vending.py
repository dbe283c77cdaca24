"""From a request to a ready sandbox, and back to an empty account, on the real gate."""

import json

import pytest

from provisioning.aws import organization, roles, stopping, sweeper
from provisioning.aws.sessions import bootstrap_session, platform_session
from provisioning.domain import access, leases
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, CleanCertificate, Lease
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def test_a_lease_becomes_ready_with_its_stack_seeded(machine: Machine) -> None:
    lease = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)

    assert set(lease.outputs) == {"QueueUrl", "Group"}
    assert lease.account is not None and lease.account.state == AccountState.LEASED
    moves = list(lease.moves.values_list("to_state", "step"))
    assert moves == [
        ("requested", "reserve"),
        ("requested", "reserve"),  # waiting for a new account
        ("reserved", "identity"),
        ("provisioning", "guardrails"),
        ("provisioning", "stack"),
        ("provisioning", "seed"),
        ("provisioning", "readiness"),
        ("ready", ""),
        ("active", ""),
    ]


def test_teardown_leaves_nothing_and_the_account_is_reused(machine: Machine) -> None:
    lease = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)
    account = lease.account
    assert account is not None and account.account_id is not None
    person = lease.holder
    keys = access.credentials_for_person(now=sandboxes.now(), lease=lease, person=person)
    sandboxes.client("sqs", keys).create_queue(QueueName="made-by-the-team")
    sandboxes.client("dynamodb", keys).create_table(
        TableName="products",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        DeletionProtectionEnabled=True,
    )
    ec2 = sandboxes.client("ec2", keys)
    groups = [ec2.create_security_group(GroupName=name, Description="theirs")["GroupId"] for name in ("a", "b")]
    for group, other in (groups, reversed(groups)):
        ec2.authorize_security_group_ingress(
            GroupId=group, IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": other}]}]
        )
    s3 = sandboxes.client("s3", keys)
    bucket = f"theirs-{lease.id.hex[:12]}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"one", b"two"):
        s3.put_object(Bucket=bucket, Key="object", Body=body)
    s3.delete_object(Bucket=bucket, Key="object")
    sandboxes.client("cloudformation", keys).create_stack(
        StackName="theirs",
        TemplateBody='{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}',
        EnableTerminationProtection=True,
    )

    leases.end_lease(now=sandboxes.now(), lease=lease, reason="the event is over")
    machine.until_state(lease, LeaseState.ENDED)

    account.refresh_from_db()
    assert account.reason == ""
    assert account.state == AccountState.AVAILABLE
    assert lease.reason == "the event is over"
    kinds = {each["type"] for each in lease.inventory["resources"]}
    assert {"sqs:queue", "dynamodb:table", "ec2:security-group", "s3:bucket", "sns:topic"} <= kinds
    standing = sweeper.inventory(platform_session(account.account_id), account.baseline_regions)
    assert {each.arn for each in standing} == set(account.baseline)
    assert CleanCertificate.objects.filter(account=account).latest("at").is_clean

    following = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)
    assert following.account == account
    assert Account.objects.count() == 1


def test_an_account_that_was_stopped_is_vended_frozen(machine: Machine) -> None:
    before = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)
    assert before.account is not None
    session = platform_session(str(before.account.account_id))
    leases.end_lease(now=machine.clock(), lease=before, reason="over")
    machine.until_state(before, LeaseState.ENDED)
    assert stopping.deny(session) == stopping.Result.STOPPED

    lease = machine.until_state(sandboxes.request(), LeaseState.READY, LeaseState.FROZEN)

    assert lease.account == before.account
    assert lease.state == LeaseState.FROZEN
    assert lease.reason.startswith("everything was stopped (manage.py aws stop-everything)")
    stopping.allow(session)
    leases.unfreeze_lease(now=machine.clock(), lease=lease, actor=None, reason="the alarm was false")
    machine.until(lambda: not Lease.objects.get(pk=lease.pk).step)
    lease.refresh_from_db()
    assert (lease.state, lease.reason) == (LeaseState.ACTIVE, "the alarm was false")


def test_a_platform_role_from_earlier_is_brought_up_to_date_for_the_next_lease(machine: Machine) -> None:
    lease = sandboxes.request()
    machine.until(lambda: Account.objects.filter(state=AccountState.AVAILABLE).exists(), only="account")
    account_id = str(Account.objects.get().account_id)
    hub = organization.hub_account_id()
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    bootstrap_session(account_id).call(
        "iam",
        "put_role_policy",
        RoleName="gameday-platform",
        PolicyName="access",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]}),
    )
    assert not roles.has_platform_role(platform_session(account_id), hub_account_id=hub)

    machine.until_state(lease, LeaseState.PROVISIONING, LeaseState.READY, LeaseState.ACTIVE)

    assert roles.has_platform_role(platform_session(account_id), hub_account_id=hub)
