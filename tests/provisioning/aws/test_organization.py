"""The organization is found, or made by whoever comes first."""

import pytest

from provisioning.aws import organization
from tests.faults import Faults

pytestmark = pytest.mark.services


def test_whoever_comes_second_finds_the_organization_made(faults: Faults) -> None:
    unit = organization.sandbox_unit()

    organization._make_organization()

    assert faults.calls(operation="CreateOrganization") >= 1
    assert organization.sandbox_unit() == unit
