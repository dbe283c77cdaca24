"""Each statement of each guardrail denies something that nothing else denies, and spares its neighbour."""

import fnmatch
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from moto.core.utils import get_service_model

from labs.local.gate.operations import services_by_signing_name
from provisioning.aws import allowances, denials, policies, scps
from provisioning.aws.actions import iam_actions
from provisioning.aws.allowances import Allowance
from tests.provisioning.aws.judging import (
    ACCOUNT,
    BOUNDARY,
    NOW,
    PARTICIPANT,
    PLATFORM,
    SOMEBODY,
    STACK_SET,
    Call,
    Document,
    judge,
    sids,
    without,
)

RICH = Allowance(
    services=(
        "autoscaling", "backup", "cloudformation", "ec2", "elasticache", "iam", "kms", "lambda", "rds", "s3", "sqs",
    ),
    regions=("eu-west-1", "eu-central-1"),
    ends_at=NOW + timedelta(hours=1),
    instance_types=("t3.micro", "t3.small", "db.t4g.micro", "cache.t4g.micro"),
)  # fmt: skip
FIXED = [json.loads(policy.content) for policy in scps.fixed()]
PACK = [json.loads(policy.content) for policy in scps.of_pack(RICH)]
EDGE = [policies.boundary(RICH, kept=[f"arn:aws:iam::{ACCOUNT}:role/company-audit"])]
OWN = [policies.platform()]

ROLE = f"arn:aws:iam::{ACCOUNT}:role/made-here"
MACHINE = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/*"
STACK = f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack"
BOUND = {"iam:PermissionsBoundary": BOUNDARY}

EVERYWHERE: dict[str, tuple[Call, Call]] = {
    "Users": (Call("iam:CreateUser"), Call("iam:CreateRole", ROLE, BOUND)),
    "Purchases": (Call("ec2:PurchaseReservedInstancesOffering"), Call("ec2:DescribeReservedInstancesOfferings")),
    "Undeletable": (Call("s3:PutObjectRetention"), Call("s3:PutObject")),
    "Lockout": (
        Call("kms:CreateKey", facts={"kms:BypassPolicyLockoutSafetyCheck": "true"}),
        Call("kms:CreateKey", facts={"kms:BypassPolicyLockoutSafetyCheck": "false"}),
    ),
    "Sharing": (Call("ec2:ModifySnapshotAttribute"), Call("ec2:CreateSnapshot")),
    "Unbounded": (Call("iam:CreateRole", ROLE), Call("iam:CreateRole", ROLE, BOUND)),
    "Unbinding": (Call("iam:DeleteRolePermissionsBoundary", ROLE, BOUND), Call("iam:DeleteRole", ROLE, BOUND)),
}
OURS: dict[str, tuple[Call, Call]] = {
    "Ours": (Call("iam:DeleteRole", PLATFORM), Call("iam:DeleteRole", ROLE)),
    "OurStacks": (
        Call("cloudformation:DeleteStack", f"{STACK}/StackSet-gameday-0a1b/1"),
        Call("cloudformation:DeleteStack", f"{STACK}/shop/1"),
    ),
}
MACHINES: dict[str, tuple[Call, Call]] = {
    "Machines": (
        Call("ec2:StartInstances", MACHINE, {"ec2:InstanceType": "p5.48xlarge"}),
        Call("ec2:StartInstances", MACHINE, {"ec2:InstanceType": "t3.small"}),
    ),
    "Fleets": (Call("ec2:CreateFleet"), Call("ec2:DescribeFleets")),
    "LaunchConfigurations": (
        Call("autoscaling:CreateLaunchConfiguration", facts={"autoscaling:InstanceType": "m5.large"}),
        Call("autoscaling:CreateLaunchConfiguration", facts={"autoscaling:InstanceType": "t3.micro"}),
    ),
    "Databases": (
        Call("rds:ModifyDBInstance", facts={"rds:DatabaseClass": "db.r7g.16xlarge"}),
        Call("rds:ModifyDBInstance"),
    ),
    "Caches": (
        Call("elasticache:CreateReplicationGroup", facts={"elasticache:CacheNodeType": "cache.r7g.large"}),
        Call("elasticache:CreateReplicationGroup", facts={"elasticache:CacheNodeType": "cache.t4g.micro"}),
    ),
}
ELSEWHERE = (
    Call("sqs:CreateQueue", facts={"aws:RequestedRegion": "us-east-1"}),
    Call("iam:ListRoles", facts={"aws:RequestedRegion": "us-east-1"}),
)
CASES: dict[str, tuple[list[Document], dict[str, tuple[Call, Call]]]] = {
    "the unit": (
        FIXED,
        {
            **EVERYWHERE,
            **OURS,
            "Account": (Call("organizations:LeaveOrganization"), Call("organizations:DescribeOrganization")),
            "Billing": (Call("aws-portal:ModifyBilling"), Call("ce:GetCostAndUsage")),
        },
    ),
    "the account": (
        PACK,
        {**MACHINES, "Services": (Call("sagemaker:CreateEndpoint"), Call("sqs:CreateQueue")), "Regions": ELSEWHERE},
    ),
    "the boundary": (
        EDGE,
        {
            **EVERYWHERE,
            **OURS,
            **MACHINES,
            "Account": (Call("iam:CreateAccountAlias"), Call("iam:ListAccountAliases")),
            "Regions": ELSEWHERE,
            "Ended": (
                Call("sqs:ReceiveMessage", facts={"aws:CurrentTime": RICH.ends_at.isoformat()}),
                Call(
                    "sqs:ReceiveMessage", facts={"aws:CurrentTime": (RICH.ends_at - timedelta(seconds=1)).isoformat()}
                ),
            ),
        },
    ),
    "the platform role": (
        OWN,
        {
            **EVERYWHERE,
            "Billing": (Call("payments:MakePayment"), Call("ce:GetCostAndUsage")),
            "Outside": (Call("organizations:DescribeOrganization"), Call("sts:GetCallerIdentity")),
            "Itself": (Call("iam:PutRolePolicy", PLATFORM, BOUND), Call("iam:PutRolePolicy", PARTICIPANT, BOUND)),
        },
    ),
}
ROWS = [(where, sid) for where, (_, table) in CASES.items() for sid in table]


def _judge(where: str, documents: list[Document], call: Call) -> bool:
    """Judge by these documents at their place, everything else allowing everything."""
    full = [{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}]
    judges: dict[str, Callable[[], bool]] = {
        "the unit": lambda: judge(call, unit=documents),
        "the account": lambda: judge(call, account=documents),
        "the boundary": lambda: judge(call, boundary=documents[0]),
        "the platform role": lambda: judge(call, principal=PLATFORM, identity=[*full, *documents]),
    }
    return judges[where]()


@pytest.mark.parametrize(("where", "sid"), ROWS)
def test_each_statement_alone_denies_its_call_and_spares_its_neighbour(where: str, sid: str) -> None:
    documents, table = CASES[where]
    denied, neighbour = table[sid]
    assert not _judge(where, documents, denied)
    assert _judge(where, without(documents, sid), denied)
    assert _judge(where, documents, neighbour)


@pytest.mark.parametrize("where", CASES)
def test_every_denying_statement_is_in_the_table(where: str) -> None:
    documents, table = CASES[where]
    assert sorted(sids(documents, "Deny")) == sorted(table)


ALLOWING: dict[str, tuple[list[Document], Call, Call]] = {
    "the boundary": (EDGE, Call("sqs:CreateQueue"), Call("sagemaker:CreateEndpoint")),
    "the participants' policy": ([policies.participant(RICH)], Call("sqs:CreateQueue"), Call("sns:CreateTopic")),
    "the platform role": (OWN, Call("sqs:CreateQueue"), Call("sagemaker:CreateEndpoint")),
}


@pytest.mark.parametrize("where", ALLOWING)
def test_nothing_is_allowed_but_by_the_one_allowing_statement(where: str) -> None:
    documents, allowed, beyond = ALLOWING[where]
    assert sids(documents, "Allow") == ["Services"]

    def judged(by: list[Document], call: Call) -> bool:
        return judge(call, boundary=by[0]) if where == "the boundary" else judge(call, identity=by)

    assert judged(documents, allowed)
    assert not judged(without(documents, "Services"), allowed)
    assert not judged(documents, beyond)


def test_the_participants_own_policy_ends_too() -> None:
    after = Call("sqs:ReceiveMessage", facts={"aws:CurrentTime": RICH.ends_at.isoformat()})
    documents = [policies.participant(RICH)]
    assert not judge(after, identity=documents)
    assert judge(after, identity=without(documents, "Ended"))


@pytest.mark.parametrize(
    "call",
    [
        Call("iam:PassRole", PLATFORM),
        Call("sts:AssumeRole", PLATFORM),
        Call("sts:AssumeRole", PARTICIPANT),
        Call("iam:CreateRole", STACK_SET, BOUND),
        Call("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/AWSCloudFormationStackSetExecutionRole", BOUND),
        Call("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/OrganizationAccountAccessRole", BOUND),
        Call("iam:CreatePolicyVersion", BOUNDARY),
        Call(
            "iam:PutRolePermissionsBoundary", ROLE, {"iam:PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/wide"}
        ),
        Call("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/unbounded"),
        Call("iam:AttachRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/unbounded"),
        Call("ec2:RunInstances", MACHINE),
    ],
    ids=lambda call: f"{call.action} {call.resource}",
)
def test_no_way_around_the_boundary_or_to_a_spared_role(call: Call) -> None:
    assert not judge(call, boundary=EDGE[0])
    assert not judge(call, principal=SOMEBODY, unit=FIXED, account=PACK)


@pytest.mark.parametrize("action", ["iam:UpdateAssumeRolePolicy", "iam:PassRole", "sts:AssumeRole"])
def test_roles_that_stood_in_the_account_before_are_out_of_reach(action: str) -> None:
    assert not judge(Call(action, f"arn:aws:iam::{ACCOUNT}:role/company-audit", BOUND), boundary=EDGE[0])
    assert judge(Call(action, ROLE, BOUND), boundary=EDGE[0])


@pytest.mark.parametrize(("documents", "table"), [(FIXED, OURS), (PACK, MACHINES)], ids=["the unit", "the account"])
@pytest.mark.parametrize("principal", [PLATFORM, STACK_SET])
def test_what_binds_participants_spares_the_platform_and_the_company_s_stack_set(
    documents: list[Document], table: dict[str, tuple[Call, Call]], principal: str
) -> None:
    for denied, _ in table.values():
        assert judge(denied, principal=principal, unit=documents)
        assert not judge(denied, principal=PARTICIPANT, unit=documents)
        assert not judge(denied, principal=SOMEBODY, unit=documents)


def test_what_lasts_beyond_the_sandbox_is_denied_to_the_platform_as_well() -> None:
    for sid in ("Users", "Purchases", "Undeletable", "Lockout", "Sharing"):
        assert not judge(EVERYWHERE[sid][0], principal=PLATFORM, unit=FIXED)


def test_a_pack_that_lists_no_machine_starts_none() -> None:
    bare = Allowance(("ec2", "rds"), ("eu-west-1",), RICH.ends_at)
    documents = [json.loads(policy.content) for policy in scps.of_pack(bare)]
    for call in (
        Call("ec2:RunInstances", MACHINE, {"ec2:InstanceType": "t3.nano"}),
        Call("rds:CreateDBInstance", facts={"rds:DatabaseClass": "db.t4g.micro"}),
    ):
        assert not judge(call, boundary=policies.boundary(bare))
        assert not judge(call, principal=SOMEBODY, account=documents)


def test_cleaning_denies_the_participants_and_nobody_else() -> None:
    revoked = policies.refuse_issued_before(NOW + timedelta(seconds=1))
    call = Call("sqs:DeleteQueue")
    assert not judge(call, identity=[policies.participant(RICH), revoked], boundary=EDGE[0])
    # A service that deletes with a role of the sandbox goes on.
    assert judge(call, principal=ROLE, boundary=EDGE[0], unit=FIXED, account=PACK)


# Actions of AWS's consoles, or of newer services, that botocore has no operation for.
WITHOUT_OPERATION = {
    "account:CloseAccount", "aws-portal:Modify*", "billing:Put*", "dynamodb:Purchase*", "freetier:Put*",
    "payments:Create*", "payments:Delete*", "payments:Make*", "payments:Update*", "purchase-orders:Add*",
    "purchase-orders:Delete*", "purchase-orders:Modify*", "purchase-orders:Update*", "s3:PutAccountPublicAccessBlock",
    "supportplans:Create*", "supportplans:Start*",
}  # fmt: skip


def test_every_denied_action_exists() -> None:
    named = {
        action for denial in (*denials.FIXED, *allowances.other_machines(RICH)) for action in denial.actions
    } - WITHOUT_OPERATION
    prefixes = {action.partition(":")[0] for action in named}
    existing = {
        action
        for signing_name, services in services_by_signing_name().items()
        if iam_actions(signing_name=signing_name, operation="", method="")[0].partition(":")[0] in prefixes
        for service in services
        for operation in get_service_model(service.name).operation_names
        for action in iam_actions(signing_name=signing_name, operation=operation, method="POST")
    }
    assert [action for action in sorted(named) if not fnmatch.filter(existing, action)] == []


def test_every_action_of_the_fixed_guardrails_is_denied() -> None:
    for denial in denials.FIXED:
        resource = denial.resources[0].replace(":*:*:", ":eu-west-1:111111111111:").replace("::*:", f"::{ACCOUNT}:")
        facts = {"kms:BypassPolicyLockoutSafetyCheck": "true"} if denial.sid == "Lockout" else {}
        for action in denial.actions:
            call = Call(action.replace("*", "Anything"), resource.replace("*", "x"), facts)
            assert not judge(call, principal=SOMEBODY, unit=FIXED), call
