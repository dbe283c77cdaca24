"""The platform's and the participants' roles in an account, brought to the wanted state one change at a time.

Each `settle_*` compares what is there with what is wanted and makes the first missing change; it returns what it
changed in words, or None when everything is as wanted. So a crash between any two changes costs nothing.
"""

import json
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from provisioning.aws import policies
from provisioning.aws.denials import BOUNDARY
from provisioning.aws.errors import Missing
from provisioning.aws.policies import Allowance, Refused
from provisioning.aws.sessions import PARTICIPANT_ROLE, PLATFORM_ROLE, Session, external_id

ACCESS, REVOKED = "access", "revoked"
VERSIONS_KEPT = 5


def settle_platform_role(session: Session, *, hub_account_id: str) -> str | None:
    """Bring the platform role to its wanted state, with the session of the bootstrap role."""
    trust = policies.trust(hub_account_id, external_id=external_id(hub_account_id))
    return _settle_role(session, PLATFORM_ROLE, trust, None) or _settle_inline(
        session, PLATFORM_ROLE, ACCESS, policies.platform()
    )


def has_platform_role(session: Session, *, hub_account_id: str) -> bool:
    """Tell whether the platform role is as `settle_platform_role` makes it; nothing is changed."""
    role = session.call("iam", "get_role", RoleName=_name(PLATFORM_ROLE))["Role"]
    trust = policies.trust(hub_account_id, external_id=external_id(hub_account_id))
    access = _inline(session, PLATFORM_ROLE, ACCESS)
    return _same(role["AssumeRolePolicyDocument"], trust) and access is not None and _same(access, policies.platform())


def settle_participant_role(
    session: Session,
    *,
    hub_account_id: str,
    allowance: Allowance,
    issued_from: datetime,
    kept: Collection[str] = (),
) -> str | None:
    """Bring the participant role and its boundary to a lease's wanted state.

    Sessions issued before `issued_from`, those that `revoke` has ended, and those of roles that people reached from
    one stay dead. `kept` are ARNs of roles and policies that stood in the account before; see `policies.boundary`.
    """
    arn = f"arn:aws:iam::{session.account_id}:policy/{BOUNDARY}"
    revoked = _inline(session, PARTICIPANT_ROLE, REVOKED)
    before = _later(issued_from, revoked)
    wanted = _boundary(allowance, before, kept)
    settlers: list[Callable[[], str | None]] = [
        lambda: _settle_managed(session, arn, wanted),
        lambda: _settle_role(session, PARTICIPANT_ROLE, policies.trust(hub_account_id), arn),
        lambda: _put_inline(session, PARTICIPANT_ROLE, REVOKED, revoked, policies.refuse_issued_before(before)),
        lambda: _settle_inline(session, PARTICIPANT_ROLE, ACCESS, policies.participant(allowance)),
    ]
    return next((change for settle in settlers if (change := settle())), None)


def _boundary(allowance: Allowance, before: datetime, kept: Collection[str]) -> dict[str, Any]:
    refused = (Refused(policies.ANYBODY, before), *allowance.refused)
    return policies.boundary(replace(allowance, refused=refused), kept=kept)


def is_bounded(session: Session, *, allowance: Allowance, issued_from: datetime, kept: Collection[str] = ()) -> bool:
    """Tell whether the participant role carries the boundary that `settle_participant_role` would give it."""
    arn = f"arn:aws:iam::{session.account_id}:policy/{BOUNDARY}"
    try:
        role = session.call("iam", "get_role", RoleName=_name(PARTICIPANT_ROLE))["Role"]
        version = session.call("iam", "get_policy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
        answer = session.call("iam", "get_policy_version", PolicyArn=arn, VersionId=version)
    except Missing:
        return False
    is_attached = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") == arn
    before = _later(issued_from, _inline(session, PARTICIPANT_ROLE, REVOKED))
    return is_attached and _same(answer["PolicyVersion"]["Document"], _boundary(allowance, before, kept))


def revoke(session: Session, *, before: datetime) -> None:
    """End every participant session that was issued before a moment; without the role there is none."""
    try:
        # Asked first: a policy for a role that is not there is refused as one for an unbounded role.
        session.call("iam", "get_role", RoleName=_name(PARTICIPANT_ROLE))
    except Missing:
        return
    have = _inline(session, PARTICIPANT_ROLE, REVOKED)
    _put_inline(session, PARTICIPANT_ROLE, REVOKED, have, policies.refuse_issued_before(_later(before, have)))


def revoked_before(session: Session) -> datetime | None:
    """Return the moment before which issued participant sessions are dead; None when no policy says so."""
    document = _inline(session, PARTICIPANT_ROLE, REVOKED)
    return None if document is None else policies.refused_before(document)


def _later(moment: datetime, revoked: dict[str, Any] | None) -> datetime:
    """Never move a revocation backwards: keys of an account's former holder would come alive for the next one."""
    standing = None if revoked is None else policies.refused_before(revoked)
    return moment if standing is None else max(moment, standing)


def _name(role: str) -> str:
    return role.rpartition("/")[2]


def _path(role: str) -> str:
    return f"/{role.rpartition('/')[0]}/"


def _read(document: Any) -> dict[str, Any]:
    have: dict[str, Any] = json.loads(document) if isinstance(document, str) else document
    return have


def _same(document: Any, wanted: dict[str, Any]) -> bool:
    return policies.text(_read(document)) == policies.text(wanted)


def _inline(session: Session, role: str, policy: str) -> dict[str, Any] | None:
    """Return an inline policy; None when the role does not have it, or does not exist."""
    try:
        answer = session.call("iam", "get_role_policy", RoleName=_name(role), PolicyName=policy)
    except Missing:
        return None
    return _read(answer["PolicyDocument"])


def _settle_role(session: Session, role: str, trust: dict[str, Any], boundary_arn: str | None) -> str | None:
    name = _name(role)
    bound = {"PermissionsBoundary": boundary_arn} if boundary_arn else {}
    try:
        have = session.call("iam", "get_role", RoleName=name)["Role"]
    except Missing:
        session.call(
            "iam",
            "create_role",
            RoleName=name,
            Path=_path(role),
            AssumeRolePolicyDocument=policies.text(trust),
            Tags=[{"Key": "gameday:owner", "Value": "platform"}],
            **bound,
        )
        return f"made the role {name}"
    if not _same(have["AssumeRolePolicyDocument"], trust):
        session.call("iam", "update_assume_role_policy", RoleName=name, PolicyDocument=policies.text(trust))
        return f"corrected who may assume {name}"
    if boundary_arn and have.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") != boundary_arn:
        session.call("iam", "put_role_permissions_boundary", RoleName=name, **bound)
        return f"bounded the role {name}"
    return None


def _settle_inline(session: Session, role: str, policy: str, wanted: dict[str, Any]) -> str | None:
    return _put_inline(session, role, policy, _inline(session, role, policy), wanted)


def _put_inline(
    session: Session, role: str, policy: str, have: dict[str, Any] | None, wanted: dict[str, Any]
) -> str | None:
    if have is not None and _same(have, wanted):
        return None
    name = _name(role)
    session.call("iam", "put_role_policy", RoleName=name, PolicyName=policy, PolicyDocument=policies.text(wanted))
    return f"set the policy {policy} of {name}"


def _settle_managed(session: Session, arn: str, wanted: dict[str, Any]) -> str | None:
    try:
        versions = session.items("iam", "list_policy_versions", "Versions[]", PolicyArn=arn)
    except Missing:
        session.call(
            "iam", "create_policy", PolicyName=_name(arn), Path="/platform/", PolicyDocument=policies.text(wanted)
        )
        return "made the boundary"
    current = next(version["VersionId"] for version in versions if version["IsDefaultVersion"])
    answer = session.call("iam", "get_policy_version", PolicyArn=arn, VersionId=current)
    if _same(answer["PolicyVersion"]["Document"], wanted):
        return None
    if len(versions) >= VERSIONS_KEPT:
        oldest = min(
            (version for version in versions if not version["IsDefaultVersion"]), key=lambda each: each["CreateDate"]
        )
        session.call("iam", "delete_policy_version", PolicyArn=arn, VersionId=oldest["VersionId"])
        return "removed the oldest boundary version"
    session.call("iam", "create_policy_version", PolicyArn=arn, PolicyDocument=policies.text(wanted), SetAsDefault=True)
    return "set the boundary"
