"""What fails is tried again, then elsewhere, and at last said plainly."""

import json

import pytest
from django.db import DatabaseError, transaction

from provisioning.aws import sessions
from provisioning.aws.errors import AwsError, Conflict, Denied, Transient
from provisioning.aws.sessions import bootstrap_session
from provisioning.domain import failures
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, CleanCertificate, LeaseMove
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def test_a_blueprint_that_cannot_stand_fails_after_three_accounts_which_come_back(machine: Machine) -> None:
    broken = sandboxes.blueprint(
        readiness=[{**sandboxes.READINESS[0], "label": "the flaw is there", "expect": "Attributes.Nothing == 'x'"}]
    )

    lease = machine.until_state(sandboxes.request(broken), LeaseState.FAILED)

    assert lease.reason.startswith("3 accounts were tried; the last: readiness failed: Not ready: the flaw is there")
    machine.until(lambda: set(Account.objects.values_list("state", flat=True)) == {AccountState.AVAILABLE})


def test_what_aws_says_of_a_wrong_template_is_told(machine: Machine) -> None:
    demanding = json.dumps({**sandboxes.TEMPLATE, "Parameters": {"Size": {"Type": "String"}}})

    lease = machine.until_state(sandboxes.request(sandboxes.blueprint(template=demanding)), LeaseState.FAILED)

    assert "stack failed: create_stack: " in lease.reason
    assert "Size" in lease.reason


def test_an_unknown_placeholder_is_named(machine: Machine) -> None:
    broken = sandboxes.blueprint(seed=[{**sandboxes.SEED[0], "parameters": {"QueueUrl": "${outputs.Nothing}"}}])

    lease = machine.until_state(sandboxes.request(broken), LeaseState.FAILED)

    assert "${outputs.Nothing} stands for nothing here" in lease.reason
    assert "outputs.QueueUrl" in lease.reason


def test_an_account_at_fault_is_quarantined_and_the_lease_moves_to_a_spare(machine: Machine) -> None:
    lease = sandboxes.request()

    machine.until(lambda: Account.objects.filter(state=AccountState.AVAILABLE).exists(), only="account")
    bad = Account.objects.get()
    trust = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    bootstrap_session(str(bad.account_id)).call(
        "iam",
        "update_assume_role_policy",
        RoleName="gameday-platform",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    sessions.forget()

    machine.until_state(lease, LeaseState.ACTIVE)

    bad.refresh_from_db()
    assert bad.state == AccountState.QUARANTINED
    assert "identity failed" in bad.reason
    assert lease.account != bad
    assert lease.attempt == 2


@pytest.mark.parametrize("fact", [LeaseMove, CleanCertificate])
def test_facts_cannot_be_changed_or_removed(machine: Machine, fact: type[LeaseMove] | type[CleanCertificate]) -> None:
    machine.until_state(sandboxes.request(), LeaseState.RESERVED, LeaseState.ACTIVE)
    rows = fact._default_manager.all()
    assert rows

    for change in (lambda: rows.update(at=sandboxes.now()), rows.delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (Transient("Throttling", "Rate exceeded"), failures.TRANSIENT_TRIES),
        (Denied("ExpiredToken", "The security token is expired"), failures.TRANSIENT_TRIES),
        (Denied("InvalidClientTokenId", "The hub's key is not known"), failures.TRANSIENT_TRIES),
        (Denied("AccessDenied", "Not authorized"), failures.OTHER_TRIES),
        (Conflict("DependencyViolation", "In use"), failures.OTHER_TRIES),
    ],
)
def test_patience_is_longer_with_what_is_not_the_accounts_fault(error: AwsError, tries: int) -> None:
    assert not failures.is_exhausted(error, tries - 1)
    assert failures.is_exhausted(error, tries)
