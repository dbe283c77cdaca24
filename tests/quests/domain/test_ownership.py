"""Whose an address is."""

from collections.abc import Iterator
from functools import lru_cache

import pytest

from provisioning.aws.errors import Conflict
from provisioning.aws.sessions import platform_session
from provisioning.models import Account, Blueprint, Lease
from quests.domain.ownership import ownership_of
from tests.provisioning import prepared

pytestmark = pytest.mark.services
NO_ACCOUNT = Lease(account=None, blueprint=Blueprint(regions=[prepared.REGION]))


@lru_cache(maxsize=1)
def _account() -> str:
    return prepared.make()


@pytest.fixture
def lease() -> Iterator[Lease]:
    yield Lease(account=Account(account_id=_account()), blueprint=Blueprint(regions=[prepared.REGION]))


def owns(lease: Lease, host: str, port: int, *addresses: str, registered: str = "127.0.0.1:8301") -> bool:
    found = ownership_of(lease, host, port, addresses, registered=frozenset({registered}))
    return found.by_name or found.by_addresses


def test_a_registered_service_is_own_without_asking_aws() -> None:
    assert owns(NO_ACCOUNT, "127.0.0.1", 8301, "127.0.0.1")
    assert owns(NO_ACCOUNT, "localhost", 8301, "127.0.0.1")
    # Any of a name's addresses may be connected to, so one that is not registered is enough.
    with pytest.raises(Conflict):
        owns(NO_ACCOUNT, "shop.example.org", 8301, "127.0.0.1", "3.3.3.3")
    with pytest.raises(Conflict):  # Everything else is asked for.
        owns(NO_ACCOUNT, "127.0.0.1", 8302, "127.0.0.1")


def test_what_stands_in_the_account_is_own_and_a_neighbours_is_not(lease: Lease) -> None:
    session = platform_session(_account())
    api = session.call("apigatewayv2", "create_api", region=prepared.REGION, Name="own", ProtocolType="HTTP")["ApiId"]
    address = session.call("ec2", "allocate_address", region=prepared.REGION, Domain="vpc")["PublicIp"]
    suffix = f"execute-api.{prepared.REGION}.amazonaws.com"

    assert ownership_of(lease, f"{api}.{suffix}", 443, ["3.3.3.3"]).by_name
    assert not owns(lease, f"other.{suffix}", 443, "3.3.3.3")
    assert not owns(lease, f"{api}.{suffix}.example.org", 443, "3.3.3.3")
    assert owns(lease, "shop.example.org", 80, address)
    # Any of a name's addresses may be connected to, so one foreign one is enough.
    assert not owns(lease, "shop.example.org", 80, address, "3.3.3.3")
    assert not owns(lease, "laptop.ngrok.example", 443, "3.3.3.3")
    assert ownership_of(lease, "laptop.ngrok.example", 443, ["3.3.3.3"]).own[-1] == address
