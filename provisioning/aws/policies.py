"""The documents that bound what a role may do. They are pure: the same lease always gives the same text."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provisioning.aws.sweeper import SERVICES

# These answer in us-east-1 or nowhere in particular, so a region condition would shut them off.
GLOBAL_ACTIONS = ["iam:*", "sts:*", "s3:ListAllMyBuckets", "s3:GetBucketLocation", "route53:*", "cloudfront:*"]
OURS = ["arn:aws:iam::*:role/platform/*", "arn:aws:iam::*:policy/platform/*"]
# The sweeper's own reach, and what a starter stack may contain.
PLATFORM_SERVICES = tuple(sorted({*SERVICES, "cloudformation", "sts"}))


@dataclass(frozen=True)
class Allowance:
    """What participants may use: IAM service prefixes, regions, and until when."""

    services: tuple[str, ...]
    regions: tuple[str, ...]
    ends_at: datetime


def text(document: dict[str, Any]) -> str:
    """Write a document in one canonical form, so that documents can be compared as text."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def iso(moment: datetime) -> str:
    """Write a moment as policies want it, in whole seconds of UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def trust(hub_account_id: str, *, external_id: str | None = None) -> dict[str, Any]:
    """Let the hub assume a role, name the person behind the session, and tag it."""
    principal = {"AWS": f"arn:aws:iam::{hub_account_id}:root"}
    if external_id is None:
        actions = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]
        return _document({"Effect": "Allow", "Principal": principal, "Action": actions})
    condition = {"StringEquals": {"sts:ExternalId": external_id}}
    return _document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition})


def platform() -> dict[str, Any]:
    """Let the platform build, read and delete what sandboxes hold; not leave, pay, or make users."""
    denied = ["organizations:*", "account:*", "iam:CreateUser", "iam:CreateAccessKey", "iam:CreateLoginProfile"]
    return _document(
        {"Effect": "Allow", "Action": [f"{service}:*" for service in PLATFORM_SERVICES], "Resource": "*"},
        {"Effect": "Deny", "Action": denied, "Resource": "*"},
    )


def _after_the_end(ends_at: datetime) -> dict[str, Any]:
    condition = {"DateGreaterThanEquals": {"aws:CurrentTime": iso(ends_at)}}
    return {"Sid": "Ended", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}


def participant(allowance: Allowance) -> dict[str, Any]:
    """Let participants use the allowed services until the end."""
    actions = [f"{service}:*" for service in sorted({*allowance.services, "sts"})]
    return _document(
        {"Sid": "Services", "Effect": "Allow", "Action": actions, "Resource": "*"}, _after_the_end(allowance.ends_at)
    )


def boundary(allowance: Allowance, *, boundary_arn: str) -> dict[str, Any]:
    """Bound the participant role, and with it every role that participants make."""
    elsewhere = {"StringNotEquals": {"aws:RequestedRegion": list(allowance.regions)}}
    unbounded = {"StringNotEquals": {"iam:PermissionsBoundary": boundary_arn}}
    return _document(
        {
            "Sid": "Services",
            "Effect": "Allow",
            "Action": [f"{service}:*" for service in sorted({*allowance.services, "sts"})],
            "Resource": "*",
        },
        _after_the_end(allowance.ends_at),
        {
            "Sid": "Regions",
            "Effect": "Deny",
            "NotAction": GLOBAL_ACTIONS,
            "Resource": "*",
            "Condition": elsewhere,
        },
        {"Sid": "Ours", "Effect": "Deny", "Action": ["iam:*", "sts:AssumeRole"], "Resource": OURS},
        {
            "Sid": "Users",
            "Effect": "Deny",
            "Action": ["iam:CreateUser", "iam:CreateAccessKey", "iam:CreateLoginProfile"],
            "Resource": "*",
        },
        {
            "Sid": "Unbounded",
            "Effect": "Deny",
            "Action": ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary"],
            "Resource": "*",
            "Condition": unbounded,
        },
    )


def refuse_issued_before(moment: datetime) -> dict[str, Any]:
    """End every session that was issued before a moment."""
    condition = {"DateLessThan": {"aws:TokenIssueTime": iso(moment)}}
    return _document({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition})


def refused_before(document: dict[str, Any]) -> datetime | None:
    """Return the moment in a document of `refuse_issued_before`; None when it is not one."""
    try:
        moment = datetime.fromisoformat(document["Statement"][0]["Condition"]["DateLessThan"]["aws:TokenIssueTime"])
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    return moment if document == refuse_issued_before(moment) else None
