"""What an account came with is kept, put back when it was changed, made anew when it is gone, and never guessed."""

import ipaddress
from typing import Any

import pytest

from accounts.models import AuditEntry
from provisioning.aws import sweeper
from provisioning.aws.sessions import Session, platform_session
from provisioning.domain import cleaning, leases
from provisioning.enums import AccountState
from provisioning.models import Account, CleanCertificate
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import REGION, Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def account(machine: Machine) -> Account:
    """An account that came back from somebody, before it is cleaned."""
    lease = sandboxes.request()
    machine.until(lambda: Account.objects.filter(state=AccountState.AVAILABLE).exists(), only="account")
    leases.end_lease(now=machine.clock(), lease=lease, reason="not needed")
    return Account.objects.get()


@pytest.fixture
def session(account: Account) -> Session:
    return platform_session(str(account.account_id))


def _clean(machine: Machine, account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(**cleaning.beginning(machine.clock()))
    at_rest = (AccountState.AVAILABLE, AccountState.QUARANTINED)
    machine.until(lambda: Account.objects.filter(pk=account.pk, state__in=at_rest).exists(), only="account")
    account.refresh_from_db()


def _default(session: Session) -> dict[str, Any]:
    vpcs = session.items("ec2", "describe_vpcs", "Vpcs[?IsDefault]")
    subnets = session.items("ec2", "describe_subnets", "Subnets[?DefaultForAz].SubnetId")
    return {"vpcs": [each["VpcId"] for each in vpcs], "subnets": sorted(subnets)}


def _by_address(session: Session) -> list[str]:
    subnets = session.items("ec2", "describe_subnets", "Subnets[?DefaultForAz]")
    subnets.sort(key=lambda subnet: ipaddress.ip_network(subnet["CidrBlock"]))
    return [each["SubnetId"] for each in subnets]


def test_a_deleted_default_network_is_made_anew_and_known_from_then_on(
    machine: Machine, account: Account, session: Session
) -> None:
    before = _default(session)
    for subnet in before["subnets"]:
        session.call("ec2", "delete_subnet", SubnetId=subnet)
    session.call("ec2", "delete_vpc", VpcId=before["vpcs"][0])
    old = list(account.baseline)

    _clean(machine, account)

    after = _default(session)
    assert account.state == AccountState.AVAILABLE
    assert len(after["vpcs"]) == 1 and after["vpcs"] != before["vpcs"]
    assert len(after["subnets"]) == len(before["subnets"])
    assert account.baseline == sorted(each.arn for each in sweeper.inventory(session, [REGION]))
    fact = AuditEntry.objects.get(action="account.baseline-restored")
    assert fact.subject == f"account:{account.account_id}"
    assert sorted(fact.details["gone"]) == old
    assert sorted(fact.details["new"]) == account.baseline
    assert fact.details["done"] == f"made the default network in {REGION}"


def test_one_deleted_default_subnet_is_made_anew(machine: Machine, account: Account, session: Session) -> None:
    gone = _by_address(session)[-1]
    session.call("ec2", "delete_subnet", SubnetId=gone)

    _clean(machine, account)

    assert (account.state, account.reason) == (AccountState.AVAILABLE, "")
    assert len(_default(session)["subnets"]) == 6
    assert f"arn:aws:ec2:{REGION}:{account.account_id}:subnet/{gone}" not in account.baseline
    assert account.baseline == sorted(each.arn for each in sweeper.inventory(session, [REGION]))


def test_a_part_that_aws_refuses_to_make_anew_is_named(machine: Machine, account: Account, session: Session) -> None:
    gone = _by_address(session)[0]  # The simulator hands out addresses by number only, so this gap cannot be filled.
    session.call("ec2", "delete_subnet", SubnetId=gone)

    _clean(machine, account)

    assert account.state == AccountState.QUARANTINED
    assert account.leftovers == [f"arn:aws:ec2:{REGION}:{account.account_id}:subnet/{gone}"]
    assert "InvalidSubnet.Conflict" in account.reason


def test_an_opened_default_group_and_changed_routes_are_put_back(
    machine: Machine, account: Account, session: Session
) -> None:
    vpc = [{"Name": "vpc-id", "Values": _default(session)["vpcs"]}]

    def rules() -> list[Any]:
        group = session.items("ec2", "describe_security_groups", "SecurityGroups[]", Filters=vpc)[0]
        table = session.items("ec2", "describe_route_tables", "RouteTables[]", Filters=vpc)[0]
        acl = session.items("ec2", "describe_network_acls", "NetworkAcls[]", Filters=vpc)[0]
        return [group["IpPermissions"], group["IpPermissionsEgress"], table["Routes"], acl["Entries"]]

    untouched = rules()
    group = session.items("ec2", "describe_security_groups", "SecurityGroups[].GroupId", Filters=vpc)[0]
    anywhere = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    session.call("ec2", "authorize_security_group_ingress", GroupId=group, IpPermissions=anywhere)
    session.call("ec2", "revoke_security_group_egress", GroupId=group, IpPermissions=everything)
    table = session.items("ec2", "describe_route_tables", "RouteTables[].RouteTableId", Filters=vpc)[0]
    gateway = session.call("ec2", "create_internet_gateway")["InternetGateway"]["InternetGatewayId"]
    session.call("ec2", "attach_internet_gateway", InternetGatewayId=gateway, VpcId=vpc[0]["Values"][0])
    session.call("ec2", "create_route", RouteTableId=table, DestinationCidrBlock="10.99.0.0/16", GatewayId=gateway)
    acl = session.items("ec2", "describe_network_acls", "NetworkAcls[].NetworkAclId", Filters=vpc)[0]
    session.call("ec2", "delete_network_acl_entry", NetworkAclId=acl, RuleNumber=100, Egress=False)
    assert rules() != untouched

    _clean(machine, account)

    assert account.state == AccountState.AVAILABLE
    assert [sorted(each, key=str) for each in rules()] == [sorted(each, key=str) for each in untouched]


def test_a_default_group_that_was_closed_from_the_start_stays_as_it_was(
    machine: Machine, account: Account, session: Session
) -> None:
    group = session.items("ec2", "describe_security_groups", "SecurityGroups[].GroupId")[0]
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    session.call("ec2", "revoke_security_group_egress", GroupId=group, IpPermissions=everything)
    closed = [each.arn for each in sweeper.inventory(session, [REGION], ["ec2:default-group-rules"])]
    assert len(closed) == 1
    Account.objects.update(baseline=sorted([*account.baseline, *closed]))

    _clean(machine, account)

    assert account.state == AccountState.AVAILABLE
    assert session.items("ec2", "describe_security_groups", "SecurityGroups[].IpPermissionsEgress[]") == []


def test_what_cannot_be_made_anew_is_named(machine: Machine, account: Account, session: Session) -> None:
    lost = f"arn:aws:iam::{account.account_id}:role/the-companys-own"
    Account.objects.update(baseline=sorted([*account.baseline, lost]))

    _clean(machine, account)

    assert account.state == AccountState.QUARANTINED
    assert account.leftovers == [lost]
    assert lost in account.reason
    assert not CleanCertificate.objects.filter(account=account, leftovers=[lost], is_clean=True).exists()


def test_types_that_the_baseline_never_looked_for_are_left_to_a_person(
    machine: Machine, account: Account, session: Session
) -> None:
    known = [kind.name for kind in sweeper.known_types() if kind.name != "sqs:queue"]
    Account.objects.update(baseline_types=known)
    session.call("sqs", "create_queue", QueueName="whose")

    _clean(machine, account)

    queue = f"arn:aws:sqs:{REGION}:{account.account_id}:whose"
    assert account.state == AccountState.QUARANTINED
    assert account.leftovers == [queue]
    assert "never looked for" in account.reason
    assert len(session.items("sqs", "list_queues", "QueueUrls[]")) == 1
