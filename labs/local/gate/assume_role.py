"""AssumeRole: who may take which role, for how long, under which documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from labs.local.gate.authorization import session_facts
from labs.local.gate.operations import Call
from labs.local.gate.policy.conditions import Facts
from labs.local.gate.policy.documents import MalformedPolicy, parse_policy
from labs.local.gate.policy.evaluation import Access, decide, trusts
from labs.local.gate.refusals import Kind, Refusal
from labs.local.gate.sessions import Hub, Identity, Session, SessionBook
from labs.local.gate.state import Role, State, split_role_arn

SHORTEST_SECONDS, LONGEST_SECONDS, LONGEST_CHAINED_SECONDS = 900, 43_200, 3_600
MOST_TAGS = 50
_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


@dataclass(frozen=True)
class Wish:
    """An AssumeRole request, read and checked for form."""

    role_arn: str
    session_name: str
    external_id: str | None
    source_identity: str | None
    seconds: int
    tags: Mapping[str, str]
    transitive_tags: frozenset[str]
    policies: tuple[str, ...]
    policy_arns: tuple[str, ...]

    @classmethod
    def read(cls, call: Call) -> Wish:
        """Read the parameters; raise Refusal naming the one that is wrong."""
        for name, required in (("RoleArn", True), ("RoleSessionName", True), ("SourceIdentity", False)):
            value = call.parameter(name)
            if required and not value:
                raise Refusal(Kind.INVALID_REQUEST, f"{name} is missing.")
            if value and name != "RoleArn" and not _NAME.fullmatch(value):
                raise Refusal(Kind.INVALID_REQUEST, f"{name} has 2 to 64 letters, digits or any of +=,.@-_")
        tags = dict(zip(_members(call, "Tags", ".Key"), _members(call, "Tags", ".Value"), strict=False))
        if len(tags) > MOST_TAGS:
            raise Refusal(Kind.INVALID_REQUEST, f"A session has at most {MOST_TAGS} tags.")
        policy = call.parameter("Policy")
        return cls(
            role_arn=call.parameter("RoleArn") or "",
            session_name=call.parameter("RoleSessionName") or "",
            external_id=call.parameter("ExternalId"),
            source_identity=call.parameter("SourceIdentity"),
            seconds=_seconds(call.parameter("DurationSeconds")),
            tags=tags,
            transitive_tags=frozenset(_members(call, "TransitiveTagKeys")),
            policies=(policy,) if policy else (),
            policy_arns=tuple(_members(call, "PolicyArns", ".arn")),
        )


def assume_role(
    caller: Identity, call: Call, *, state: State, sessions: SessionBook, now: datetime, cap: timedelta | None
) -> Session:
    """Issue a session of a role or raise Refusal; `cap` shortens every lifetime."""
    wish = Wish.read(call)
    account, role_name = split_role_arn(wish.role_arn)
    at_home = isinstance(caller, Hub) or caller.account == account
    role = state.role(account, role_name) if at_home and state.is_active(account) else None
    if role is None or role.arn != wish.role_arn:
        # One answer for foreign, unknown and closed accounts and for unknown roles: nothing to find out here.
        raise _denied(caller, wish, "sts:AssumeRole", "the role cannot be assumed")
    _check_trust(caller, wish, role, call, state=state, now=now)
    _check_lifetime(caller, wish, role)
    tags, transitive, source_identity = dict(wish.tags), wish.transitive_tags, wish.source_identity
    if isinstance(caller, Session):
        tags |= {key: caller.tags[key] for key in caller.transitive_tags if key in caller.tags}
        transitive |= caller.transitive_tags
        source_identity = caller.source_identity or source_identity
    lifetime = timedelta(seconds=wish.seconds)
    return sessions.issue(
        account=account,
        role_arn=role.arn,
        role_id=role.role_id,
        session_name=wish.session_name,
        source_identity=source_identity,
        tags=tags,
        transitive_tags=transitive,
        policies=_session_policies(wish, account, state),
        issued_at=now,
        lifetime=min(lifetime, cap) if cap else lifetime,
    )


def _check_trust(caller: Identity, wish: Wish, role: Role, call: Call, *, state: State, now: datetime) -> None:
    if isinstance(caller, Session) and caller.source_identity not in (
        None,
        wish.source_identity or caller.source_identity,
    ):
        raise _denied(caller, wish, "sts:SetSourceIdentity", "a source identity cannot change along a chain")
    actions = ["sts:AssumeRole"]
    actions += ["sts:SetSourceIdentity"] if wish.source_identity else []
    actions += ["sts:TagSession"] if wish.tags else []
    facts = _trust_facts(caller, wish, call, now)
    for action in actions:
        access = Access(action=action, resource=role.arn, facts=facts)
        decision = trusts(role.trust, principals=_names_of(caller), access=access)
        if decision.allowed and isinstance(caller, Session):
            own_facts = session_facts(caller, call, state=state, now=now)
            own_role = state.role(caller.account, caller.role_name)
            if own_role is None:
                raise _denied(caller, wish, action, "the role of this session is gone")
            decision = decide(own_role.grant(caller.policies), Access(action, role.arn, own_facts))
        if not decision.allowed:
            raise _denied(caller, wish, action, decision.reason)


def _trust_facts(caller: Identity, wish: Wish, call: Call, now: datetime) -> Facts:
    principal = caller.arn if isinstance(caller, Hub) else caller.role_arn
    values: dict[str, str | None] = {
        "aws:CurrentTime": now.isoformat(),
        "aws:RequestedRegion": call.region,
        "aws:PrincipalArn": principal,
        "aws:PrincipalAccount": caller.account,
        "aws:MultiFactorAuthPresent": None,
        "sts:ExternalId": wish.external_id,
        "sts:RoleSessionName": wish.session_name,
        "sts:SourceIdentity": wish.source_identity,
    }
    values.update({f"aws:RequestTag/{key}": value for key, value in wish.tags.items()})
    return Facts(values)


def _names_of(caller: Identity) -> frozenset[str]:
    names = {caller.account, f"arn:aws:iam::{caller.account}:root", caller.arn}
    return frozenset(names if isinstance(caller, Hub) else names | {caller.role_arn})


def _check_lifetime(caller: Identity, wish: Wish, role: Role) -> None:
    chained = isinstance(caller, Session)
    longest = min(role.longest_session_seconds, LONGEST_CHAINED_SECONDS) if chained else role.longest_session_seconds
    if wish.seconds > longest:
        raise Refusal(
            Kind.INVALID_REQUEST, f"DurationSeconds exceeds the {longest} seconds that this session may last."
        )


def _session_policies(wish: Wish, account: str, state: State) -> tuple[str, ...]:
    documents = list(wish.policies)
    for arn in wish.policy_arns:
        document = state.policy_document(account, arn)
        if document is None:
            raise Refusal(Kind.INVALID_REQUEST, f"The session policy {arn} does not exist.")
        documents.append(document)
    for document in documents:
        try:
            parse_policy(document)
        except MalformedPolicy as error:
            raise Refusal.named("MalformedPolicyDocument", f"The session policy is malformed: {error}.") from None
    return tuple(documents)


def _members(call: Call, name: str, suffix: str = "") -> list[str]:
    values: list[str] = []
    while (value := call.parameter(f"{name}.member.{len(values) + 1}{suffix}")) is not None:
        values.append(value)
    return values


def _seconds(text: str | None) -> int:
    if text is None:
        return LONGEST_CHAINED_SECONDS
    if not text.isdecimal() or not SHORTEST_SECONDS <= int(text) <= LONGEST_SECONDS:
        raise Refusal(
            Kind.INVALID_REQUEST, f"DurationSeconds must be between {SHORTEST_SECONDS} and {LONGEST_SECONDS}."
        )
    return int(text)


def _denied(caller: Identity, wish: Wish, action: str, reason: str) -> Refusal:
    message = f"User: {caller.arn} is not authorized to perform: {action} on resource: {wish.role_arn} ({reason})"
    return Refusal(Kind.DENIED, message)
