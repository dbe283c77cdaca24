"""Evaluate documents: explicit Deny first, then role, boundary and session policies must each allow."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from labs.local.gate.policy.conditions import Facts, NotUnderstood, holds
from labs.local.gate.policy.documents import MalformedPolicy, Statement, matches_any, parse_policy


@dataclass(frozen=True)
class Access:
    """What somebody wants to do.

    `resource` is None when the gate cannot tell the ARN of what a call touches. A statement about specific
    resources then counts as matching in an Allow and as not matching in a Deny: AWS decides such calls by the
    ARN, and the simulator would otherwise refuse calls that AWS permits.
    """

    action: str
    resource: str | None
    facts: Facts


@dataclass(frozen=True)
class Decision:
    """Whether the access is allowed, and why not."""

    allowed: bool
    reason: str = ""


@dataclass(frozen=True)
class Grant:
    """The documents that together decide for a session; `boundary` is None when the role has no boundary.

    When there are session policies, one of them must allow as well. `control` has the service control policies of the
    organization level by level, from the root to the account: at each level one must allow, and each Deny counts.
    """

    identity: Sequence[str]
    boundary: str | None = None
    session: Sequence[str] = ()
    control: Sequence[tuple[str, Sequence[str]]] = ()


def decide(grant: Grant, access: Access) -> Decision:
    """Decide one access under a grant."""
    layers = [(f"service control policy of {level}", documents) for level, documents in grant.control]
    layers.append(("identity policy of the role", grant.identity))
    if grant.boundary is not None:
        layers.append(("permissions boundary", [grant.boundary]))
    if grant.session:
        layers.append(("session policy", grant.session))
    silent = []
    for name, documents in layers:
        try:
            statements = [statement for document in documents for statement in parse_policy(document)]
        except MalformedPolicy as error:
            return Decision(False, f"the {name} is malformed: {error}")
        denial = _denial(statements, access)
        if denial is not None:
            return Decision(False, f"an explicit deny in the {name} applies{denial}")
        if not any(_applies(statement, access) for statement in statements if statement.allows):
            silent.append(name)
    return Decision(False, f"no {silent[0]} allows it") if silent else Decision(True)


def trusts(document: str, *, principals: Collection[str], access: Access) -> Decision:
    """Decide whether a role's trust policy lets any of these names of one caller do the action."""
    try:
        statements = [item for item in parse_policy(document) if _names(item, principals)]
    except MalformedPolicy as error:
        return Decision(False, f"the trust policy is malformed: {error}")
    denial = _denial(statements, access)
    if denial is not None:
        return Decision(False, f"an explicit deny in the trust policy applies{denial}")
    allowed = any(_applies(statement, access) for statement in statements if statement.allows)
    return Decision(allowed, "" if allowed else f"the role's trust policy does not allow {access.action}")


def _denial(statements: Iterable[Statement], access: Access) -> str | None:
    for statement in statements:
        if statement.allows or not _concerns(statement, access):
            continue
        label = f" ({statement.sid})" if statement.sid else ""
        try:
            if all(holds(condition, access.facts) for condition in statement.conditions):
                return label
        except NotUnderstood as error:
            return f"{label}, to be safe: {error}"
    return None


def _applies(statement: Statement, access: Access) -> bool:
    if not _concerns(statement, access):
        return False
    try:
        return all(holds(condition, access.facts) for condition in statement.conditions)
    except NotUnderstood:
        return False


def _concerns(statement: Statement, access: Access) -> bool:
    if statement.actions is not None:
        if not matches_any(statement.actions, access.action, ignore_case=True):
            return False
    elif matches_any(statement.not_actions or (), access.action, ignore_case=True):
        return False
    return _covers_resource(statement, access.resource)


def _covers_resource(statement: Statement, resource: str | None) -> bool:
    named = statement.resources if statement.resources is not None else statement.not_resources
    if named is None:
        return True  # a trust policy has no resources: the role itself is meant
    negated = statement.resources is None
    if "*" in named:
        return not negated
    if any("${" in pattern for pattern in named):
        return not statement.allows  # policy variables are not understood: fail safe
    if resource is None:
        return statement.allows
    return matches_any(named, resource) is not negated


def _names(statement: Statement, principals: Collection[str]) -> bool:
    if statement.excludes_principals:
        return not statement.allows  # NotPrincipal: never trusts, and a Deny with it is taken at its widest
    named = statement.principals or ()
    return "*" in named or any(name in principals for name in named)
