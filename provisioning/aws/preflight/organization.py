"""The hub's own place: who it is, what it may do, and the organization around the sandboxes."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings

from provisioning.aws import attachments, hub, scps, sizes
from provisioning.aws.errors import AwsError
from provisioning.aws.preflight import foreign
from provisioning.aws.preflight.finding import Finding, look, missing, ok, unknown
from provisioning.aws.sessions import BOOTSTRAP_ROLE, PARTICIPANT_ROLE, PLATFORM_ROLE, hub_session

ACCOUNTS_QUOTA = ("organizations", "L-E619E033")
_READS = (
    "DescribeCreateAccountStatus", "DescribeOrganization", "DescribePolicy", "ListAccounts", "ListCreateAccountStatus",
    "ListOrganizationalUnitsForParent", "ListParents", "ListPolicies", "ListPoliciesForTarget", "ListRoots",
    "ListTargetsForPolicy",
)  # fmt: skip
_CHANGES = (
    "AttachPolicy", "CreateAccount", "CreateOrganizationalUnit", "CreatePolicy", "DeletePolicy", "DetachPolicy",
    "MoveAccount",
)  # fmt: skip


def look_at_hub(*, managed: bool) -> list[Finding]:
    """Say who the platform is and whether its policies allow what it calls."""
    return [
        look("the platform's identity", _identity),
        look("the platform's permissions", lambda: _permissions(managed)),
    ]


def _identity() -> Finding:
    caller = hub_session().call("sts", "get_caller_identity")
    if str(caller["Arn"]).endswith(":root"):
        return missing(
            "the platform's identity",
            f"The platform is the root user of account {caller['Account']}.",
            "Give it a role of its own; `manage.py guardrails template` prints the policy.",
        )
    return ok("the platform's identity", f"The platform is {caller['Arn']} in account {caller['Account']}.")


def _permissions(managed: bool) -> Finding:
    subject, session = "the platform's permissions", hub_session()
    arn = str(session.call("sts", "get_caller_identity")["Arn"])
    if ":assumed-role/" in arn:
        arn = str(session.call("iam", "get_role", RoleName=arn.split("/")[1])["Role"]["Arn"])
    roles = [PLATFORM_ROLE, PARTICIPANT_ROLE, *([BOOTSTRAP_ROLE] if managed else [])]
    refused = _refused(arn, ["sts:AssumeRole"], [f"arn:aws:iam::000000000000:role/{role}" for role in roles])
    if managed:
        refused += _refused(arn, [f"organizations:{name}" for name in (*_READS, *_CHANGES)], [])
    if refused:
        return missing(
            subject,
            f"Its policies do not allow {', '.join(sorted(set(refused)))}.",
            "`manage.py guardrails template` prints the policy that it needs.",
        )
    return ok(subject, "Its policies allow what the platform calls.")


def _refused(arn: str, actions: Sequence[str], resources: Sequence[str]) -> list[str]:
    where: dict[str, Any] = {"ResourceArns": list(resources)} if resources else {}
    results = hub_session().items(
        "iam", "simulate_principal_policy", "EvaluationResults[]", PolicySourceArn=arn, ActionNames=actions, **where
    )
    return [str(each["EvalActionName"]) for each in results if each["EvalDecision"] != "allowed"]


def look_at_organization(
    *, services: Sequence[str], regions: Sequence[str], accounts: int | None
) -> list[Finding]:  # fmt: skip
    """Say whether the organization is ready for accounts that the platform makes."""
    found = [
        look("the organization", _organization),
        look("control policies count", _enabled),
        look("the sandbox unit", _unit_finding),
        look("room for accounts", lambda: _room(accounts)),
    ]
    try:
        above = list(_above())
    except AwsError as error:
        return [*found, unknown("control policies above the sandboxes", f"No answer: {error}", "Look in the console.")]
    return [*found, *(_foreign(name, target, services, regions) for name, target in above)]


def _organization() -> Finding:
    organization = hub_session().call("organizations", "describe_organization")["Organization"]
    owner = str(organization["MasterAccountId"])
    if owner != hub_session().account_id:
        return missing(
            "the organization",
            f"The platform is in account {hub_session().account_id}, and the management account is {owner}.",
            "Run it with a role of the management account, or use prepared accounts.",
        )
    if organization["FeatureSet"] != "ALL":
        return missing(
            "the organization", "It has consolidated billing only.", "Enable all features in the management account."
        )
    return ok("the organization", f"{organization['Id']}, and the platform is in its management account.")


def _enabled() -> Finding:
    if attachments.is_enabled():
        return ok("control policies count", "The organization applies service control policies.")
    if settings.AWS_MODE == "simulator":
        return ok("control policies count", "Not yet; in the simulator the platform enables them with the first lease.")
    return missing(
        "control policies count",
        "The organization does not apply service control policies.",
        "Enable the policy type in the management account; the platform never does.",
    )


def _root() -> str:
    return str(hub_session().items("organizations", "list_roots", "Roots[].Id")[0])


def _unit(root: str) -> str | None:
    units = hub_session().items(
        "organizations", "list_organizational_units_for_parent", "OrganizationalUnits[]", ParentId=root
    )
    return next((str(each["Id"]) for each in units if each["Name"] == settings.AWS_SANDBOX_OU_NAME), None)


def _unit_finding() -> Finding:
    unit, name = _unit(_root()), settings.AWS_SANDBOX_OU_NAME
    if unit is None:
        return ok("the sandbox unit", f"There is no unit {name} yet; the platform makes it with the first account.")
    at_it = attachments.attached(unit)
    others = [each for each in at_it if not each["Name"].startswith(scps.FIXED_PREFIX)]
    if len(others) + len(scps.fixed()) > sizes.SCPS_PER_TARGET:
        return missing(
            "the sandbox unit",
            f"{len(others)} control policies of others are attached to {name}; there is no place for ours.",
            "Detach one, merge two, or attach them further up.",
        )
    return ok("the sandbox unit", f"{name} is there; others take {len(others)} of {sizes.SCPS_PER_TARGET} places.")


def _room(accounts: int | None) -> Finding:
    members = len(hub_session().items("organizations", "list_accounts", "Accounts[]"))
    service, code = ACCOUNTS_QUOTA
    answer = hub_session().call("service-quotas", "get_service_quota", ServiceCode=service, QuotaCode=code)
    most = int(answer["Quota"]["Value"])
    words = f"The organization has {members} accounts, closed ones included, of at most {most}."
    if accounts is not None and members + accounts > most:
        return missing(
            "room for accounts",
            f"{words} {accounts} more would be made.",
            "Ask AWS for a higher quota; that takes days.",
        )
    return ok("room for accounts", words)


def _above() -> Iterator[tuple[str, str]]:
    root = _root()
    yield "the root", root
    unit = _unit(root)
    if unit:
        yield f"the unit {settings.AWS_SANDBOX_OU_NAME}", unit


def _foreign(name: str, target: str, services: Sequence[str], regions: Sequence[str]) -> Finding:
    def ask() -> Finding:
        level = foreign.level(name, target)
        needed = sorted({*services, "cloudformation", "iam", "sts"})
        return foreign.look_at(level, services=needed, regions=[*regions, hub.HOME_REGION])

    return look(f"control policies at {name}", ask)
