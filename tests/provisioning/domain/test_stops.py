"""One person's access is stopped, and allowed again, while the team's goes on; asked of the gate by real clients."""

import json
import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from accounts.models import AuditEntry
from provisioning.aws import roles
from provisioning.aws.policies import Refused
from provisioning.aws.sessions import platform_session
from provisioning.domain import access, leases, stops, tokens
from provisioning.enums import LeaseState
from provisioning.models import AccessStop, Lease
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]

ANN, BEN, OLIVE = uuid.UUID(int=0xA), uuid.UUID(int=0xB), uuid.UUID(int=0xC)


@pytest.fixture
def lease(machine: Machine) -> Lease:
    blueprint = sandboxes.blueprint(services=[*sandboxes.SERVICES, "iam"])
    return sandboxes.vended(machine, blueprint)


def _works(client: Any) -> bool:
    try:
        client.list_queues()
    except ClientError:
        return False
    return True


def _keys(lease: Lease, person: uuid.UUID) -> access.Credentials:
    """Return a person's keys as soon as they are given out."""
    deadline = time.monotonic() + 15
    while True:
        try:
            lease.refresh_from_db()
            return access.credentials_for_person(now=sandboxes.now(), lease=lease, person=person)
        except access.AccessUnavailable:
            assert time.monotonic() < deadline


def _stop(lease: Lease, person: uuid.UUID = ANN) -> AccessStop:
    return stops.stop_person(now=sandboxes.now(), lease=lease, person=person, actor=OLIVE, reason="Keys were posted.")


def _allow(lease: Lease, person: uuid.UUID = ANN) -> bool:
    return stops.allow_person(now=sandboxes.now(), lease=lease, person=person, actor=OLIVE, reason="New laptop.")


def _settle(machine: Machine, lease: Lease) -> None:
    machine.until(lambda: not Lease.objects.filter(pk=lease.pk).exclude(step="").exists())


def test_a_stop_ends_one_persons_tokens_and_sessions_within_a_tick_and_nobody_elses(
    machine: Machine, lease: Lease
) -> None:
    anns_token = tokens.issue_token(now=sandboxes.now(), lease=lease, person=ANN)
    bens_token = tokens.issue_token(now=sandboxes.now(), lease=lease, person=BEN)
    anns, bens = (sandboxes.client("sqs", _keys(lease, person)) for person in (ANN, BEN))

    _stop(lease)
    lease.refresh_from_db()
    with pytest.raises(access.AccessStopped, match=r"\(Keys were posted\)"):
        access.credentials_for_person(now=sandboxes.now(), lease=lease, person=ANN)
    with pytest.raises(access.AccessStopped):
        tokens.credentials_for_token(now=sandboxes.now(), token=anns_token)
    with pytest.raises(access.AccessStopped):
        tokens.issue_token(now=sandboxes.now(), lease=lease, person=ANN)
    machine.turn()

    assert (_works(anns), _works(bens)) == (False, True)
    assert tokens.credentials_for_token(now=sandboxes.now(), token=bens_token)


def test_a_stop_reaches_the_roles_that_the_person_chained_to(machine: Machine, lease: Lease) -> None:
    keys = _keys(lease, ANN)
    chained = sandboxes.client("sqs", _chain(keys))
    assert _works(chained)

    _stop(lease)
    _settle(machine, lease)

    assert not _works(chained)


def test_a_revocation_reaches_those_roles_too(machine: Machine, lease: Lease) -> None:
    assert lease.account is not None
    chained = sandboxes.client("sqs", _chain(_keys(lease, ANN)))
    moment = sandboxes.now() + timedelta(seconds=1)
    roles.revoke(platform_session(str(lease.account.account_id)), before=moment)
    leases.extend_lease(now=sandboxes.now(), lease=lease, ends_at=lease.ends_at + timedelta(hours=1))

    _settle(machine, lease)

    assert not _works(chained)


def _chain(keys: access.Credentials) -> access.Credentials:
    """Make a bounded role as a participant, and assume it."""
    trust = {"Effect": "Allow", "Principal": {"AWS": keys.account_id}}
    trust["Action"] = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]  # type: ignore[assignment]
    iam = sandboxes.client("iam", keys)
    role = iam.create_role(
        RoleName="helper",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        PermissionsBoundary=f"arn:aws:iam::{keys.account_id}:policy/platform/gameday-boundary",
    )["Role"]
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_role_policy(RoleName="helper", PolicyName="all", PolicyDocument=json.dumps(everything))
    answer = sandboxes.client("sts", keys).assume_role(RoleArn=role["Arn"], RoleSessionName="helping")["Credentials"]
    return access.Credentials(
        answer["AccessKeyId"],
        answer["SecretAccessKey"],
        answer["SessionToken"],
        answer["Expiration"],
        keys.account_id,
    )


def test_whoever_is_allowed_again_gets_new_keys_that_work_and_the_old_ones_stay_dead(
    machine: Machine, lease: Lease
) -> None:
    old = sandboxes.client("sqs", _keys(lease, ANN))
    old_token = tokens.issue_token(now=sandboxes.now(), lease=lease, person=ANN)
    bens = sandboxes.client("sqs", _keys(lease, BEN))
    _stop(lease)
    _settle(machine, lease)
    assert not _works(old)

    assert _allow(lease)
    lease.refresh_from_db()
    with pytest.raises(access.AccessUnavailable, match="allowed again a moment ago"):
        access.credentials_for_person(now=sandboxes.now(), lease=lease, person=ANN)
    _settle(machine, lease)

    assert _works(sandboxes.client("sqs", _keys(lease, ANN)))
    assert (_works(old), _works(bens)) == (False, True)
    with pytest.raises(tokens.UnknownToken):
        tokens.credentials_for_token(now=sandboxes.now(), token=old_token)


def test_allowed_again_before_aws_was_told_of_the_stop_the_old_keys_die_all_the_same(
    machine: Machine, lease: Lease
) -> None:
    old = sandboxes.client("sqs", _keys(lease, ANN))
    _stop(lease)
    _allow(lease)
    _settle(machine, lease)

    assert _works(sandboxes.client("sqs", _keys(lease, ANN)))
    assert not _works(old)


def test_stopping_and_allowing_twice_change_nothing(machine: Machine, lease: Lease) -> None:
    assert _stop(lease) == _stop(lease)
    assert (_allow(lease), _allow(lease)) == (True, False)
    _stop(lease)

    assert stops.refused_people(lease) == (Refused(str(ANN), None),)
    entries = AuditEntry.objects.filter(scope=lease.scope, action__in=["access.stop", "access.allow"])
    assert [(entry.action, entry.actor, entry.details["person"]) for entry in entries.order_by("id")] == [
        ("access.stop", OLIVE, str(ANN)),
        ("access.allow", OLIVE, str(ANN)),
        ("access.stop", OLIVE, str(ANN)),
    ]


def test_a_stop_before_access_starts_keeps_the_person_out_when_it_does(machine: Machine) -> None:
    lease = sandboxes.request()
    _stop(lease)

    machine.until_state(lease, LeaseState.ACTIVE)

    with pytest.raises(access.AccessStopped):
        access.credentials_for_person(now=sandboxes.now(), lease=lease, person=ANN)
    assert access.credentials_for_person(now=sandboxes.now(), lease=lease, person=BEN)


def test_a_lease_that_is_over_has_nobody_to_stop(machine: Machine, lease: Lease) -> None:
    leases.end_lease(now=sandboxes.now(), lease=lease, reason="over")

    with pytest.raises(access.AccessEnded):
        _stop(lease)
    assert not AccessStop.objects.exists()


def test_a_freeze_pauses_everybody_and_a_cached_session_from_before_it_is_not_handed_out_after(lease: Lease) -> None:
    before = _keys(lease, ANN)
    Lease.objects.filter(pk=lease.pk).update(state=LeaseState.FROZEN, state_since=sandboxes.now())
    lease.refresh_from_db()
    with pytest.raises(access.AccessPaused, match="frozen"):
        access.credentials_for_person(now=sandboxes.now(), lease=lease, person=ANN)

    Lease.objects.filter(pk=lease.pk).update(state=LeaseState.ACTIVE, state_since=sandboxes.now())

    assert _keys(lease, ANN).access_key_id != before.access_key_id
