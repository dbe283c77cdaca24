"""Service control policies: the fixed ones of the sandbox unit, those of a pack, and how they are packed.

They never bind the management account, nor service-linked roles. What a pack forbids spares the platform's roles, since
cleaning needs what participants may not use; during cleaning it is the participants' role that is denied everything,
never everyone, because services delete with their own roles.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provisioning.aws import allowances, denials, sizes
from provisioning.aws.allowances import Allowance
from provisioning.aws.sizes import TooLong, text

FIXED_PREFIX, PACK_PREFIX = "gameday-fixed-", "gameday-pack-"
DOCUMENTS_PER_TARGET = sizes.SCPS_PER_TARGET - sizes.FULL_ACCESS_SLOTS


@dataclass(frozen=True)
class ControlPolicy:
    """A service control policy; its name says what is in it, so one of a name never changes."""

    name: str
    content: str


def fixed() -> list[ControlPolicy]:
    """Return what is attached to the sandbox unit for good."""
    for_everyone = [denial.statement() for denial in denials.FOR_EVERYONE]
    for_others = [denial.statement(sparing=denials.SPARING_THE_PLATFORM) for denial in denials.FOR_ALL_BUT_THE_PLATFORM]
    return _named(FIXED_PREFIX, pack([*for_everyone, *for_others], what="fixed guardrails"))


def of_pack(allowance: Allowance) -> list[ControlPolicy]:
    """Return what is attached to an account while a lease of this allowance holds it; raises TooLong."""
    statements = [
        {**allowances.other_services(allowance), "Condition": denials.SPARING_THE_PLATFORM},
        _sparing(allowances.elsewhere(allowance)),
        *(
            denial.statement(sparing=denials.SPARING_THE_PLATFORM)
            for denial in allowances.other_machines(allowance)
        ),
    ]  # fmt: skip
    return _named(PACK_PREFIX, pack(statements, what="pack's guardrails"))


def _sparing(statement: dict[str, Any]) -> dict[str, Any]:
    return {**statement, "Condition": {**statement["Condition"], **denials.SPARING_THE_PLATFORM}}


def pack(
    statements: Sequence[dict[str, Any]],
    *,
    what: str = "guardrails",
    size: int = sizes.SCP_CHARACTERS,
    most: int = DOCUMENTS_PER_TARGET,
) -> list[dict[str, Any]]:
    """Distribute statements over as few documents as first-fit finds, always in the same way.

    A statement that is too long for a document of its own is split by its actions. Raises TooLong, saying what.
    """
    documents: list[list[dict[str, Any]]] = []
    for statement in (part for each in statements for part in _split(each, size, what)):
        home = next((each for each in documents if _size([*each, statement]) <= size), None)
        if home is None:
            documents.append([statement])
        else:
            home.append(statement)
    if len(documents) > most:
        raise TooLong(
            f"The {what} fill {len(documents)} service control policies of {size:,} characters, and a target has room "
            f"for {most}. Allow fewer services, regions or instance types."
        )
    return [_document(each) for each in documents]


def _split(statement: dict[str, Any], size: int, what: str) -> list[dict[str, Any]]:
    if _size([statement]) <= size:
        return [statement]
    actions = statement.get("Action")
    if not isinstance(actions, list) or len(actions) < 2:
        raise TooLong(
            f"The statement {statement['Sid']} of the {what} has {_size([statement]):,} characters, cannot be split, "
            f"and a service control policy takes {size:,}. Allow fewer services, regions or instance types."
        )
    middle = len(actions) // 2
    halves = (actions[:middle], actions[middle:])
    # Sids differ within a document; two halves may end up in one.
    return [
        part
        for letter, half in zip("AB", halves, strict=True)
        for part in _split({**statement, "Sid": f"{statement['Sid']}{letter}", "Action": half}, size, what)
    ]


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def _size(statements: list[dict[str, Any]]) -> int:
    return len(text(_document(statements)))


def _named(prefix: str, documents: list[dict[str, Any]]) -> list[ControlPolicy]:
    contents = [text(document) for document in documents]
    return [ControlPolicy(prefix + hashlib.sha256(each.encode()).hexdigest()[:12], each) for each in contents]
