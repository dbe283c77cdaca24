"""What a member session may do: its account, its role's live documents, nobody else's resources."""

from __future__ import annotations

import json
import re
from datetime import datetime
from urllib.parse import unquote, unquote_plus

from labs.local.gate.operations import Call
from labs.local.gate.policy.conditions import Facts
from labs.local.gate.policy.evaluation import Access, decide
from labs.local.gate.refusals import Kind, Refusal
from labs.local.gate.request import FORM, AwsRequest
from labs.local.gate.resources import resource_arn
from labs.local.gate.sessions import Session
from labs.local.gate.state import State

_ARN_ACCOUNT = re.compile(r"arn:aws:[a-z0-9-]+:[a-z0-9-]*:(\d{12}):")
_ACCOUNT = re.compile(r"\d{12}")
# Documents there name other accounts without touching them.
_DOCUMENTS_NAME_ACCOUNTS = frozenset({"iam", "sts", "cloudformation"})


def authorize(session: Session, call: Call, request: AwsRequest, *, state: State, now: datetime) -> None:
    """Let a member session's call pass or raise Refusal with the reason."""
    if (call.service, call.operation) == ("sts", "GetCallerIdentity"):
        return
    if not state.is_active(session.account):
        raise _denied(session, call, "the account is closed")
    if call.service == "organizations":
        raise _denied(session, call, "only the hub works with the organization")
    _refuse_foreign_accounts(session, call, request, state)
    role = state.role(session.account, session.role_name)
    if role is None or role.role_id != session.role_id:
        raise _denied(session, call, "the role of this session is gone")
    facts = session_facts(session, call, state=state, now=now)
    resource = resource_arn(call, account=session.account, state=state)
    grant = role.grant(session.policies)
    for action in call.actions:
        decision = decide(grant, Access(action=action, resource=resource, facts=facts))
        if not decision.allowed:
            raise _denied(session, call, decision.reason, action=action, resource=resource)


def session_facts(session: Session, call: Call, *, state: State, now: datetime) -> Facts:
    """Collect the condition keys of a call made by a session."""
    values: dict[str, str | None] = {
        "aws:CurrentTime": now.isoformat(),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:TokenIssueTime": session.issued_at.isoformat(),
        "aws:RequestedRegion": call.region,
        "aws:PrincipalArn": session.role_arn,
        "aws:PrincipalAccount": session.account,
        "aws:PrincipalType": "AssumedRole",
        "aws:PrincipalIsAWSService": "false",
        "aws:ViaAWSService": "false",
        "aws:SecureTransport": "true",
        "aws:MultiFactorAuthPresent": None,
        "aws:SourceIdentity": session.source_identity,
        "aws:userid": session.user_id,
        "iam:PermissionsBoundary": _boundary_in_question(session, call, state),
        "ec2:InstanceType": _machine_in_question(session, call, state),
        "autoscaling:InstanceType": call.parameter("InstanceType") if call.service == "autoscaling" else None,
        "rds:DatabaseClass": call.parameter("DBInstanceClass") if call.service == "rds" else None,
        "elasticache:CacheNodeType": call.parameter("CacheNodeType") if call.service == "elasticache" else None,
        "kms:BypassPolicyLockoutSafetyCheck": str(call.parameters.get("BypassPolicyLockoutSafetyCheck")).lower(),
    }
    values.update({f"aws:PrincipalTag/{key}": value for key, value in session.tags.items()})
    return Facts(values)


def _boundary_in_question(session: Session, call: Call, state: State) -> str | None:
    if call.service != "iam":
        return None
    if boundary := call.parameter("PermissionsBoundary"):
        return boundary
    role_name = call.parameter("RoleName")
    if role_name is None or call.operation == "CreateRole":
        return None
    role = state.role(session.account, role_name)
    return role.boundary_arn if role else None


def _machine_in_question(session: Session, call: Call, state: State) -> str | None:
    if call.service != "ec2":
        return None
    if call.operation != "StartInstances":
        return call.parameter("InstanceType")
    named = [value for name, value in call.parameters.items() if name.startswith("InstanceId.")]
    types = state.instance_types(session.account, call.region, named)
    # AWS asks about each machine; a mixture matches no list here, so that nothing slips through.
    return types.pop() if len(types) == 1 else ",".join(sorted(types)) or None


def _refuse_foreign_accounts(session: Session, call: Call, request: AwsRequest, state: State) -> None:
    # Moto follows an ARN or a stack set into any account; in AWS the other account would have to agree.
    accounts = {value for value in call.parameters.values() if isinstance(value, str) and _ACCOUNT.fullmatch(value)}
    if named := request.header("x-amz-account-id"):
        accounts.add(named)
    if call.service not in _DOCUMENTS_NAME_ACCOUNTS:
        accounts.update(_ARN_ACCOUNT.findall(_readable(request)))
    if any(state.is_foreign_member(account, own=session.account) for account in accounts):
        raise _denied(session, call, "the resource belongs to another account")


def _readable(request: AwsRequest) -> str:
    where = f"{unquote(request.raw_path)} {unquote_plus(request.raw_query)} "
    content_type = request.header("content-type")
    body = request.body.decode("utf-8", "replace")
    if content_type.startswith(FORM):
        return where + unquote_plus(body)
    if "json" in content_type and body:
        try:
            return where + json.dumps(json.loads(body), ensure_ascii=False)  # undo \u escapes
        except ValueError:
            return where + body
    return where


def _denied(
    session: Session, call: Call, reason: str, *, action: str | None = None, resource: str | None = None
) -> Refusal:
    what = action or call.actions[0]
    where = f" on resource: {resource}" if resource else ""
    return Refusal(Kind.DENIED, f"User: {session.arn} is not authorized to perform: {what}{where} ({reason})")
