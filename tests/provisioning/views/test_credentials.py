"""The credentials endpoint and the copied shell blocks, used by AWS's real command line and by boto3."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
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
from provisioning.domain import access, leases, shells, tokens
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


Shell = Callable[..., str]


@pytest.fixture
def employers_shell(tmp_path: Path) -> Shell:
    """Run a script in bash or zsh on a machine that belongs to somebody's employer; return what it prints."""
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

    def run(script: str, shell: str = "bash", path: str = "") -> str:
        executable = shutil.which(shell)
        if executable is None:
            pytest.fail(f"{shell} is not installed: run `make {shell}`.")
        done = subprocess.run(
            [executable, "-c", script],
            env=environment | ({"PATH": path} if path else {}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stdout + done.stderr

    return run


@pytest.fixture
def served(machine: Machine, live_server: LiveServer, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Lease:
    """A lease to play in, on a site that a shell can reach."""
    # A tool's kept-alive connection must not keep the test database open.
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    settings.PUBLIC_BASE_URL = live_server.url
    return sandboxes.vended(machine)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_shell_block_leads_into_the_right_account_and_nowhere_else(
    served: Lease, employers_shell: Shell, shell: str
) -> None:
    assert served.account is not None
    token = tokens.issue_token(now=sandboxes.now(), lease=served, person=ANN)
    block = shells.shell_block(lease=served, token=token)

    assert employers_shell(block, shell) == f"RIGHT ACCOUNT {served.account.account_id}\n"
    assert "/orders" in employers_shell(block + "aws sqs list-queues\n", shell)

    leases.end_lease(now=sandboxes.now(), lease=served, reason="over")
    refused = employers_shell(block, shell)
    assert "STOP: this shell does not act in your sandbox" in refused
    assert "RIGHT ACCOUNT" not in refused


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_exports_lead_there_too(served: Lease, employers_shell: Shell, shell: str) -> None:
    assert served.account is not None
    keys = access.credentials_for_person(now=sandboxes.now(), lease=served, person=ANN)

    printed = employers_shell(shells.exports_block(lease=served, credentials=keys), shell)

    assert printed == f"RIGHT ACCOUNT {served.account.account_id}\n"


ASK_BOTO3 = f"""{sys.executable} -c 'import boto3; print(boto3.client("sqs").list_queues()["QueueUrls"])'
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_profile_fetches_credentials_by_itself_for_the_command_line_and_boto3(
    served: Lease, employers_shell: Shell, tmp_path: Path, shell: str
) -> None:
    assert served.account is not None
    token = tokens.issue_token(now=sandboxes.now(), lease=served, person=ANN)
    block = shells.process_block(lease=served, token=token)
    folder = tmp_path / ".gameday" / str(served.account.account_id)

    printed = employers_shell(block + "aws sqs list-queues\n" + ASK_BOTO3, shell)

    assert printed.startswith(f"RIGHT ACCOUNT {served.account.account_id}\n")
    assert printed.count("/orders") == 2
    modes = {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())}
    assert modes == {folder.name: 0o700, "credentials": 0o700, "config": 0o600}
    assert token not in (folder / "config").read_text(encoding="utf-8")

    # The files alone are enough, in another shell and for a tool that knows only profiles.
    elsewhere = (
        f"unset ${{!AWS_*}} HTTP_PROXY; export AWS_CONFIG_FILE={folder}/config AWS_PROFILE=gameday\n" + ASK_BOTO3
    )
    assert "/orders" in employers_shell(elsewhere)

    leases.end_lease(now=sandboxes.now(), lease=served, reason="over")
    refused = employers_shell(block, shell)
    assert "AccessEnded" in refused
    assert "STOP: this shell does not act in your sandbox" in refused


@pytest.mark.django_db(transaction=True)
def test_without_curl_the_profile_uses_python(served: Lease, employers_shell: Shell, tmp_path: Path) -> None:
    assert served.account is not None
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "env", "sed", "mktemp", "mkdir", "cat", "rm", "chmod"):
        (tools / name).symlink_to(str(shutil.which(name)))
    (tools / "python3").symlink_to(sys.executable)
    (tools / "aws").symlink_to(Path(sys.executable).parent / "aws")
    token = tokens.issue_token(now=sandboxes.now(), lease=served, person=ANN)
    block = shells.process_block(lease=served, token=token)

    assert employers_shell(block, path=str(tools)) == f"RIGHT ACCOUNT {served.account.account_id}\n"

    leases.end_lease(now=sandboxes.now(), lease=served, reason="over")
    assert "AccessEnded" in employers_shell(block, path=str(tools))


@pytest.mark.django_db(transaction=True)
def test_the_token_of_the_profile_is_in_no_process_list(served: Lease, employers_shell: Shell, tmp_path: Path) -> None:
    assert served.account is not None
    token = tokens.issue_token(now=sandboxes.now(), lease=served, person=ANN)
    employers_shell(shells.process_block(lease=served, token=token))
    program = tmp_path / ".gameday" / str(served.account.account_id) / "credentials"
    seen = tmp_path / "seen"
    spies = tmp_path / "spies"
    spies.mkdir()
    for name in ("curl", "python3"):
        spy = spies / name
        spy.write_text(f'#!/bin/sh\nprintf "%s\\n" {name} "$@" >> {seen}\nexec {shutil.which(name)} "$@"\n')
        spy.chmod(0o755)

    answer = json.loads(employers_shell(str(program), path=f"{spies}:/usr/bin:/bin"))

    assert answer["Version"] == 1
    assert seen.read_text(encoding="utf-8").startswith("curl\n--config\n-\n")
    assert token not in seen.read_text(encoding="utf-8")


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
        deadline = time.monotonic() + 120
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
def test_a_shell_goes_on_across_the_end_of_its_session(served: Lease, employers_shell: Shell, tmp_path: Path) -> None:
    token = tokens.issue_token(now=sandboxes.now(), lease=served, person=ANN)
    first = access.credentials_for_person(now=sandboxes.now(), lease=served, person=ANN)
    release = tmp_path / "release"
    # The shell waits, with everything that it holds, until the session that it began with has ended.
    script = shells.shell_block(lease=served, token=token) + (
        f"aws sqs list-queues\nuntil [ -e {release} ]; do sleep 0.1; done\naws sqs list-queues\n"
    )
    with ThreadPoolExecutor() as threads:
        printing = threads.submit(employers_shell, script)
        _until_ended(first)
        release.touch()
        printed = printing.result()

    assert printed.count("/orders") == 2, printed


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("short_lived")
def test_one_long_command_outlives_the_session_that_it_began_with(
    served: Lease, employers_shell: Shell, tmp_path: Path
) -> None:
    token = tokens.issue_token(now=sandboxes.now(), lease=served, person=ANN)
    log = tmp_path / "log"
    log.touch()
    script = shells.shell_block(lease=served, token=token) + (
        f"aws --debug cloudformation wait stack-exists --stack-name late 2>{log} && echo EXISTS\n"
    )
    with ThreadPoolExecutor() as threads:
        printing = threads.submit(employers_shell, script)
        # One process has signed with two sessions; it still waits for what nobody has made yet.
        _until(lambda: len(set(re.findall(r"Credential=(ASIA\w+)/", log.read_text(encoding="utf-8")))) > 1)
        keys = access.credentials_for_person(now=sandboxes.now(), lease=served, person=ANN)
        sandboxes.client("cloudformation", keys).create_stack(
            StackName="late", TemplateBody=json.dumps({"Resources": {"Late": {"Type": "AWS::SNS::Topic"}}})
        )
        printed = printing.result()

    assert served.account is not None
    assert printed == f"RIGHT ACCOUNT {served.account.account_id}\nEXISTS\n"


def _until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline, "it did not come"


def _until_ended(keys: access.Credentials) -> None:
    client = sandboxes.client("sqs", keys)
    _until(lambda: not _works(client))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("short_lived")
def test_one_boto3_client_lives_on_across_the_end_of_its_session(
    served: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    token = tokens.issue_token(now=sandboxes.now(), lease=served, person=ANN)
    block = shells.shell_block(lease=served, token=token)
    for line in block.splitlines():
        if line.startswith(("export AWS_CONTAINER", "export AWS_ENDPOINT_URL")):
            name, _, value = line.removeprefix("export ").partition("=")
            monkeypatch.setenv(name, value)
    client: Any = boto3.session.Session().client("sqs", region_name="us-east-1")
    first = access.credentials_for_person(now=sandboxes.now(), lease=served, person=ANN)
    assert client.list_queues()["QueueUrls"]

    _until_ended(first)

    assert client.list_queues()["QueueUrls"]


def _works(client: Any) -> bool:
    try:
        client.list_queues()
    except client.exceptions.ClientError:
        return False
    return True


@pytest.mark.django_db
def test_the_endpoint_speaks_the_protocol(machine: Machine, client: Client) -> None:
    lease = sandboxes.vended(machine)
    token = tokens.issue_token(now=sandboxes.now(), lease=lease, person=ANN)

    answer = client.get(reverse("access-credentials"), headers={"authorization": token})

    assert answer.status_code == 200
    assert set(answer.json()) == {"AccessKeyId", "SecretAccessKey", "Token", "Expiration", "AccountId"}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_the_endpoint_speaks_credential_process_too(machine: Machine, client: Client) -> None:
    lease = sandboxes.vended(machine)
    token = tokens.issue_token(now=sandboxes.now(), lease=lease, person=ANN)

    answer = client.get(reverse("access-credential-process"), headers={"authorization": token})

    assert set(answer.json()) == {
        *("Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", "AccountId")
    }
    assert answer.json()["Version"] == 1
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
    token = tokens.issue_token(now=sandboxes.now(), lease=lease, person=ANN)

    answer = client.get(reverse("access-credentials"), headers={"authorization": token})

    assert (answer.status_code, answer.json()["code"]) == (403, "AccessNotYet")
