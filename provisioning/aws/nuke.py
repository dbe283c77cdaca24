"""An optional pass of aws-nuke, where an installation has that program: a second broom, never a proof.

The program gets the platform role's short-lived keys through its environment and nothing else of ours, a configuration
that names this one account, and a bounded time. Its exit code is only told.
"""

import os
import signal
import subprocess
import tempfile
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from provisioning.aws.hub import HOME_REGION
from provisioning.aws.sessions import BOOTSTRAP_ROLE, PARTICIPANT_ROLE, PLATFORM_ROLE, Session

STOPPING_SECONDS = 5
SAID_BYTES = 400
# The default network stays, and so do the types of the program that would take it apart.
_NETWORK = (
    "EC2DHCPOption", "EC2DefaultSecurityGroupRule", "EC2InternetGateway", "EC2InternetGatewayAttachment",
    "EC2NetworkACL", "EC2RouteTable", "EC2SecurityGroup", "EC2Subnet", "EC2VPC",
)  # fmt: skip
# What the program calls our types, for leaving whole types alone of which something belongs to the account.
_NAMES: dict[str, tuple[str, ...]] = {
    "athena:data-catalog": ("AthenaDataCatalog",),
    "athena:work-group": ("AthenaWorkGroup",),
    "cloudformation:stack": ("CloudFormationStack",),
    "cloudtrail:trail": ("CloudTrailTrail",),
    "config:delivery-channel": ("ConfigServiceDeliveryChannel",),
    "config:recorder": ("ConfigServiceConfigurationRecorder",),
    "config:rule": ("ConfigServiceConfigRule",),
    "ec2:default-acl-entries": (),
    "ec2:default-group-rules": (),
    "ec2:default-routes": (),
    "ec2:dhcp-options": (),
    "ec2:internet-gateway": (),
    "ec2:network-acl": (),
    "ec2:prefix-list": (),  # AWS's own, which the program does not list.
    "ec2:route-table": (),
    "ec2:security-group": (),
    "ec2:subnet": (),
    "ec2:vpc": (),
    "events:bus": ("EventBus", "CloudWatchEventsBuses"),
    "events:rule": ("CloudWatchEventsRule", "CloudWatchEventsTarget"),
    "guardduty:detector": ("GuardDutyDetector",),
    "iam:instance-profile": ("IAMInstanceProfile", "IAMInstanceProfileRole"),
    "iam:oidc-provider": ("IAMOpenIDConnectProvider",),
    "iam:policy": ("IAMPolicy",),
    "iam:role": ("IAMRole", "IAMRolePolicy", "IAMRolePolicyAttachment"),
    "iam:saml-provider": ("IAMSAMLProvider",),
    "kms:alias": ("KMSAlias",),
    "kms:key": ("KMSKey", "KMSAlias"),
    "lambda:function": ("LambdaFunction",),
    "logs:log-group": ("CloudWatchLogsLogGroup",),
    "s3:bucket": ("S3Bucket", "S3Object"),
    "scheduler:schedule-group": ("SchedulerScheduleGroup",),
    "securityhub:hub": ("SecurityHub",),
    "sns:topic": ("SNSTopic", "SNSSubscription"),
}


class CannotBeLimited(Exception):
    """The account holds things of its own that the program cannot be told to leave."""


def configuration(
    *, account_id: str, regions: Collection[str], never: Collection[str], own_types: Collection[str]
) -> dict[str, Any]:
    """Return a configuration for one account that leaves our roles and every type in `own_types` alone.

    `never` are accounts that must not be touched. Raises CannotBeLimited for a type whose name there is not known.
    """
    if strange := sorted(set(own_types) - set(_NAMES)):
        raise CannotBeLimited(f"the account holds {', '.join(strange)} of its own")
    roles = sorted(role.rpartition("/")[2] for role in (PLATFORM_ROLE, PARTICIPANT_ROLE, BOOTSTRAP_ROLE))
    theirs = [{"type": "glob", "value": f"{role} -> *"} for role in roles]
    return {
        "regions": ["global", *sorted(regions)],
        "blocklist": sorted(never),
        "bypass-alias-check-accounts": [account_id],
        "accounts": {
            account_id: {
                "filters": {
                    "IAMRole": roles,
                    "IAMRolePolicy": theirs,
                    "IAMRolePolicyAttachment": theirs,
                    "IAMPolicy": [{"type": "glob", "value": f"arn:aws:iam::{account_id}:policy/platform/*"}],
                }
            }
        },
        "resource-types": {"excludes": sorted({*_NETWORK, *(name for kind in own_types for name in _NAMES[kind])})},
    }


def run(session: Session, *, binary: str, wanted: dict[str, Any], seconds: float) -> str:
    """Run the program over the session's account for at most so many seconds; return in words how it ended."""
    with tempfile.TemporaryDirectory(prefix="nuke-") as folder:
        path = Path(folder) / "configuration.yaml"
        path.write_text(yaml.safe_dump(wanted), encoding="utf-8")
        said = Path(folder) / "said.txt"
        command = [binary, "run", "--config", str(path), "--no-dry-run", "--no-prompt", "--no-alias-check"]
        with said.open("wb") as output:
            try:
                process = subprocess.Popen(
                    command,
                    cwd=folder,
                    env=_environment(session, folder),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                return f"aws-nuke could not be started: {error.strerror}"
            ended = _wait(process, seconds)
        last = said.read_bytes()[-SAID_BYTES:].decode("utf-8", "replace").strip().rpartition("\n")[2]
    if ended is None:
        return f"aws-nuke was stopped after {seconds:g} s; the last it said: {last}"
    return f"aws-nuke ended with {ended}; the last it said: {last}"


def _environment(session: Session, folder: str) -> dict[str, str]:
    keys = session.credentials
    return {
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_SESSION_TOKEN": keys.token or "",
        "AWS_REGION": HOME_REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": folder,
    }


def _wait(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the program and whatever it started, whether it still runs or not."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=STOPPING_SECONDS)
            return
