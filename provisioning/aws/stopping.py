"""Stopping sandboxes when everything else is lost: from the organization and tags alone, deleting nothing."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.conf import settings

from provisioning.aws import compute, organization, ownership
from provisioning.aws.errors import AwsError, Denied, Missing
from provisioning.aws.sessions import PARTICIPANT_ROLE, PLATFORM_ROLE, Session, bootstrap_session, platform_session

POLICY = "stopped"
DENY_EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
_ROLE = PARTICIPANT_ROLE.rpartition("/")[2]
_OUR_ROLE = PLATFORM_ROLE.rpartition("/")[2]


class Result(StrEnum):
    """What came of one account."""

    STOPPED = "stopped"
    ALREADY = "already stopped"
    NOBODY = "no participant role"
    ALLOWED = "allowed again"
    NOT_OURS = "left alone"
    FAILED = "FAILED"
    WOULD = "would be stopped"
    WOULD_ALLOW = "would be allowed again"


@dataclass
class Report:
    """One account's line: the result, why, and the ARNs of what was stopped or refused to be."""

    account_id: str
    name: str
    result: Result
    detail: str = ""
    stopped: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def is_failure(self) -> bool:
        """Whether something may go on in it."""
        return self.result == Result.FAILED or bool(self.refused)


def candidates() -> list[organization.Member]:
    """Return the open accounts of the sandbox unit, whose tags are still to be asked."""
    return [each for each in organization.sandbox_members() if each.status == "ACTIVE"]


def is_ours(account_id: str) -> bool:
    """Tell whether an account of the unit is a sandbox: its own tag says so, or our platform role in it does."""
    tags = organization.account_tags(account_id)
    if tags is not None and ownership.TAG in tags:
        return tags[ownership.TAG] == ownership.VALUE
    found = platform_session(account_id).call("iam", "get_role", RoleName=_OUR_ROLE)["Role"].get("Tags", [])
    return {"Key": "gameday:owner", "Value": "platform"} in found


def require_touchable(account_id: str) -> None:
    """Raise Denied for an account that is never acted in, whoever lists it."""
    if account_id in settings.AWS_ACCOUNT_BLOCK_LIST:
        raise Denied("BlockList", "it is on the block list")
    if account_id == organization.hub_account_id():
        raise Denied("HubAccount", "it is the platform's own account")


def session_in(account_id: str) -> Session:
    """Return a session that has proven to be in the account: the platform role's, or else that of its creation."""
    try:
        return platform_session(account_id)
    except AwsError as refused:
        try:
            return bootstrap_session(account_id)
        except AwsError:
            raise refused from None


def is_stopped(session: Session) -> bool:
    """Tell whether the participant role is denied everything; raises Missing when there is no such role."""
    session.call("iam", "get_role", RoleName=_ROLE)
    try:
        document = session.call("iam", "get_role_policy", RoleName=_ROLE, PolicyName=POLICY)["PolicyDocument"]
    except Missing:
        return False
    return bool((json.loads(document) if isinstance(document, str) else document) == DENY_EVERYTHING)


def deny(session: Session) -> Result:
    """Deny the participant role everything, which also ends every session issued so far."""
    try:
        if is_stopped(session):
            return Result.ALREADY
    except Missing:
        return Result.NOBODY
    session.call(
        "iam",
        "put_role_policy",
        RoleName=_ROLE,
        PolicyName=POLICY,
        PolicyDocument=json.dumps(DENY_EVERYTHING, separators=(",", ":")),
    )
    return Result.STOPPED


def allow(session: Session) -> Result:
    """Take our denial away again; what else bounds the role stays."""
    try:
        session.call("iam", "delete_role_policy", RoleName=_ROLE, PolicyName=POLICY)
    except Missing:
        return Result.ALLOWED
    return Result.ALLOWED


def regions_of(session: Session) -> list[str]:
    """Return the regions that are enabled in an account."""
    return sorted(str(name) for name in session.items("ec2", "describe_regions", "Regions[].RegionName"))


def stop_compute(session: Session, regions: Collection[str], report: Report) -> None:
    """Stop what computes, region by region; what refuses is named, and holds up nothing else."""
    for region in regions:
        try:
            found = compute.running(session, [region], kinds=compute.FREEZABLE)
        except AwsError as error:
            report.refused[region] = f"could not be looked through: {error}"
            continue
        for thing in found:
            try:
                compute.stop(session, thing)
                report.stopped.append(thing.arn)
            except AwsError as error:
                report.refused[thing.arn] = str(error)


def act(account_id: str, name: str, *, undo: bool, compute_too: bool, dry_run: bool, regions: Sequence[str]) -> Report:
    """Stop one account (or allow it again) and say what came of it; never raises for what AWS says."""
    report = Report(account_id, name, Result.FAILED)
    try:
        require_touchable(account_id)
        session = session_in(account_id)
        if dry_run:
            report.result, report.detail = _preview(session, undo=undo)
            return report
        report.result = allow(session) if undo else deny(session)
        if compute_too and not undo:
            stop_compute(session, regions or regions_of(session), report)
    except AwsError as error:
        report.result, report.detail = Result.FAILED, str(error)
    return report


def _preview(session: Session, *, undo: bool) -> tuple[Result, str]:
    try:
        stopped = is_stopped(session)
    except Missing:
        return Result.NOBODY, ""
    if undo:
        return Result.WOULD_ALLOW, "" if stopped else "it is not stopped"
    return (Result.ALREADY, "") if stopped else (Result.WOULD, "")
