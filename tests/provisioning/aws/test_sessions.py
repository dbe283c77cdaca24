"""A cached session that AWS ended early is given up, whatever protocol says so."""

import pytest

from provisioning.aws.errors import Denied
from provisioning.aws.sessions import platform_session
from tests.faults import Faults
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.mark.parametrize(
    ("service", "operation"),
    [("iam", "list_roles"), ("ec2", "describe_vpcs"), ("dynamodb", "list_tables"), ("s3", "list_buckets")],
)
def test_the_next_try_after_an_early_end_has_a_new_session(
    machine: Machine, faults: Faults, service: str, operation: str
) -> None:
    lease = sandboxes.vended(machine)
    assert lease.account is not None and lease.account.account_id is not None
    faults.add("expired", service=service, account=lease.account.account_id, times=1)

    with pytest.raises(Denied):
        platform_session(lease.account.account_id).call(service, operation)
    platform_session(lease.account.account_id).call(service, operation)
