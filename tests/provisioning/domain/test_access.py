"""Who gets credentials, when, and when they stop working, asked of the gate by a real boto3 client."""

import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from accounts.models import AuditEntry
from provisioning.aws import roles
from provisioning.aws.errors import Conflict, Denied
from provisioning.aws.sessions import platform_session
from provisioning.domain import access, invocations, leases, tokens
from provisioning.enums import LeaseState
from provisioning.models import Lease
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]

ANN, BEN = uuid.UUID(int=0xA), uuid.UUID(int=0xB)


@pytest.fixture
def lease(machine: Machine) -> Lease:
    return sandboxes.vended(machine)


def _is_refused(client: Any) -> bool:
    try:
        client.list_queues()
    except ClientError:
        return True
    return False


def test_credentials_are_cached_per_person_and_every_vend_is_in_the_journal(lease: Lease) -> None:
    first = access.credentials_for_person(now=sandboxes.now(), lease=lease, person=ANN)

    assert access.credentials_for_person(now=sandboxes.now(), lease=lease, person=ANN) == first
    assert access.credentials_for_person(now=sandboxes.now(), lease=lease, person=BEN) != first
    vends = AuditEntry.objects.filter(action="access.credentials", scope=lease.scope)
    assert set(vends.values_list("actor", flat=True)) == {ANN, BEN}
    assert first.secret_access_key not in str(list(vends.values()))


def test_credentials_with_little_left_are_renewed(lease: Lease) -> None:
    first = access.credentials_for_person(now=sandboxes.now(), lease=lease, person=ANN)
    Lease.objects.filter(pk=lease.pk).update(ends_at=sandboxes.now() + timedelta(hours=5))
    lease.refresh_from_db()

    later = access.credentials_for_person(now=first.expires_at - timedelta(seconds=1199), lease=lease, person=ANN)

    assert later.access_key_id != first.access_key_id


def test_nobody_gets_in_before_access_starts(machine: Machine) -> None:
    lease = sandboxes.request()
    with pytest.raises(access.AccessNotYet, match="being prepared"):
        access.credentials_for_person(now=sandboxes.now(), lease=lease, person=ANN)

    Lease.objects.filter(pk=lease.pk).update(access_starts_at=sandboxes.now() + timedelta(minutes=30))
    machine.until_state(lease, LeaseState.READY)
    with pytest.raises(access.AccessNotYet, match="Access starts at"):
        access.credentials_for_person(now=sandboxes.now(), lease=lease, person=ANN)


def test_credentials_stop_when_the_lease_ends_and_stay_dead_for_the_next_holder(machine: Machine, lease: Lease) -> None:
    token = tokens.issue_token(now=sandboxes.now(), lease=lease, person=ANN)
    theirs = sandboxes.client("sqs", tokens.credentials_for_token(now=sandboxes.now(), token=token))
    assert len(theirs.list_queues()["QueueUrls"]) == 1

    leases.end_lease(now=sandboxes.now(), lease=lease, reason="over")
    with pytest.raises(access.AccessEnded):
        tokens.credentials_for_token(now=sandboxes.now(), token=token)
    machine.turn()
    assert _is_refused(theirs)

    machine.until_state(lease, LeaseState.ENDED)
    following = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)
    assert following.account == lease.account
    assert _is_refused(theirs)
    fresh = _once_issued(following, BEN)
    assert len(sandboxes.client("sqs", fresh).list_queues()["QueueUrls"]) == 1
    assert _is_refused(theirs)


def _once_issued(lease: Lease, person: uuid.UUID) -> access.Credentials:
    """Ask until credentials are issued; a moment after a revocation none are, since they would be dead on arrival."""
    deadline = time.monotonic() + 15
    while True:
        try:
            return access.credentials_for_person(now=sandboxes.now(), lease=lease, person=person)
        except access.AccessUnavailable:
            assert time.monotonic() < deadline


def test_a_revocation_never_moves_backwards(machine: Machine, lease: Lease) -> None:
    assert lease.account is not None
    account = platform_session(str(lease.account.account_id))
    theirs = sandboxes.client("sqs", access.credentials_for_person(now=sandboxes.now(), lease=lease, person=ANN))
    moment = sandboxes.now().replace(microsecond=0) + timedelta(seconds=2)
    roles.revoke(account, before=moment)
    assert _is_refused(theirs)

    roles.revoke(account, before=moment - timedelta(minutes=1))
    leases.extend_lease(now=sandboxes.now(), lease=lease, ends_at=sandboxes.now() + timedelta(hours=2), actor=ANN)
    machine.until(lambda: not Lease.objects.filter(pk=lease.pk, step="limits").exists())

    assert roles.revoked_before(account) == moment
    assert _is_refused(theirs)


def test_no_session_is_issued_that_a_revocation_would_refuse(lease: Lease) -> None:
    assert lease.account is not None
    moment = sandboxes.now().replace(microsecond=0) + timedelta(minutes=1)
    roles.revoke(platform_session(str(lease.account.account_id)), before=moment)

    with pytest.raises(access.AccessUnavailable, match="a moment ago"):
        access.credentials_for_person(now=moment - timedelta(seconds=1), lease=lease, person=ANN)
    assert access.credentials_for_person(now=moment, lease=lease, person=ANN)


def test_access_ends_inside_aws_even_if_our_platform_is_dead(machine: Machine) -> None:
    lease = machine.until_state(sandboxes.request(hours=6 / 3600), LeaseState.ACTIVE)
    theirs = sandboxes.client("sqs", access.credentials_for_person(now=sandboxes.now(), lease=lease, person=ANN))
    assert theirs.list_queues()["QueueUrls"]

    deadline = time.monotonic() + 15
    while not _is_refused(theirs):
        assert time.monotonic() < deadline, "credentials outlived the lease"
    assert sandboxes.now() >= lease.ends_at.replace(microsecond=0)
    with pytest.raises(access.AccessEnded):
        access.credentials_for_person(now=lease.ends_at, lease=lease, person=ANN)


def test_a_moved_end_is_moved_inside_aws_too(machine: Machine) -> None:
    lease = machine.until_state(sandboxes.request(hours=6 / 3600), LeaseState.ACTIVE)
    first_end = lease.ends_at
    theirs = sandboxes.client("sqs", access.credentials_for_person(now=sandboxes.now(), lease=lease, person=ANN))

    leases.extend_lease(now=sandboxes.now(), lease=lease, ends_at=sandboxes.now() + timedelta(hours=2), actor=ANN)
    machine.until(lambda: not Lease.objects.filter(pk=lease.pk, step="limits").exists())

    deadline = time.monotonic() + 15
    while sandboxes.now() <= first_end:
        assert time.monotonic() < deadline
    assert theirs.list_queues()["QueueUrls"]
    assert machine.until_state(lease, LeaseState.ACTIVE).reason == "access has started"


def test_participants_are_kept_to_their_services_and_regions(lease: Lease) -> None:
    keys = access.credentials_for_person(now=sandboxes.now(), lease=lease, person=ANN)

    for service, region, operation, parameters in (
        ("kms", "us-east-1", "list_keys", {}),
        ("sqs", "eu-west-1", "list_queues", {}),
        ("iam", "us-east-1", "delete_role_policy", {"RoleName": "gameday-participant", "PolicyName": "revoked"}),
        ("organizations", "us-east-1", "list_accounts", {}),
    ):
        with pytest.raises(ClientError) as refusal:
            getattr(sandboxes.client(service, keys, region), operation)(**parameters)
        assert "AccessDenied" in refusal.value.response["Error"]["Code"]


def test_the_workbench_runs_as_the_person_and_journals_without_parameters(lease: Lease) -> None:
    answer = invocations.invoke_as_participant(
        now=sandboxes.now(),
        lease=lease,
        person=ANN,
        service="sqs",
        operation="create_queue",
        parameters={"QueueName": "from-the-workbench"},
    )

    assert answer["QueueUrl"].endswith("/from-the-workbench")
    entry = AuditEntry.objects.get(action="workbench.call", scope=lease.scope)
    assert entry.actor == ANN
    assert entry.details == {"service": "sqs", "operation": "create_queue", "region": "us-east-1", "result": "ok"}


def test_the_workbench_says_what_is_wrong_with_a_call(lease: Lease) -> None:
    def run(service: str, operation: str, **parameters: object) -> dict[str, Any]:
        return invocations.invoke_as_participant(
            now=sandboxes.now(),
            lease=lease,
            person=ANN,
            service=service,
            operation=operation,
            parameters=parameters,
        )

    with pytest.raises(Conflict, match="QueueName"):
        run("sqs", "create_queue")
    with pytest.raises(Denied, match="not authorized"):
        run("kms", "list_keys")


def test_probes_only_read(lease: Lease) -> None:
    lease = Lease.objects.select_related("account", "blueprint").get(pk=lease.pk)

    answer = invocations.invoke_as_platform(lease, "sqs", "list_queues", {})

    assert [url.rpartition("/")[2] for url in answer["QueueUrls"]] == ["orders"]
    with pytest.raises(Denied, match="only reads"):
        invocations.invoke_as_platform(lease, "sqs", "create_queue", {"QueueName": "no"})
