"""What a company's administrator installs by hand: CloudFormation templates and control policies, made from our code.

They are printed, never kept: a copy in the repository would say something else than the platform after a while.
"""

import json
from collections.abc import Callable
from typing import Any

from provisioning.aws import policies, scps, sizes
from provisioning.aws.attachments import CONTROL
from provisioning.aws.sessions import (
    BOOTSTRAP_ROLE,
    PARTICIPANT_ROLE,
    PLATFORM_ROLE,
    SESSION_SECONDS,
    external_id,
)

_HUB = "${HubAccountId}"
_ENTERING = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]
_QUESTIONS = ["iam:GetRole", "iam:SimulatePrincipalPolicy", "servicequotas:GetServiceQuota"]
_ASKING = ["organizations:Describe*", "organizations:List*"]
_BUILDING = ["organizations:CreateAccount", "organizations:CreateOrganizationalUnit", "organizations:MoveAccount"]
_GUARDING = [
    "organizations:AttachPolicy",
    "organizations:CreatePolicy",
    "organizations:DeletePolicy",
    "organizations:DetachPolicy",
]


def platform_role() -> dict[str, Any]:
    """Return the template of the platform's role, for a StackSet over the prepared accounts."""
    path, _, name = PLATFORM_ROLE.rpartition("/")
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": name,
            "Path": f"/{path}/",
            "Description": "GameDay Labs builds, checks and empties sandboxes with it.",
            "MaxSessionDuration": SESSION_SECONDS,
            "AssumeRolePolicyDocument": _substituted(policies.trust(_HUB, external_id=external_id(_HUB))),
            "Policies": [{"PolicyName": "access", "PolicyDocument": policies.platform()}],
            "Tags": [
                {"Key": "gameday:owner", "Value": "platform"},
                {"Key": "gameday:sandbox", "Value": {"Ref": "IsSandbox"}},
            ],
        },
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The role by which GameDay Labs works in a sandbox account.",
        "Parameters": {
            "HubAccountId": {
                "Type": "String",
                "AllowedPattern": "^[0-9]{12}$",
                "Description": "The account that the platform itself runs with.",
            },
            "IsSandbox": {
                "Type": "String",
                "AllowedValues": ["yes", "no"],
                "Default": "no",
                "Description": "Say yes only where everything in the account may be deleted.",
            },
        },
        "Resources": {"PlatformRole": role},
        "Outputs": {"PlatformRoleArn": {"Value": {"Fn::GetAtt": ["PlatformRole", "Arn"]}}},
    }


def hub_policy_prepared() -> dict[str, Any]:
    """Return the template of what the hub's own role needs when the company supplies the accounts."""
    return _hub_policy(_entering(PLATFORM_ROLE, PARTICIPANT_ROLE), _statement("Questions", _QUESTIONS))


def hub_policy_managed() -> dict[str, Any]:
    """Return the template of what the hub's own role needs in the management account when it makes the accounts."""
    only_control_policies = {"StringEquals": {"organizations:PolicyType": CONTROL}}
    return _hub_policy(
        _entering(PLATFORM_ROLE, PARTICIPANT_ROLE, BOOTSTRAP_ROLE),
        _statement("Questions", [*_ASKING, *_QUESTIONS]),
        _statement("Accounts", _BUILDING),
        {**_statement("Guardrails", _GUARDING), "Condition": only_control_policies},
    )


def fixed_guardrails() -> dict[str, Any]:
    """Return the one control policy of the sandbox unit."""
    documents = [json.loads(policy.content) for policy in scps.fixed()]
    if len(documents) != 1:
        raise sizes.TooLong(f"The fixed guardrails fill {len(documents)} documents; the docs promise one.")
    only: dict[str, Any] = documents[0]
    return only


def stop_participants() -> dict[str, Any]:
    """Return a control policy that ends whatever participants do at once, wherever it is attached; cleaning goes on."""
    who = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::*:role/{PARTICIPANT_ROLE}"}}
    stop = {"Sid": "Stop", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": who}
    return {"Version": "2012-10-17", "Statement": [stop]}


def _entering(*roles: str) -> dict[str, Any]:
    arns = [f"arn:aws:iam::*:role/{role}" for role in roles]
    return {"Sid": "Entering", "Effect": "Allow", "Action": _ENTERING, "Resource": arns}


def _statement(sid: str, actions: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*"}


def _hub_policy(*statements: dict[str, Any]) -> dict[str, Any]:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    sizes.require_fit("hub's policy", document, limit=sizes.MANAGED_CHARACTERS)
    policy = {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {"Description": "What GameDay Labs itself may do.", "PolicyDocument": document},
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The policy of the identity that GameDay Labs runs with.",
        "Resources": {"HubPolicy": policy},
        "Outputs": {"HubPolicyArn": {"Value": {"Ref": "HubPolicy"}}},
    }


def _substituted(value: Any) -> Any:
    """Let CloudFormation fill in the hub's account wherever it is named."""
    if isinstance(value, str):
        return {"Fn::Sub": value} if _HUB in value else value
    if isinstance(value, list):
        return [_substituted(each) for each in value]
    if isinstance(value, dict):
        return {key: _substituted(each) for key, each in value.items()}
    return value


ALL: dict[str, Callable[[], dict[str, Any]]] = {
    "platform-role": platform_role,
    "hub-policy-prepared": hub_policy_prepared,
    "hub-policy-managed": hub_policy_managed,
    "fixed-scp": fixed_guardrails,
    "stop-scp": stop_participants,
}
