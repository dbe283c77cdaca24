"""aws-nuke is a second broom on a short leash: one account, our roles left out, its own keys only, a bounded time."""

import json
import sys
import time
from pathlib import Path

import pytest
import yaml
from pytest_django.fixtures import Settings

from provisioning.aws import nuke as program
from provisioning.aws import organization
from provisioning.aws.sessions import platform_session
from provisioning.domain import nuke
from provisioning.enums import AccountState
from provisioning.models import Account
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import REGION, Machine

pytestmark = [pytest.mark.services, pytest.mark.django_db]

STAND_IN = """#!{python}
import json, os, pathlib, sys, time
here = pathlib.Path(__file__).parent
configuration = pathlib.Path(sys.argv[sys.argv.index("--config") + 1]).read_text()
seen = {{"arguments": sys.argv[1:], "environment": dict(os.environ), "configuration": configuration}}
(here / "seen.json").write_text(json.dumps(seen))
print("12 resources were removed", flush=True)
time.sleep({seconds})
sys.exit({code})
"""


@pytest.fixture
def account(machine: Machine) -> Account:
    sandboxes.request()
    machine.until(lambda: Account.objects.filter(state=AccountState.AVAILABLE).exists(), only="account")
    return Account.objects.get()


def _stand_in(folder: Path, *, seconds: float = 0, code: int = 0) -> str:
    path = folder / "aws-nuke"
    path.write_text(STAND_IN.format(python=sys.executable, seconds=seconds, code=code))
    path.chmod(0o755)
    return str(path)


def test_it_gets_one_account_short_lived_keys_and_nothing_else(
    account: Account, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "somebody-elses")
    settings.AWS_NUKE_BINARY = _stand_in(tmp_path, code=3)
    settings.AWS_ACCOUNT_BLOCK_LIST = ["222222222222"]
    account_id = str(account.account_id)

    said = nuke.run(account)

    assert said == "aws-nuke ended with 3; the last it said: 12 resources were removed"
    seen = json.loads((tmp_path / "seen.json").read_text())
    assert seen["arguments"][0] == "run"
    assert {"--no-dry-run", "--no-prompt", "--no-alias-check"} <= set(seen["arguments"])
    keys = platform_session(account_id).credentials
    given = {name: value for name, value in seen["environment"].items() if name.startswith("AWS_")}
    assert given == {
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_SESSION_TOKEN": keys.token,
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    assert "DATABASE_URL" not in seen["environment"] and "SECRET_KEY" not in seen["environment"]
    configuration = yaml.safe_load(seen["configuration"])
    assert list(configuration["accounts"]) == [account_id]
    assert configuration["regions"] == ["global", REGION]
    assert configuration["blocklist"] == sorted([organization.hub_account_id(), "222222222222"])
    filters = configuration["accounts"][account_id]["filters"]
    assert filters["IAMRole"] == ["OrganizationAccountAccessRole", "gameday-participant", "gameday-platform"]
    assert {"EC2VPC", "EC2Subnet", "EC2DHCPOption"} <= set(configuration["resource-types"]["excludes"])
    assert not Path(seen["arguments"][2]).exists()


def test_it_is_stopped_in_time(account: Account, tmp_path: Path) -> None:
    binary = _stand_in(tmp_path, seconds=600)
    started = time.monotonic()

    said = program.run(platform_session(str(account.account_id)), binary=binary, wanted={}, seconds=3)

    assert said.startswith("aws-nuke was stopped after 3 s")
    assert time.monotonic() - started < 60


def test_it_is_not_run_where_it_cannot_be_told_what_to_leave(
    account: Account, settings: Settings, tmp_path: Path
) -> None:
    settings.AWS_NUKE_BINARY = _stand_in(tmp_path)
    session = platform_session(str(account.account_id))
    session.call("sqs", "create_queue", QueueName="the-companys")
    account.baseline = [*account.baseline, f"arn:aws:sqs:{REGION}:{account.account_id}:the-companys"]

    assert "was not run: the account holds sqs:queue of its own" in nuke.run(account)
    assert not (tmp_path / "seen.json").exists()


def test_a_missing_program_stops_nothing(account: Account, settings: Settings) -> None:
    settings.AWS_NUKE_BINARY = "/nowhere/aws-nuke"

    assert nuke.run(account) == "aws-nuke could not be started: No such file or directory"


def test_it_is_off_unless_it_is_named_and_never_runs_on_the_simulator(settings: Settings) -> None:
    wanted = []
    for mode, binary in (("aws", ""), ("simulator", "/usr/bin/aws-nuke"), ("aws", "/usr/bin/aws-nuke")):
        settings.AWS_MODE, settings.AWS_NUKE_BINARY = mode, binary
        wanted.append(nuke.is_wanted())

    assert wanted == [False, False, True]
