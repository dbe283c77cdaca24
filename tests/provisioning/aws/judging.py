"""Judging documents of ours as AWS would: who calls what on what, under which of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from labs.local.gate.policy.conditions import Facts
from labs.local.gate.policy.evaluation import Access, Grant, decide

ACCOUNT = "111111111111"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/platform/gameday-boundary"
PARTICIPANT = f"arn:aws:iam::{ACCOUNT}:role/platform/gameday-participant"
PLATFORM = f"arn:aws:iam::{ACCOUNT}:role/platform/gameday-platform"
BOOTSTRAP = f"arn:aws:iam::{ACCOUNT}:role/OrganizationAccountAccessRole"
STACK_SET = f"arn:aws:iam::{ACCOUNT}:role/stacksets-exec-0123456789abcdef"
SOMEBODY = f"arn:aws:iam::{ACCOUNT}:role/admin"
NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)

Document = dict[str, Any]
FULL: Document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@dataclass(frozen=True)
class Call:
    """One call; facts name condition keys that differ from an ordinary call's."""

    action: str
    resource: str | None = "arn:aws:any:eu-west-1:111111111111:thing/one"
    facts: Mapping[str, str | None] = field(default_factory=dict)

    def with_facts(self, **facts: str | None) -> "Call":
        """Return the same call with other facts, colons written as two underscores."""
        return Call(
            self.action,
            self.resource,
            {**self.facts, **{key.replace("__", ":"): value for key, value in facts.items()}},
        )


def judge(
    call: Call,
    *,
    principal: str = PARTICIPANT,
    identity: Sequence[Document] = (FULL,),
    boundary: Document | None = None,
    unit: Sequence[Document] = (),
    account: Sequence[Document] = (),
) -> bool:
    """Tell whether a call is allowed by the identity's policies, its boundary and the control policies above it."""
    facts: dict[str, str | None] = {
        "aws:CurrentTime": NOW.isoformat(),
        "aws:TokenIssueTime": NOW.isoformat(),
        "aws:RequestedRegion": "eu-west-1",
        "aws:PrincipalArn": principal,
        "iam:PermissionsBoundary": None,
        "ec2:InstanceType": None,
        "autoscaling:InstanceType": None,
        "rds:DatabaseClass": None,
        "elasticache:CacheNodeType": None,
        "kms:BypassPolicyLockoutSafetyCheck": None,
        **call.facts,
    }
    grant = Grant(
        identity=_texts(identity),
        boundary=None if boundary is None else json.dumps(boundary),
        control=[("the root", _texts([FULL])), ("the unit", _texts([FULL, *unit])), ("it", _texts([FULL, *account]))],
    )
    return decide(grant, Access(call.action, call.resource, Facts(facts))).allowed


def without(documents: Sequence[Document], sid: str) -> list[Document]:
    """Return the documents without one statement; it must be there exactly once."""
    assert [each["Sid"] for document in documents for each in document["Statement"]].count(sid) == 1
    return [
        {**document, "Statement": [each for each in document["Statement"] if each["Sid"] != sid]}
        for document in documents
    ]


def sids(documents: Sequence[Document], effect: str) -> list[str]:
    """Return the names of the statements with an effect."""
    return [each["Sid"] for document in documents for each in document["Statement"] if each["Effect"] == effect]


def _texts(documents: Sequence[Document]) -> list[str]:
    return [json.dumps(document) for document in documents]
