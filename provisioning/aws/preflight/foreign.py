"""What service control policies of the company deny of what a sandbox needs, as far as reading them tells."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioning.aws import attachments, scps
from provisioning.aws.preflight.finding import Finding, missing, ok, unknown
from provisioning.aws.sessions import hub_session

_FULL_ACCESS = "FullAWSAccess"
_ADVICE = "Except the sandbox unit from it, or let its author say that it spares what the sandboxes need."


@dataclass(frozen=True)
class Level:
    """A root, unit or account, and the control policies at it by name."""

    name: str
    documents: Mapping[str, dict[str, Any]]


def level(name: str, target: str) -> Level:
    """Read the control policies that are attached to a target itself, ours left out."""
    return Level(name, dict(_documents(target)))


def _documents(target: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for summary in attachments.attached(target):
        if summary["Name"].startswith((scps.FIXED_PREFIX, scps.PACK_PREFIX)):
            continue
        answer = hub_session().call("organizations", "describe_policy", PolicyId=summary["Id"])
        yield str(summary["Name"]), json.loads(answer["Policy"]["Content"])


def look_at(where: Level, *, services: Sequence[str], regions: Sequence[str]) -> Finding:
    """Say what the policies at one level deny of these services in these regions.

    An unconditional denial of a whole service is certain; a partial or a conditional one is for a person to read.
    """
    subject = f"control policies at {where.name}"
    certain: list[str] = []
    doubtful: list[str] = []
    for name, document in where.documents.items():
        for statement in _listed(document["Statement"]):
            if statement["Effect"] != "Deny":
                continue
            touched = [service for service in services if _touches(statement, service)]
            if not touched or _is_only_elsewhere(statement, regions):
                continue
            words = f"{name} ({statement.get('Sid', 'no Sid')}) denies of {', '.join(touched)}"
            is_whole = all(_denies_all(statement, service) for service in touched)
            (certain if is_whole and not statement.get("Condition") else doubtful).append(words)
    closed = [service for service in services if not _is_open(where, service)]
    if certain or closed:
        words = "; ".join([*certain, *([f"nothing there allows {', '.join(closed)}"] if closed else [])])
        return missing(subject, words, _ADVICE)
    if doubtful:
        return unknown(subject, "; ".join(f"{each} a part, or on a condition" for each in doubtful), _ADVICE)
    others = sorted(set(where.documents) - {_FULL_ACCESS})
    return ok(subject, f"They deny nothing that is needed: {', '.join(others)}." if others else "There is none.")


def _is_open(where: Level, service: str) -> bool:
    return any(
        statement["Effect"] == "Allow" and _touches(statement, service)
        for document in where.documents.values()
        for statement in _listed(document["Statement"])
    )


def _touches(statement: dict[str, Any], service: str) -> bool:
    if "NotAction" in statement:
        return not any(pattern in ("*", f"{service}:*") for pattern in _listed(statement["NotAction"]))
    return any(pattern == "*" or _prefix(pattern) == service for pattern in _listed(statement["Action"]))


def _denies_all(statement: dict[str, Any], service: str) -> bool:
    if "NotAction" in statement:
        return not any(_prefix(pattern) == service for pattern in _listed(statement["NotAction"]))
    return any(pattern in ("*", f"{service}:*") for pattern in _listed(statement["Action"])) and statement.get(
        "Resource"
    ) in ("*", ["*"])


def _is_only_elsewhere(statement: dict[str, Any], regions: Sequence[str]) -> bool:
    """Tell whether a statement denies only regions other than these."""
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            if key.lower() == "aws:requestedregion" and operator == "StringNotEquals":
                return set(regions) <= set(_listed(values))
    return False


def _prefix(pattern: str) -> str:
    return pattern.partition(":")[0].lower()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
