"""Which calls the boundary of a sandbox refuses wherever they are made: what a pack's author can know beforehand."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from provisioning.aws import calls, policies
from provisioning.aws.actions import iam_actions
from provisioning.aws.allowances import Allowance
from provisioning.aws.sweeper import SERVICES

# A denial on these holds for every call of its actions; one on named resources, or under a condition, may not.
_EVERYWHERE = ("*", "arn:aws:ec2:*:*:instance/*")


def refused_actions(allowance: Allowance, *, service: str, operation: str) -> list[str]:
    """Return the IAM actions of a call to an allowed service that no participant may take; raises UnknownOperation."""
    denials = [pattern.lower() for pattern in _denials(policies.boundary(allowance))]
    return [
        action
        for action in actions_of(service, operation)
        if any(fnmatchcase(action.lower(), pattern) for pattern in denials)
    ]


def actions_of(service: str, operation: str) -> tuple[str, ...]:
    """Return the IAM actions that a call needs; raises UnknownOperation."""
    model = calls.operation_model(service, operation)
    return iam_actions(
        signing_name=model.service_model.signing_name, operation=model.name, method=model.http.get("method", "POST")
    )


def undeletable(services: tuple[str, ...]) -> list[str]:
    """Return those of the prefixes of IAM actions whose resources the sweeper cannot delete."""
    return sorted(set(services) - {*SERVICES, *_HOLD_NOTHING})


# What they make lives in other services' resources, or ends by itself.
_HOLD_NOTHING = ("sts", "cloudwatch", "tag", "pricing")


def _denials(boundary: dict[str, Any]) -> Iterator[str]:
    for statement in boundary["Statement"]:
        unconditional = statement["Effect"] == "Deny" and "Action" in statement and "Condition" not in statement
        if unconditional and statement["Resource"] in _EVERYWHERE:
            yield from statement["Action"]
