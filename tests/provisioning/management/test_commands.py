"""The terminal shows the pages' numbers, acts like the pages, and journals who sat there."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry
from provisioning.enums import AccountState, LeaseState
from provisioning.management import asking
from provisioning.models import Account, AccountMove, LeaseMove
from tests.provisioning import sandboxes
from tests.provisioning.rows import new_account, new_lease, new_staff

pytestmark = [pytest.mark.services, pytest.mark.django_db]

ROOT = Path(__file__).resolve().parents[3]


class Terminal(StringIO):
    """A stream that people look at."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def now() -> datetime:
    return sandboxes.now()


def run(*arguments: str, terminal: bool = False) -> str:
    out = Terminal() if terminal else StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_list_is_that_of_the_api(client: Client, now: datetime) -> None:
    client.force_login(new_staff())
    account = new_account(now, AccountState.LEASED)
    new_account(now, AccountState.QUARANTINED, reason="a bucket is left")
    new_lease(now, account=account)
    for command, name, key in (("accounts", "api_accounts", "accounts"), ("leases", "api_leases", "leases")):
        shown = json.loads(run(command, "list", "--json"))
        asked = client.get(reverse(name)).json()[key]

        def still(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
            return {row["id"]: {**row, "age_seconds": 0} for row in rows}

        assert still(shown) == still(asked)


def test_a_terminal_gets_an_aligned_table_and_a_pipe_plain_lines(now: datetime) -> None:
    account = new_account(now, AccountState.QUARANTINED, name="gameday-q", reason="a bucket\nis left " + "x" * 90)
    new_account(now)

    table = run("accounts", "list", terminal=True).splitlines()
    assert table[0].split() == ["ACCOUNT", "NAME", "STATE", "AGE", "HEALTH", "STEP", "NEXT", "TRIES", "REASON"]
    assert table[1].startswith(f"{account.account_id}  gameday-q")
    assert table[1].endswith("…")
    assert table[1].index("quarantined") == table[2].index("available") == table[0].index("STATE")

    lines = run("accounts", "list", "--state", "quarantined").splitlines()
    assert [line.split("\t")[:3] for line in lines] == [[str(account.account_id), "gameday-q", "quarantined"]]
    assert lines[0].endswith("x" * 90)


def test_filters_narrow(now: datetime) -> None:
    late = new_account(now, AccountState.VERIFYING, state_since=now - timedelta(hours=3), due_at=now)
    new_account(now)
    assert [row["id"] for row in json.loads(run("accounts", "list", "--overdue", "--json"))] == [late.account_id]
    assert json.loads(run("accounts", "list", "--search", "nothing-like-it", "--json")) == []
    lease = new_lease(now)
    assert [row["id"] for row in json.loads(run("leases", "list", "--scope", str(lease.scope), "--json"))] == [
        str(lease.pk)
    ]


def test_showing_one_tells_its_story(now: datetime) -> None:
    account = new_account(now, AccountState.LEASED, leftovers=["arn:aws:s3:::left"])
    lease = new_lease(now, account=account, reason="access has started", cost_usd=2, cost_at=now, budget_usd=10)

    shown = run("accounts", "show", str(account.account_id), terminal=True)
    for said in (f"lease       {lease.pk}", "arn:aws:s3:::left", "lease active", "access has started"):
        assert said in shown
    assert "2.00 of 10.00 USD" in run("leases", "show", str(lease.pk)[:8])
    assert json.loads(run("leases", "show", str(lease.pk), "--json"))["moves"][0]["to"] == "active"


def test_acting_is_journaled_with_the_person_at_the_terminal(now: datetime) -> None:
    account = new_account(now, AccountState.QUARANTINED, baseline_regions=["us-east-1"])

    said = run("accounts", "retry", str(account.account_id), "--reason", "the bucket was unlocked")

    assert said == f"Account {account} is tried again now.\n"
    move = AccountMove.objects.get()
    assert (move.actor, move.to_state) == (None, AccountState.CLEANING)
    assert "the bucket was unlocked" in move.reason
    entry = AuditEntry.objects.get(action="terminal.act")
    assert entry.actor is None
    assert entry.details == {
        "command": "accounts retry",
        "os_user": asking.os_user(),
        "reason": "the bucket was unlocked",
    }


@pytest.mark.parametrize(
    ("arguments", "state", "after"),
    [
        (["freeze", "--stop-compute"], LeaseState.ACTIVE, LeaseState.FROZEN),
        (["unfreeze"], LeaseState.FROZEN, LeaseState.ACTIVE),
        (["swap"], LeaseState.PROVISIONING, LeaseState.REQUESTED),
        (["retry"], LeaseState.FAILED, LeaseState.REQUESTED),
        (["end", "--yes"], LeaseState.ACTIVE, LeaseState.ENDING),
    ],
)
def test_leases_are_acted_on(now: datetime, arguments: list[str], state: str, after: str) -> None:
    account = new_account(now, AccountState.LEASED) if state != LeaseState.FAILED else None
    lease = new_lease(now - timedelta(minutes=1), state, account=account)
    done = json.loads(run("leases", arguments[0], str(lease.pk)[:8], *arguments[1:], "--reason", "smoke", "--json"))
    lease.refresh_from_db()
    assert (lease.state, done["lease"]["state"]) == (after, after)
    assert lease.stops_compute == ("--stop-compute" in arguments)


def test_a_lease_is_extended_by_hours_or_to_a_time(now: datetime) -> None:
    lease = new_lease(now)
    ends_at = lease.ends_at
    run("leases", "extend", str(lease.pk), "--hours", "1.5", "--reason", "they asked")
    lease.refresh_from_db()
    assert lease.ends_at == ends_at + timedelta(hours=1, minutes=30)

    run("leases", "extend", str(lease.pk), "--until", "2099-05-04T18:00", "--reason", "they asked")
    lease.refresh_from_db()
    assert lease.ends_at == datetime(2099, 5, 4, 18, tzinfo=UTC)


def test_accounts_are_registered_and_confirmed(now: datetime, tmp_path: Path) -> None:
    file = tmp_path / "ids.csv"
    file.write_text("account_id\n888800000011\n888800000012\n")
    assert run("accounts", "register", str(file)).startswith("2 account(s) registered.")
    account = Account.objects.get(account_id="888800000011")
    account.inventory = {"at": now.isoformat(), "regions": ["us-east-1"], "owner": "organization", "resources": []}
    account.save()

    with pytest.raises(CommandError, match="is not 888800000011"):
        run("accounts", "confirm", "888800000011", "--typed-id", "888800000012")
    run("accounts", "confirm", "888800000011", "--typed-id", "888800000011")

    account.refresh_from_db()
    assert account.confirmed_at is not None


def test_what_destroys_is_confirmed_by_typing_the_name(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    account = new_account(now)
    retire = ("accounts", "retire", str(account.account_id), "--reason", "back to finance")
    monkeypatch.setattr("sys.stdin", StringIO(""))
    with pytest.raises(CommandError, match="add --yes"):
        run(*retire)
    monkeypatch.setattr("sys.stdin", Terminal("something\n"))
    with pytest.raises(CommandError, match="not what was asked for"):
        run(*retire)
    account.refresh_from_db()
    assert account.state == AccountState.AVAILABLE

    monkeypatch.setattr("sys.stdin", Terminal(f"{account.account_id}\n"))
    run(*retire)
    account.refresh_from_db()
    assert account.state == AccountState.RETIRED


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["accounts", "show", "999999999999"], "There is no account '999999999999' in the pool."),
        (["leases", "show", "abcdef12"], "There is no lease 'abcdef12'"),
        (["accounts", "retry", "ACCOUNT", "--reason", "why not"], "“Retry” does nothing there"),
        (["accounts", "release", "ACCOUNT", "--reason", "why not"], "“Release” does nothing there"),
        (["accounts", "quarantine", "ACCOUNT", "--reason", "x"], "at least 3 characters"),
        (["leases", "unfreeze", "LEASE", "--reason", "why not"], "“Unfreeze” does nothing there"),
        (["leases", "extend", "LEASE", "--until", "soon", "--reason", "why not"], "'soon' is not a time"),
        (["leases", "extend", "LEASE", "--until", "2001-13-01", "--reason", "why not"], "is not a time"),
        (["leases", "extend", "LEASE", "--hours", "0", "--reason", "why not"], "--hours must be more than 0"),
        (["accounts", "register", "/nowhere/ids.csv"], "cannot be read"),
        (["accounts", "list", "--state", "nonsense"], "invalid choice: 'nonsense'"),
        (["accounts", "retry", "ACCOUNT"], "required: --reason"),
        (["accounts"], "required: subcommand"),
    ],
)
def test_wrong_input_changes_nothing_and_says_so(now: datetime, arguments: list[str], said: str) -> None:
    account, lease = new_account(now), new_lease(now)
    names = {"ACCOUNT": str(account.account_id), "LEASE": str(lease.pk)}
    with pytest.raises(CommandError, match=re.escape(said)):
        run(*(names.get(each, each) for each in arguments))
    assert (AccountMove.objects.count(), LeaseMove.objects.count(), AuditEntry.objects.count()) == (0, 1, 0)


def test_the_exit_code_and_the_help_are_there_for_scripts() -> None:
    for command in ("accounts", "leases"):
        helped = subprocess.run(
            [sys.executable, "manage.py", command, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert "examples:" in helped.stdout
        assert f"manage.py {command} list" in helped.stdout
    wrong = subprocess.run(
        [sys.executable, "manage.py", "aws", "nonsense"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr
