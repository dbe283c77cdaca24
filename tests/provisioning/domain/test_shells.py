"""What the blocks for PowerShell say, since no PowerShell runs where these tests do."""

import re
import uuid
from datetime import UTC, datetime

import pytest
from pytest_django.fixtures import Settings

from provisioning.domain import shells
from provisioning.domain.access import AccessUnavailable, Credentials
from provisioning.domain.dialects import POSIX, POWERSHELL, powershell_quote
from provisioning.models import Account, Blueprint, Lease

ACCOUNT = "123456789012"
KEYS = Credentials("ASIA0", "it's $ecret`\u2019", "to/ken+=", datetime(2026, 5, 4, 10, 30, tzinfo=UTC), ACCOUNT)
STRING = "['\u2018\u2019\u201a\u201b]"


def _lease() -> Lease:
    return Lease(
        id=uuid.uuid4(), account=Account(account_id=ACCOUNT, name="one"), blueprint=Blueprint(regions=["eu-west-1"])
    )


def _read(literal: str) -> str:
    """Read a single-quoted string as PowerShell does: nothing in it has a meaning but a doubled quote."""
    found = re.fullmatch(f"{STRING}((?:{STRING}{{2}}|[^'\u2018\u2019\u201a\u201b])*){STRING}", literal)
    assert found, f"{literal} is not one string"
    return re.sub(f"({STRING}){STRING}", r"\1", found[1])


def _exported(block: str) -> dict[str, str]:
    lines = re.findall(r"^\$env:(\w+) = (['\u2018\u2019].*)$", block, re.MULTILINE)
    return {name: _read(literal) for name, literal in lines}


@pytest.mark.parametrize(
    "value", ["plain", "it's", "''", '$(Remove-Item x) `n "', "\u2018typographic\u2019 \u201a\u201b", ""]
)
def test_a_quoted_value_is_one_string_that_stands_for_itself(value: str) -> None:
    assert _read(powershell_quote(value)) == value


@pytest.mark.parametrize("mode", ["aws", "simulator"])
def test_powershell_gets_the_same_variables_as_the_other_shells(settings: Settings, mode: str) -> None:
    settings.AWS_MODE = mode
    settings.PUBLIC_AWS_ENDPOINT_URL = "http://127.0.0.1:4566"
    settings.PUBLIC_BASE_URL = "https://labs.example.com"

    for make in (
        lambda dialect: shells.shell_block(lease=_lease(), token="t-o_ken", dialect=dialect),
        lambda dialect: shells.exports_block(lease=_lease(), credentials=KEYS, dialect=dialect),
    ):
        names = set(re.findall(r"^export (\w+)=", make(POSIX), re.MULTILINE)) - {"AWS_CONFIG_FILE"}
        exported = _exported(make(POWERSHELL))
        assert set(exported) == names


def test_powershell_exports_the_keys_as_they_are() -> None:
    exported = _exported(shells.exports_block(lease=_lease(), credentials=KEYS, dialect=POWERSHELL))

    assert exported["AWS_SECRET_ACCESS_KEY"] == KEYS.secret_access_key
    assert exported["AWS_SESSION_TOKEN"] == KEYS.token
    assert exported["AWS_CREDENTIAL_EXPIRATION"] == "2026-05-04T10:30:00Z"
    assert exported["AWS_REGION"] == "eu-west-1"


def test_powershell_forgets_first_points_at_empty_files_and_asks_last() -> None:
    lines = shells.exports_block(lease=_lease(), credentials=KEYS, dialect=POWERSHELL).splitlines()

    assert lines[0] == 'Get-ChildItem Env:AWS_* | ForEach-Object { Remove-Item "Env:$($_.Name)" }'
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        assert f"$env:{name} = [System.IO.Path]::GetTempFileName()" in lines
    assert lines[-1] == (
        f"if ((aws sts get-caller-identity --query Account --output text) -eq '{ACCOUNT}') "
        f"{{ Write-Output 'RIGHT ACCOUNT {ACCOUNT}' }} "
        f"else {{ Write-Output 'STOP: this shell does not act in your sandbox {ACCOUNT}. Run nothing here.' }}"
    )


def test_a_lease_without_an_account_has_no_block() -> None:
    lease = Lease(id=uuid.uuid4(), account=None, blueprint=Blueprint(regions=["eu-west-1"]))
    with pytest.raises(AccessUnavailable, match="no account"):
        shells.process_block(lease=lease, token="t")


def test_a_site_without_tls_offers_no_block_that_sends_a_token_in_the_clear(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "http://labs.example.com"
    for block in (shells.shell_block, shells.process_block):
        with pytest.raises(AccessUnavailable, match="https only"):
            block(lease=_lease(), token="t")
