"""The credentials endpoint and the copied shell blocks, used by AWS's real command line and by boto3."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from django.db import connections
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from labs.local.ports import choose_port
from provisioning.aws import sessions
from provisioning.domain import access, leases, shells
from provisioning.enums import LeaseState
from provisioning.models import Lease
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine

pytestmark = pytest.mark.services

ANN = uuid.UUID(int=0xA)
HOSTILE = """[default]
aws_access_key_id = AKIAEMPLOYEREMPLOYER
aws_secret_access_key = employer
region = eu-west-3
endpoint_url = http://127.0.0.1:1
"""


@pytest.fixture
def employers_shell(tmp_path: Path) -> Callable[[str], str]:
    """Run a script in bash on a machine that belongs to somebody's employer; return what it prints."""
    (tmp_path / ".aws").mkdir()
    for name in ("config", "credentials"):
        (tmp_path / ".aws" / name).write_text(HOSTILE, encoding="utf-8")
    environment = {
        "HOME": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "AWS_ACCESS_KEY_ID": "AKIAEMPLOYEREMPLOYER",
        "AWS_SECRET_ACCESS_KEY": "employer",
        "AWS_SESSION_TOKEN": "employer",
        "AWS_PROFILE": "default",
        "AWS_ROLE_ARN": "arn:aws:iam::999999999999:role/employer",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere",
        "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1",
        "HTTP_PROXY": "http://127.0.0.1:1",
    }

    def run(script: str) -> str:
        done = subprocess.run(
            ["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.stdout + done.stderr

    return run


@pytest.fixture
def served(machine: Machine, live_server: LiveServer, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Lease:
    """A lease to play in, on a site that a shell can reach."""
    # A tool's kept-alive connection must not keep the test database open.
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    settings.PUBLIC_BASE_URL = live_server.url
    return machine.until_state(sandboxes.request(), LeaseState.ACTIVE)


@pytest.mark.django_db(transaction=True)
def test_the_shell_block_leads_into_the_right_account_and_nowhere_else(
    served: Lease, employers_shell: Callable[[str], str], machine: Machine
) -> None:
    assert served.account is not None
    token = access.issue_token(now=sandboxes.now(), lease=served, person=ANN)
    block = shells.shell_block(lease=served, token=token)

    assert employers_shell(block) == f"RIGHT ACCOUNT {served.account.account_id}\n"
    assert "/orders" in employers_shell(block + "aws sqs list-queues\n")

    leases.end_lease(now=sandboxes.now(), lease=served, reason="over")
    refused = employers_shell(block)
    assert "STOP: this shell does not act in your sandbox" in refused
    assert "RIGHT ACCOUNT" not in refused


@pytest.mark.django_db(transaction=True)
def test_the_exports_lead_there_too(served: Lease, employers_shell: Callable[[str], str]) -> None:
    assert served.account is not None
    keys = access.credentials_for_person(now=sandboxes.now(), lease=served, person=ANN)

    printed = employers_shell(shells.exports_block(lease=served, credentials=keys))

    assert printed == f"RIGHT ACCOUNT {served.account.account_id}\n"


@pytest.fixture
def short_lived(settings: Settings) -> Iterator[None]:
    """A gate of its own whose sessions end after a few seconds."""
    port = choose_port()
    environment = {
        **os.environ,
        "GATE_SESSION_SECONDS": "5",
        "SIMULATOR_ACCESS_KEY_ID": settings.SIMULATOR_ACCESS_KEY_ID,
        "SIMULATOR_SECRET_ACCESS_KEY": settings.SIMULATOR_SECRET_ACCESS_KEY,
    }
    gate = subprocess.Popen([sys.executable, "-m", "labs.local.gate", "--port", str(port)], env=environment)
    settings.SIMULATOR_ENDPOINT_URL = settings.PUBLIC_AWS_ENDPOINT_URL = f"http://127.0.0.1:{port}"
    settings.ACCESS_MINIMUM_LEFT_SECONDS = 1
    sessions.forget()
    try:
        deadline = time.monotonic() + 30
        while not _answers(port):
            assert time.monotonic() < deadline, "the gate did not start"
        yield
    finally:
        gate.terminate()
        gate.wait(10)
        sessions.forget()


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/_gate/health", timeout=1).ok
    except requests.ConnectionError:
        return False


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("short_lived")
def test_one_boto3_client_lives_on_across_the_end_of_its_session(
    served: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    token = access.issue_token(now=sandboxes.now(), lease=served, person=ANN)
    block = shells.shell_block(lease=served, token=token)
    for line in block.splitlines():
        if line.startswith(("export AWS_CONTAINER", "export AWS_ENDPOINT_URL")):
            name, _, value = line.removeprefix("export ").partition("=")
            monkeypatch.setenv(name, value)
    client: Any = boto3.session.Session().client("sqs", region_name="us-east-1")
    first = access.credentials_for_person(now=sandboxes.now(), lease=served, person=ANN)
    assert client.list_queues()["QueueUrls"]

    with_the_first_keys = sandboxes.client("sqs", first)
    deadline = time.monotonic() + 30
    while _works(with_the_first_keys):
        assert time.monotonic() < deadline, "the session did not end"

    assert client.list_queues()["QueueUrls"]


def _works(client: Any) -> bool:
    try:
        client.list_queues()
    except client.exceptions.ClientError:
        return False
    return True


@pytest.mark.django_db
def test_the_endpoint_speaks_the_protocol(machine: Machine, client: Client) -> None:
    lease = machine.until_state(sandboxes.request(), LeaseState.ACTIVE)
    token = access.issue_token(now=sandboxes.now(), lease=lease, person=ANN)

    answer = client.get(reverse("access-credentials"), headers={"authorization": token})

    assert answer.status_code == 200
    assert set(answer.json()) == {"AccessKeyId", "SecretAccessKey", "Token", "Expiration", "AccountId"}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize(("token", "status", "code"), [(None, 400, "MissingToken"), ("invented", 401, "UnknownToken")])
def test_a_missing_or_unknown_token_is_refused(client: Client, token: str | None, status: int, code: str) -> None:
    headers = {"authorization": token} if token else {}

    answer = client.get(reverse("access-credentials"), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]


@pytest.mark.django_db
def test_before_access_starts_the_endpoint_says_so(client: Client) -> None:
    lease = sandboxes.request()
    token = access.issue_token(now=sandboxes.now(), lease=lease, person=ANN)

    answer = client.get(reverse("access-credentials"), headers={"authorization": token})

    assert (answer.status_code, answer.json()["code"]) == (403, "AccessNotYet")


@pytest.mark.django_db
def test_a_site_without_tls_offers_no_block_that_the_tools_would_refuse(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "http://labs.example.com"
    with pytest.raises(access.AccessUnavailable, match="https only"):
        shells.shell_block(lease=sandboxes.request(), token="t")
