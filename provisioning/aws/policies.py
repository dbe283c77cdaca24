"""The documents that bound what a role may do. They are pure: the same lease always gives the same text."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from provisioning.aws import allowances, denials, sizes
from provisioning.aws.allowances import ANYBODY, Allowance, Refused
from provisioning.aws.denials import Denial
from provisioning.aws.sizes import text
from provisioning.aws.sweeper import SERVICES

__all__ = [
    "ANYBODY",
    "Allowance",
    "Refused",
    "boundary",
    "iso",
    "participant",
    "platform",
    "refuse_issued_before",
    "refused_before",
    "text",
    "trust",
]

# Starter stacks hold only what the sweeper can delete, so its reach is the platform's.
PLATFORM_SERVICES = tuple(sorted({*SERVICES, "cloudformation", "iam"}))
# What else `manage.py aws check` and checks of inventories read, and one question that is always allowed.
PLATFORM_READS = (
    "cloudtrail:DescribeTrails", "config:Describe*", "servicequotas:GetServiceQuota", "sts:GetCallerIdentity",
    "tag:GetResources",
)  # fmt: skip
# The rest of what the inline policies of the participants' role may hold together is for revocations.
PARTICIPANT_CHARACTERS = sizes.ROLE_INLINE_CHARACTERS // 2

_OUTSIDE = Denial("Outside", ("account:*", "organizations:*"))
_ITSELF = Denial(
    "Itself",
    (
        "iam:Attach*", "iam:Create*", "iam:Delete*", "iam:Detach*", "iam:PassRole", "iam:Put*", "iam:Tag*",
        "iam:Untag*", "iam:Update*", "sts:AssumeRole",
    ),
    resources=denials.PLATFORM_PRINCIPALS,
)  # fmt: skip


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def iso(moment: datetime) -> str:
    """Write a moment as policies want it, in whole seconds of UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def trust(hub_account_id: str, *, external_id: str | None = None) -> dict[str, Any]:
    """Let the hub assume a role and tag the session.

    With an external id the hub must know it (the platform's role); without one the session must name the person
    behind it (the participants' role).
    """
    condition: dict[str, Any] = {"Null": {"sts:SourceIdentity": "false"}}
    if external_id is not None:
        condition = {"StringEquals": {"sts:ExternalId": external_id}}
    return _document(
        {
            "Sid": "Hub",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{hub_account_id}:root"},
            "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
            "Condition": condition,
        }
    )


def platform() -> dict[str, Any]:
    """Let the platform build, read and delete what sandboxes hold.

    It may not leave, pay, share, make users or roles without the boundary, nor change or pass its own role.
    """
    document = _document(
        {
            "Sid": "Services",
            "Effect": "Allow",
            "Action": [*(f"{service}:*" for service in PLATFORM_SERVICES), *PLATFORM_READS],
            "Resource": "*",
        },
        _OUTSIDE.statement(),
        _ITSELF.statement(),
        denials.UNBOUNDED.statement(),
        denials.UNBINDING.statement(),
        *(denial.statement() for denial in denials.FOR_EVERYONE if denial is not denials.ACCOUNT),
    )
    sizes.require_fit("platform role's policy", document, limit=sizes.ROLE_INLINE_CHARACTERS)
    return document


def _services(allowance: Allowance) -> dict[str, Any]:
    return {"Sid": "Services", "Effect": "Allow", "Action": allowance.actions, "Resource": "*"}


def _after_the_end(ends_at: datetime) -> dict[str, Any]:
    condition = {"DateGreaterThanEquals": {"aws:CurrentTime": iso(ends_at)}}
    return {"Sid": "Ended", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}


def participant(allowance: Allowance) -> dict[str, Any]:
    """Let participants use the allowed services until the end; raises TooLong."""
    document = _document(_services(allowance), _after_the_end(allowance.ends_at))
    sizes.require_fit("participants' policy", document, limit=PARTICIPANT_CHARACTERS)
    return document


def boundary(allowance: Allowance, *, kept: Collection[str] = ()) -> dict[str, Any]:
    """Bound the participant role, and with it every role that is made in the sandbox; raises TooLong.

    It holds without any service control policy. `kept` are ARNs of roles and policies that stood in the account
    before and may have no boundary: they are neither changed, nor passed, nor assumed.
    """
    ours = replace(denials.OURS, resources=(*denials.OURS.resources, *sorted(kept)))
    fixed = [ours if denial is denials.OURS else denial for denial in denials.FIXED]
    within = [left for denial in fixed if (left := denial.within(allowance.prefixes))]
    document = _document(
        _services(allowance),
        _after_the_end(allowance.ends_at),
        *_refuse_people(allowance.refused),
        allowances.elsewhere(allowance),
        *(denial.statement() for denial in allowances.other_machines(allowance)),
        *(denial.statement() for denial in within),
    )
    sizes.require_fit("permissions boundary", document, limit=sizes.MANAGED_CHARACTERS)
    return document


def _refuse_people(refused: tuple[Refused, ...]) -> list[dict[str, Any]]:
    # In the boundary, not in the role's own policy: it also bounds the roles that people chain to, and AWS keeps the
    # source identity along the chain. A service's session has none, so what runs in the sandbox is not hit.
    everything = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    stopped = [each.person for each in refused if each.before is None]
    statements: list[dict[str, Any]] = []
    if stopped:
        statements.append({**everything, "Condition": {"StringLike": {"aws:SourceIdentity": stopped}}})
    for each in refused:
        if each.before is not None:
            condition = {
                "StringLike": {"aws:SourceIdentity": each.person},
                "DateLessThan": {"aws:TokenIssueTime": iso(each.before)},
            }
            statements.append({**everything, "Condition": condition})
    return statements


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
