"""What checks ask about an account: whole answers, its addresses, and what stands in it."""

from functools import lru_cache

import pytest

from provisioning.aws import paging
from provisioning.aws.addresses import Addresses
from provisioning.aws.errors import Conflict
from provisioning.aws.sessions import Session, platform_session
from provisioning.domain.inventories import addresses_like, standing
from provisioning.domain.invocations import invoke_as_platform
from provisioning.models import Account, Blueprint, Lease
from tests.provisioning import prepared

pytestmark = pytest.mark.services
REGION = prepared.REGION
IMAGE = "ami-12c6146b"


@lru_cache(maxsize=1)
def _account() -> str:
    return prepared.make()


@pytest.fixture
def session() -> Session:
    return platform_session(_account())


@pytest.fixture
def lease() -> Lease:
    return Lease(account=Account(account_id=_account()), blueprint=Blueprint(regions=[REGION]))


def test_a_probe_reads_all_pages_as_one(lease: Lease, session: Session) -> None:
    table = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    names = [f"birds-{number:03}" for number in range(105)]
    for name in names:
        session.call("dynamodb", "create_table", region=REGION, TableName=name, **table)
    one_page = session.call("dynamodb", "list_tables", region=REGION)
    assert len(one_page["TableNames"]) == 100
    assert invoke_as_platform(lease, "dynamodb", "list_tables", {})["TableNames"] == names
    # Who asks for a page gets that page.
    assert len(invoke_as_platform(lease, "dynamodb", "list_tables", {"Limit": 7})["TableNames"]) == 7


def test_more_pages_than_a_check_reads_are_no_answer(
    lease: Lease, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MAX_PAGES", 1)
    with pytest.raises(Conflict, match="more than 1 pages"):
        invoke_as_platform(lease, "dynamodb", "list_tables", {})


def test_addresses_are_found_by_the_kind_of_host(lease: Lease, session: Session) -> None:
    api = session.call("apigatewayv2", "create_api", region=REGION, Name="birds", ProtocolType="HTTP")["ApiId"]
    rest = session.call("apigateway", "create_rest_api", region=REGION, name="birds")["id"]
    host = f"{api}.execute-api.{REGION}.amazonaws.com"
    found = addresses_like(lease, host)
    assert {host, f"{rest}.execute-api.{REGION}.amazonaws.com"} <= found.names
    assert found.ips == frozenset()

    address = session.call("ec2", "allocate_address", region=REGION, Domain="vpc")["PublicIp"]
    started = session.call("ec2", "run_instances", region=REGION, ImageId=IMAGE, MinCount=1, MaxCount=1)
    described = session.call(
        "ec2", "describe_instances", region=REGION, InstanceIds=[started["Instances"][0]["InstanceId"]]
    )
    public = described["Reservations"][0]["Instances"][0]["PublicIpAddress"]
    assert {address, public} <= addresses_like(lease, "shop.example.org").ips

    assert addresses_like(lease, "x.lambda-url.us-east-1.on.aws") == Addresses()
    assert addresses_like(lease, "d1.cloudfront.net") == Addresses()


def test_load_balancers_are_found(lease: Lease, session: Session) -> None:
    subnets = [each["SubnetId"] for each in session.call("ec2", "describe_subnets", region=REGION)["Subnets"][:2]]
    made = session.call("elbv2", "create_load_balancer", region=REGION, Name="birds", Subnets=subnets)
    host = made["LoadBalancers"][0]["DNSName"].lower()
    assert host in addresses_like(lease, "birds-1.us-east-1.elb.amazonaws.com").names


def test_what_stands_is_listed_by_type_and_tag_with_its_price(lease: Lease, session: Session) -> None:
    made = {
        name: session.call(
            "ec2", "create_volume", region=REGION, Size=100, AvailabilityZone=f"{REGION}a", VolumeType="gp3",
            TagSpecifications=[{"ResourceType": "volume", "Tags": [{"Key": "nest", "Value": name}]}],
        )["VolumeId"]
        for name in ("dodo", "moa")
    }  # fmt: skip
    volumes = standing(lease, ["ec2:volume"], {}, REGION)
    assert {each.arn.rpartition("/")[2] for each in volumes} >= set(made.values())
    ours = standing(lease, ["ec2:volume"], {"nest": "dodo"}, REGION)
    assert [each.arn.rpartition("/")[2] for each in ours] == [made["dodo"]]
    # 100 GiB of gp3 at 0.08 USD a month.
    assert [round(float(each.usd_per_hour), 4) for each in ours] == [0.011]
    assert len(standing(lease, ["ec2:volume"], {"nest": ""}, REGION)) == 2
    assert standing(lease, ["ec2:volume"], {"nest": "kiwi"}, REGION) == []


def test_a_type_that_nobody_can_list_is_no_empty_answer(lease: Lease) -> None:
    with pytest.raises(Conflict, match="ec2:dodo"):
        standing(lease, ["ec2:dodo"], {}, REGION)
