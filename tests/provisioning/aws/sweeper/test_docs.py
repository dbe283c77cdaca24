"""The page about the sweeper names every type as it is declared, and its example works as it stands there."""

import re
from pathlib import Path
from typing import Any

import pytest

from provisioning.aws import organization
from provisioning.aws.sessions import bootstrap_session, hub_session
from provisioning.aws.sweeper import types
from provisioning.aws.sweeper.declaring import HANDLE, Deletion, Listing
from provisioning.aws.sweeper.resource import Place, ResourceType
from tests.provisioning.sandboxes import REGION

PAGE = (Path(__file__).parents[4] / "docs" / "sweeper.md").read_text()


def test_the_table_is_that_of_the_declarations() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+:[a-z0-9-]+)` \| (yes|no) \| (?:`([^`]+)`|none) \|$", PAGE, re.MULTILINE)

    assert rows == [(kind.name, "yes" if kind.is_simulated else "no", kind.price) for kind in types.ALL]


@pytest.mark.services
def test_the_example_lists_and_deletes() -> None:
    organization.sandbox_unit()
    made = hub_session().call("organizations", "create_account", Email="docs@sandboxes.example.com", AccountName="docs")
    session = bootstrap_session(made["CreateAccountStatus"]["AccountId"])
    source = re.search(r"```python\n(ResourceType\(.*?)```", PAGE, re.DOTALL)
    assert source
    assert len(source[1].splitlines()) <= 10
    names: dict[str, Any] = {
        "ResourceType": ResourceType, "Listing": Listing, "Deletion": Deletion, "HANDLE": HANDLE,
    }  # fmt: skip
    kind: ResourceType = eval(source[1], names)
    place = Place(session, REGION)
    assert list(kind.find(place)) == []
    broker = session.call(
        "mq", "create_broker", BrokerName="planted", EngineType="RABBITMQ", EngineVersion="3.13",
        PubliclyAccessible=False,
        HostInstanceType="mq.m5.large", DeploymentMode="SINGLE_INSTANCE", AutoMinorVersionUpgrade=False,
        Users=[{"Username": "planter", "Password": "Not-a-secret-7"}],
    )  # fmt: skip

    [found] = kind.find(place)
    assert (found.handle, found.arn) == (broker["BrokerId"], broker["BrokerArn"])
    assert found.created_at is not None

    kind.delete(place, found.handle)
    assert list(kind.find(place)) == []
