"""One account of the pool: can it be entered, what limits does it have, what in it would work against an event."""

from collections.abc import Iterable, Sequence

from provisioning.aws.errors import AwsError, Missing
from provisioning.aws.preflight.finding import Finding, look, missing, ok, unknown
from provisioning.aws.sessions import PLATFORM_ROLE, Session, platform_session

STANDARD_VCPUS = ("ec2", "L-1216C47A")
USUAL_CONCURRENCY = 1_000
# One of each kind that a lease depends on; a refusal of one names the service that is closed.
_NEEDED = (
    "cloudformation:CreateStack", "cloudformation:DeleteStack", "iam:CreatePolicy", "iam:DeleteRole",
    "iam:PassRole", "iam:PutRolePolicy",
)  # fmt: skip


def look_at_account(
    account_id: str, *, services: Sequence[str], regions: Sequence[str], instance_types: Sequence[str]
) -> list[Finding]:
    """Say what is to be said about an account; when it cannot be entered, that is all."""
    name = f"account {account_id}"
    try:
        session = platform_session(account_id)
    except AwsError as error:
        return [
            missing(
                f"{name}: entering",
                f"The platform's role cannot be assumed: {error}",
                "Install the role (`manage.py guardrails template platform-role`), with the right account of the hub.",
            )
        ]
    found = [
        ok(f"{name}: entering", "The platform's role can be assumed, and is in this account."),
        look(f"{name}: permissions", lambda: _permissions(f"{name}: permissions", session)),
        look(f"{name}: regions", lambda: _regions(f"{name}: regions", session, regions)),
        look(f"{name}: CloudTrail", lambda: _trails(f"{name}: CloudTrail", session)),
    ]
    if "s3" in services:
        found.append(look(f"{name}: public buckets", lambda: _public(f"{name}: public buckets", session)))
    for region in regions:
        found += _in_region(f"{name}, {region}", session, region, services, instance_types)
    return found


def _in_region(
    name: str, session: Session, region: str, services: Sequence[str], instance_types: Sequence[str]
) -> Iterable[Finding]:
    yield look(f"{name}: Config", lambda: _config(f"{name}: Config", session, region))
    machines = [each for each in instance_types if not each.startswith(("db.", "cache."))]
    if "ec2" in services and machines:
        yield look(f"{name}: vCPUs", lambda: _vcpus(f"{name}: vCPUs", session, region, machines))
    if "lambda" in services:
        yield look(f"{name}: functions", lambda: _concurrency(f"{name}: functions", session, region))


def _permissions(subject: str, session: Session) -> Finding:
    results = session.items(
        "iam",
        "simulate_principal_policy",
        "EvaluationResults[]",
        PolicySourceArn=f"arn:aws:iam::{session.account_id}:role/{PLATFORM_ROLE}",
        ActionNames=list(_NEEDED),
    )
    refused = [str(each["EvalActionName"]) for each in results if each["EvalDecision"] != "allowed"]
    if refused:
        return missing(
            subject,
            f"The platform's role may not: {', '.join(refused)}.",
            "Install the present template, and look for a control policy above that denies it.",
        )
    return ok(subject, "The platform's role may build and delete.")


def _regions(subject: str, session: Session, regions: Sequence[str]) -> Finding:
    answer = session.call("ec2", "describe_regions", RegionNames=list(regions), AllRegions=True)["Regions"]
    closed = [str(each["RegionName"]) for each in answer if each["OptInStatus"] == "not-opted-in"]
    if closed:
        return missing(
            subject, f"These regions are not enabled: {', '.join(closed)}.", "Enable them; that can take hours."
        )
    return ok(subject, f"Enabled: {', '.join(regions)}.")


def _trails(subject: str, session: Session) -> Finding:
    trails = session.call("cloudtrail", "describe_trails")["trailList"]
    names = ", ".join(sorted(str(each["Name"]) for each in trails)) or "no trail of this account or its organization"
    return ok(subject, f"For information, what happens here is recorded by: {names}.")


def _public(subject: str, session: Session) -> Finding:
    try:
        answer = session.call("s3control", "get_public_access_block", AccountId=session.account_id)
    except Missing:
        return ok(subject, "Nothing at account level blocks public buckets.")
    on = sorted(name for name, value in answer["PublicAccessBlockConfiguration"].items() if value)
    if not on:
        return ok(subject, "Nothing at account level blocks public buckets.")
    return unknown(
        subject,
        f"The account blocks public buckets ({', '.join(on)}).",
        "If a quest needs a public bucket, lift this for the sandboxes; the pack's author knows.",
    )


def _config(subject: str, session: Session, region: str) -> Finding:
    if not session.call("config", "describe_configuration_recorders", region=region)["ConfigurationRecorders"]:
        return ok(subject, "Nothing records or repairs configurations.")
    rules = session.items("config", "describe_config_rules", "ConfigRules[].ConfigRuleName", region=region)
    repairing: list[str] = []
    for start in range(0, len(rules), 25):  # AWS takes 25 names at once.
        answer = session.call(
            "config", "describe_remediation_configurations", region=region, ConfigRuleNames=rules[start : start + 25]
        )
        repairing += [
            str(each["ConfigRuleName"]) for each in answer["RemediationConfigurations"] if each.get("Automatic")
        ]
    if repairing:
        return missing(
            subject,
            f"These rules repair by themselves, and may repair what a quest has broken: {', '.join(repairing)}.",
            "Except the sandboxes from their remediation for the time of the event.",
        )
    return ok(subject, f"Config records, {len(rules)} rules look, and none repairs by itself.")


def _vcpus(subject: str, session: Session, region: str, machines: Sequence[str]) -> Finding:
    service, code = STANDARD_VCPUS
    answer = session.call("service-quotas", "get_service_quota", region=region, ServiceCode=service, QuotaCode=code)
    most = int(answer["Quota"]["Value"])
    described = session.items(
        "ec2", "describe_instance_types", "InstanceTypes[]", region=region, InstanceTypes=list(machines)
    )
    largest = max((int(each["VCpuInfo"]["DefaultVCpus"]) for each in described), default=0)
    words = f"{most} vCPUs of standard machines at once; the largest that the pack allows has {largest}."
    if most < largest:
        return missing(subject, words, "Ask AWS for a higher quota in this account; new accounts begin low.")
    return ok(subject, words)


def _concurrency(subject: str, session: Session, region: str) -> Finding:
    limit = session.call("lambda", "get_account_settings", region=region)["AccountLimit"]["ConcurrentExecutions"]
    if limit < USUAL_CONCURRENCY:
        return missing(
            subject,
            f"{limit} functions at once, where AWS's usual is {USUAL_CONCURRENCY:,}: a new account's limit.",
            "Ask AWS for a higher quota in this account, or try the pack with this one first.",
        )
    return ok(subject, f"{limit:,} functions at once.")
