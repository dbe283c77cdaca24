"""`manage.py sweep` shows without touching, asks before it begins, and says plainly why it does not."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from accounts.models import AuditEntry
from provisioning.aws import sweeper
from provisioning.aws.sessions import platform_session
from provisioning.domain import leases
from provisioning.enums import AccountState
from provisioning.models import Account
from tests.provisioning import sandboxes
from tests.provisioning.rows import new_account
from tests.provisioning.sandboxes import REGION, Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def sweep(*arguments: str) -> str:
    out = StringIO()
    call_command("sweep", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def _available(machine: Machine) -> Account:
    lease = sandboxes.request()
    machine.until(lambda: Account.objects.filter(state=AccountState.AVAILABLE).exists(), only="account")
    leases.end_lease(now=machine.clock(), lease=lease, reason="not needed")
    return Account.objects.get()


def test_a_dry_run_tells_the_order_and_what_stays_and_changes_nothing(machine: Machine) -> None:
    account = _available(machine)
    session = platform_session(str(account.account_id))
    session.call("sqs", "create_queue", QueueName="planted")
    vpc = session.call("ec2", "create_vpc", CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnet = session.call("ec2", "create_subnet", VpcId=vpc, CidrBlock="10.7.0.0/24")["Subnet"]["SubnetId"]
    key = session.call("kms", "create_key")["KeyMetadata"]["KeyId"]
    session.call("kms", "schedule_key_deletion", KeyId=key, PendingWindowInDays=7)
    standing = sweeper.survey(session, [REGION])
    journal = AuditEntry.objects.count()

    plan: dict[str, Any] = json.loads(sweep(str(account.account_id), "--dry-run", "--json"))

    passes = [[each["arn"] for each in batch] for batch in plan["passes"]]
    owner = f"arn:aws:ec2:{REGION}:{account.account_id}"
    assert passes == [
        [f"{owner}:subnet/{subnet}", f"arn:aws:sqs:{REGION}:{account.account_id}:planted"],
        [f"{owner}:vpc/{vpc}"],
    ]
    reasons = {each["arn"]: each["reason"] for each in plan["kept"]}
    assert reasons[f"arn:aws:iam::{account.account_id}:role/platform/gameday-platform"] == "the platform's own"
    assert {arn for arn, why in reasons.items() if "baseline" in why} == set(account.baseline)
    assert [each["arn"] for each in plan["tombstones"]] == [f"arn:aws:kms:{REGION}:{account.account_id}:key/{key}"]
    assert (plan["missing"], plan["undecided"]) == ([], [])

    told = sweep(account.name, "--dry-run", "--region", REGION)
    assert told.index(f"subnet/{subnet}") < told.index("Pass 2") < told.index(f"vpc/{vpc}") < told.index("Kept:")
    assert sweeper.survey(session, [REGION]) == standing
    account.refresh_from_db()
    assert account.state == AccountState.AVAILABLE
    assert AuditEntry.objects.count() == journal


def test_a_sweep_is_done_by_the_machine_and_journaled(machine: Machine) -> None:
    account = _available(machine)
    session = platform_session(str(account.account_id))
    session.call("sqs", "create_queue", QueueName="planted")

    said = sweep(str(account.account_id), "--yes-account", str(account.account_id), "--json")

    assert json.loads(said) == {"account": account.account_id, "state": "cleaning", "step": "revoke"}
    assert session.items("sqs", "list_queues", "QueueUrls[]") != []  # Nothing is deleted in the foreground.
    entry = AuditEntry.objects.get(action="account.sweep")
    assert entry.subject == f"account:{account.account_id}"
    assert entry.details["before"] == "available"
    machine.until(lambda: Account.objects.filter(state=AccountState.AVAILABLE).exists(), only="account")
    assert session.items("sqs", "list_queues", "QueueUrls[]") == []


def test_what_is_wrong_is_said_and_nothing_begins(machine: Machine, settings: Settings) -> None:
    account = _available(machine)
    account_id = str(account.account_id)

    for arguments, words in (
        (["999999999999"], "no account '999999999999' in the pool"),
        ([account_id], "Nobody can confirm it here"),
        ([account_id, "--yes-account", "111111111111"], f"--yes-account 111111111111 is not {account_id}"),
        ([account_id, "--region", REGION], "--region goes with --dry-run"),
        ([account_id, "--dry-run", "--region", "eu-north-1"], "does not cover eu-north-1"),
    ):
        with pytest.raises(CommandError, match=words):
            sweep(*arguments)

    for state in (AccountState.LEASED, AccountState.CLEANING, AccountState.RETIRED, AccountState.BOOTSTRAPPING):
        Account.objects.update(state=state)
        with pytest.raises(CommandError, match=f"is {state}; only one at rest is swept"):
            sweep(account_id, "--yes-account", account_id)
    Account.objects.update(state=AccountState.AVAILABLE)

    fresh = new_account(sandboxes.now(), AccountState.QUARANTINED)
    with pytest.raises(CommandError, match="has no baseline yet"):
        sweep(str(fresh.account_id), "--dry-run")

    settings.AWS_ACCOUNT_BLOCK_LIST = [account_id]
    for arguments in (["--dry-run"], ["--yes-account", account_id]):
        with pytest.raises(CommandError, match="block list"):
            sweep(account_id, *arguments)
    settings.AWS_ACCOUNT_BLOCK_LIST = []

    sandboxes.deny_the_platform(account_id, "sns:ListTopics")
    with pytest.raises(CommandError, match="sns:ListTopics"):
        sweep(account_id, "--dry-run")

    account.refresh_from_db()
    assert account.state == AccountState.AVAILABLE
    assert not AuditEntry.objects.filter(action="account.sweep").exists()


def test_a_leased_account_is_left_to_its_lease(machine: Machine) -> None:
    lease = sandboxes.vended(machine)
    assert lease.account is not None
    account_id = str(lease.account.account_id)

    with pytest.raises(CommandError, match=f"held by the lease {lease.pk}"):
        sweep(account_id, "--yes-account", account_id)
