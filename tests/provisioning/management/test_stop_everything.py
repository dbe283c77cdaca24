"""The last resort, run as people run it: with no database and no Redis, against the real gate."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from django.conf import settings
from django.core.management import CommandError, call_command

from provisioning.aws import sessions, stopping
from provisioning.aws.sessions import bootstrap_session, hub_session, platform_session
from provisioning.domain import access
from provisioning.domain.access import Credentials
from provisioning.models import Account
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]

ROOT = Path(__file__).resolve().parents[3]
SOMEBODY = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.fixture(autouse=True)
def own_unit(settings: Any) -> None:
    """Keep the accounts of other tests out of it: they live in another unit of the same organization."""
    settings.AWS_SANDBOX_OU_NAME = f"stop-{uuid.uuid4().hex[:8]}"


def run(*arguments: str, typed: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command as a child process whose database and Redis are nowhere."""
    return subprocess.run(
        [sys.executable, "manage.py", "aws", "stop-everything", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": "postgres://nobody:nothing@127.0.0.1:1/absent",
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "AWS_SANDBOX_OU_NAME": settings.AWS_SANDBOX_OU_NAME,
        },
        input=typed,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def call(*arguments: str) -> tuple[int, str, str]:
    """Run the command in this process, where only what it says matters; return exit code, lines and error."""
    out = StringIO()
    try:
        call_command("aws", "stop-everything", *arguments, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), ""


def works(credentials: Credentials) -> bool:
    try:
        sandboxes.client("sqs", credentials).list_queues()
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDenied"
        return False
    return True


@pytest.fixture
def team(machine: Machine) -> Callable[[], tuple[Account, Credentials]]:
    """Vend a sandbox and hand out a person's credentials in it."""

    def vend() -> tuple[Account, Credentials]:
        lease = sandboxes.vended(machine)
        assert lease.account is not None
        return lease.account, access.credentials_for_person(now=sandboxes.now(), lease=lease, person=uuid.uuid4())

    return vend


def foreign_account() -> tuple[str, Credentials]:
    """Make an account outside the unit, with a role of the very same name and a session of it."""
    name = f"theirs-{uuid.uuid4().hex[:8]}"
    made = hub_session().call("organizations", "create_account", Email=f"{name}@example.com", AccountName=name)
    account_id = str(made["CreateAccountStatus"]["AccountId"])
    session = bootstrap_session(account_id)
    trust = json.dumps({"Version": "2012-10-17", "Statement": [SOMEBODY]})
    policy = json.dumps({"Version": "2012-10-17", "Statement": [EVERYTHING]})
    role = session.call(
        "iam", "create_role", RoleName="gameday-participant", Path="/platform/", AssumeRolePolicyDocument=trust
    )["Role"]
    session.call("iam", "put_role_policy", RoleName="gameday-participant", PolicyName="a", PolicyDocument=policy)
    keys = hub_session().call("sts", "assume_role", RoleArn=role["Arn"], RoleSessionName="theirs")["Credentials"]
    return account_id, Credentials(
        keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], keys["Expiration"], account_id
    )


def test_everybody_is_out_everywhere_and_nobody_else(team: Callable[[], tuple[Account, Credentials]]) -> None:
    (first, ann), (second, bob) = team(), team()
    foreign, theirs = foreign_account()
    assert (works(ann), works(bob), works(theirs)) == (True, True, True)

    code, said, _ = call("--dry-run")
    assert (code, works(ann)) == (0, True)
    assert f"{first.account_id} ({first.name})  would be stopped" in said

    done = run("--yes")

    assert done.returncode == 0, done.stderr
    assert (works(ann), works(bob), works(theirs)) == (False, False, True)
    lines = done.stdout.splitlines()
    assert sorted(lines[:-1]) == sorted(f"{each.account_id} ({each.name})  stopped" for each in (first, second))
    assert lines[-1] == "2 account(s), no failure."
    assert foreign not in done.stdout

    again = json.loads(call("--yes", "--json")[1])
    assert {each["result"] for each in again["accounts"]} == {"already stopped"}
    assert again["failed"] == []

    assert call("--undo", "--yes")[0] == 0
    assert (works(ann), works(bob)) == (True, True)


def test_one_account_s_failure_is_named_and_stops_none_of_the_others(
    team: Callable[[], tuple[Account, Credentials]],
) -> None:
    (broken, _), (well, bob) = team(), team()
    sandboxes.deny_the_platform(str(broken.account_id), "iam:PutRolePolicy")

    done = run("--yes")

    assert done.returncode == 1
    assert works(bob) is False
    assert f"1 of 2 account(s) could not be stopped completely: {broken.account_id}" in done.stderr
    assert f"{broken.account_id} ({broken.name})  FAILED" in done.stdout
    assert f"{well.account_id} ({well.name})  stopped" in done.stdout


def test_accounts_known_by_id_only_are_stopped_too(
    team: Callable[[], tuple[Account, Credentials]], tmp_path: Path
) -> None:
    account, ann = team()
    digits = str(account.account_id)
    file = tmp_path / "prepared.csv"
    file.write_text(f"account_id,owner\n{digits[:4]}-{digits[4:8]}-{digits[8:]},Team Red\n")

    code, said, _ = call("--accounts", str(file), "--only-listed", "--yes")

    assert (code, works(ann)) == (0, False)
    assert said.splitlines()[0] == f"{digits}  stopped"


def test_the_platform_s_own_account_is_refused() -> None:
    hub = hub_session().account_id
    code, said, _ = call(hub, "--only-listed", "--yes")
    assert code == 1
    assert f"{hub}  FAILED  HubAccount: it is the platform's own account" in said


def test_compute_is_stopped_and_not_deleted(team: Callable[[], tuple[Account, Credentials]]) -> None:
    account, _ = team()
    session = platform_session(str(account.account_id))
    made = session.call("ec2", "run_instances", ImageId="ami-12c6146b", MinCount=1, MaxCount=1)
    started = made["Instances"][0]["InstanceId"]

    code, said, error = call("--yes", "--stop-compute", "--region", "us-east-1")

    assert code == 0, said + error
    assert started in said
    found = session.call("ec2", "describe_instances", InstanceIds=[started])
    assert found["Reservations"][0]["Instances"][0]["State"]["Name"] == "stopped"


@pytest.mark.parametrize(("tag", "expected"), [("no", 0), (None, 1)])
def test_an_account_in_the_unit_that_is_not_known_as_ours_is_left_alone_and_named(
    team: Callable[[], tuple[Account, Credentials]], tag: str | None, expected: int
) -> None:
    _, ann = team()
    foreign, theirs = foreign_account()
    hub = hub_session()
    root = hub.items("organizations", "list_roots", "Roots[].Id")[0]
    units = hub.items("organizations", "list_organizational_units_for_parent", "OrganizationalUnits[]", ParentId=root)
    unit = next(each["Id"] for each in units if each["Name"] == settings.AWS_SANDBOX_OU_NAME)
    hub.call("organizations", "move_account", AccountId=foreign, SourceParentId=root, DestinationParentId=unit)
    if tag:
        hub.call("organizations", "tag_resource", ResourceId=foreign, Tags=[{"Key": "gameday:sandbox", "Value": tag}])

    code, said, error = call("--yes")

    # What says that it is not ours is let be; what says nothing may be ours, and that is a failure.
    assert (code, works(theirs), works(ann)) == (expected, True, False)
    assert foreign in said
    assert (foreign in error) == bool(expected)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["111111111111", "--only-listed"], "Nobody can confirm it here: add --yes."),
        (["12345", "--yes"], "'12345' is not an account id of 12 digits."),
        (["--only-listed", "--yes"], "--only-listed needs account ids"),
        (["--accounts", "/nowhere/ids.csv", "--yes"], "cannot be read"),
        (["--undo", "--stop-compute", "--yes"], "leave --stop-compute out"),
        (["--yes"], "--only-listed instead"),
    ],
)
def test_wrong_input_does_nothing_and_says_so(arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(""))
    code, _, error = call(*arguments)
    assert code == 1
    assert said in error
    assert "Nothing was done." in error


def test_a_session_in_another_account_is_never_used(
    team: Callable[[], tuple[Account, Credentials]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (first, ann), (second, bob) = team(), team()
    sessions.forget()
    assume, elsewhere = sessions._assume, str(second.account_id)
    monkeypatch.setattr(sessions, "_assume", lambda _account_id, role, **more: assume(elsewhere, role, **more))

    report = stopping.act(str(first.account_id), "", undo=False, compute_too=False, dry_run=False, regions=[])

    assert report.is_failure
    assert "WrongAccount" in report.detail
    assert (works(ann), works(bob)) == (True, True)
