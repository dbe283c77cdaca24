"""A real gate process on a free port, and boto3 clients that talk to it over HTTP."""

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

SESSION = boto3.session.Session()
ROOT = Path(__file__).parents[3]
START_SECONDS = 60
ACCESS_ROLE = "OrganizationAccountAccessRole"


@dataclass(frozen=True)
class Keys:
    """What a caller signs with."""

    access_key_id: str
    secret: str
    token: str | None = None

    @classmethod
    def of(cls, credentials: dict[str, Any]) -> "Keys":
        """Take the credentials of an AssumeRole answer."""
        return cls(credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])


@dataclass(frozen=True)
class RunningGate:
    """The address of a gate process and its hub identity."""

    url: str
    hub: Keys

    def client(self, service: str, keys: Keys | None = None, region: str = "us-east-1") -> Any:
        """Make a boto3 client without retries; the hub's unless keys are given."""
        keys = keys or self.hub
        config = Config(retries={"mode": "standard", "total_max_attempts": 1}, signature_version="v4")
        if service == "s3":
            config = config.merge(Config(signature_version="s3v4"))
        return SESSION.client(
            service,
            region_name=region,
            endpoint_url=self.url,
            config=config,
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret,
            aws_session_token=keys.token,
        )

    def assume(self, role_arn: str, keys: Keys | None = None, **parameters: Any) -> Keys:
        """Assume a role and return its keys."""
        answer = self.client("sts", keys).assume_role(RoleArn=role_arn, RoleSessionName="tests", **parameters)
        return Keys.of(answer["Credentials"])

    def new_account(self) -> "Account":
        """Create a member account with a fresh e-mail address."""
        name = secrets.token_hex(6)
        status = self.client("organizations").create_account(Email=f"{name}@dodo.example", AccountName=name)
        account = status["CreateAccountStatus"]["AccountId"]
        return Account(account, self.assume(f"arn:aws:iam::{account}:role/{ACCESS_ROLE}"))


@dataclass(frozen=True)
class Account:
    """A member account and the platform's administrator session in it."""

    id: str
    admin: Keys

    @property
    def access_role(self) -> str:
        """The ARN of the role through which the hub enters."""
        return f"arn:aws:iam::{self.id}:role/{ACCESS_ROLE}"


@contextmanager
def running_gate(*options: str, **environment: str) -> Iterator[RunningGate]:
    """Start a gate process with these options, wait until it answers, stop it afterwards."""
    hub = Keys(secrets.token_hex(10).upper(), secrets.token_urlsafe(30))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "labs.local.gate", "--port", str(port), *options],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GATE_"))},
            "SIMULATOR_ACCESS_KEY_ID": hub.access_key_id,
            "SIMULATOR_SECRET_ACCESS_KEY": hub.secret,
            **environment,
        },
    )
    gate = RunningGate(f"http://127.0.0.1:{port}", hub)
    try:
        _wait_until_healthy(gate, process)
        gate.client("organizations").create_organization(FeatureSet="ALL")
        yield gate
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_until_healthy(gate: RunningGate, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{gate.url}/_gate/health", timeout=5).close()
            return
        except (URLError, TimeoutError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def refusal(call: Any, **parameters: Any) -> tuple[str, int]:
    """Make a call that must fail; return the error code and HTTP status that botocore parsed."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    assert "Error" in response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]
