"""The organization: its sandbox unit, and the accounts that are created and kept in it."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from provisioning.aws.errors import AwsError, Conflict, Denied, Missing
from provisioning.aws.sessions import BOOTSTRAP_ROLE, hub_session

SANDBOX_TAG, SANDBOX_VALUE = "gameday:sandbox", "yes"
NO_ORGANIZATION = "AWSOrganizationsNotInUseException"


@dataclass(frozen=True)
class Creation:
    """How far the creation of an account is; `state` is IN_PROGRESS, SUCCEEDED or FAILED."""

    request_id: str
    state: str
    account_id: str | None
    failure: str


@dataclass(frozen=True)
class Member:
    """An account as the organization knows it; `status` is ACTIVE unless it is being closed or is suspended."""

    account_id: str
    name: str
    email: str
    status: str


def hub_account_id() -> str:
    """Return the account that the hub lives in, which is never touched."""
    return hub_session().account_id


def management_account_id() -> str | None:
    """Return the organization's management account; None when the hub is in no organization or may not ask."""
    try:
        return str(_call("describe_organization")["Organization"]["MasterAccountId"])
    except Denied:
        return None
    except AwsError as error:
        if error.code == NO_ORGANIZATION:
            return None
        raise


def account_tags(account_id: str) -> dict[str, str] | None:
    """Return an account's tags in the organization; None when the hub may not ask, or is in another one."""
    try:
        tags = hub_session().items("organizations", "list_tags_for_resource", "Tags[]", ResourceId=account_id)
    except (Denied, Missing):
        return None
    except AwsError as error:
        if error.code == NO_ORGANIZATION:
            return None
        raise
    return {str(tag["Key"]): str(tag["Value"]) for tag in tags}


def member(account_id: str) -> Member:
    """Return an account as the organization knows it; raises Missing when it has left."""
    found = _call("describe_account", AccountId=account_id)["Account"]
    # AWS is replacing Status by State, which has more words for the ways to an end.
    status = str(found.get("State") or found["Status"])
    return Member(account_id, str(found.get("Name", "")), str(found.get("Email", "")), status)


def _call(operation: str, /, **parameters: Any) -> dict[str, Any]:
    return hub_session().call("organizations", operation, **parameters)


def _root_id() -> str:
    try:
        _call("describe_organization")
    except AwsError as error:
        if error.code != NO_ORGANIZATION or settings.AWS_MODE != "simulator":
            raise
        _call("create_organization", FeatureSet="ALL")  # A new simulator has none; a company's is never ours to make.
    return str(hub_session().items("organizations", "list_roots", "Roots[].Id")[0])


def sandbox_unit() -> str:
    """Return the id of the organizational unit for sandboxes; make it when it is missing."""
    root, name = _root_id(), settings.AWS_SANDBOX_OU_NAME
    found = _unit(root, name)
    if found:
        return found
    try:
        return str(_call("create_organizational_unit", ParentId=root, Name=name)["OrganizationalUnit"]["Id"])
    except Conflict:
        found = _unit(root, name)  # Another worker was faster.
        if not found:
            raise
        return found


def _unit(root: str, name: str) -> str | None:
    units = hub_session().items(
        "organizations", "list_organizational_units_for_parent", "OrganizationalUnits[]", ParentId=root
    )
    return next((str(unit["Id"]) for unit in units if unit["Name"] == name), None)


def sandbox_members() -> list[Member]:
    """Return the accounts in the sandbox unit, without making anything; raises Missing when there is no such unit."""
    root, name = str(hub_session().items("organizations", "list_roots", "Roots[].Id")[0]), settings.AWS_SANDBOX_OU_NAME
    unit = _unit(root, name)
    if unit is None:
        raise Missing("NoSandboxUnit", f"There is no organizational unit {name} below the root.")
    found = hub_session().items("organizations", "list_accounts_for_parent", "Accounts[]", ParentId=unit)
    return [
        Member(
            str(each["Id"]),
            str(each.get("Name", "")),
            str(each.get("Email", "")),
            str(each.get("State") or each["Status"]),
        )
        for each in found
    ]


def find_account(email: str) -> str | None:
    """Return the id of the organization's account with this e-mail address, if there is one."""
    accounts = hub_session().items("organizations", "list_accounts", "Accounts[]")
    return next((str(account["Id"]) for account in accounts if account["Email"].lower() == email.lower()), None)


def find_creation(name: str) -> Creation | None:
    """Return the newest creation of an account of this name; AWS does not list creations by e-mail."""
    statuses = hub_session().items(
        "organizations", "list_create_account_status", "CreateAccountStatuses[]", States=["IN_PROGRESS", "SUCCEEDED"]
    )
    mine = [status for status in statuses if status.get("AccountName") == name]
    return _creation(max(mine, key=lambda status: status["RequestedTimestamp"])) if mine else None


def start_creation(*, email: str, name: str) -> Creation:
    """Ask for a new account; it has no idempotency token, so callers look with the two finders first."""
    answer = _call(
        "create_account",
        Email=email,
        AccountName=name,
        RoleName=BOOTSTRAP_ROLE,
        IamUserAccessToBilling="DENY",
        # By this an account is known as ours even where our database is lost.
        Tags=[{"Key": SANDBOX_TAG, "Value": SANDBOX_VALUE}],
    )
    return _creation(answer["CreateAccountStatus"])


def creation(request_id: str) -> Creation:
    """Return how far a creation is."""
    answer = _call("describe_create_account_status", CreateAccountRequestId=request_id)
    return _creation(answer["CreateAccountStatus"])


def _creation(status: dict[str, Any]) -> Creation:
    return Creation(status["Id"], status["State"], status.get("AccountId"), status.get("FailureReason", ""))


def parent_of(account_id: str) -> str:
    """Return the id of the root or unit that an account is in."""
    parents = hub_session().items("organizations", "list_parents", "Parents[].Id", ChildId=account_id)
    if not parents:
        raise Missing("AccountNotFound", f"Account {account_id} has no parent in the organization.")
    return str(parents[0])


def move(account_id: str, *, source: str, destination: str) -> None:
    """Move an account from the parent that `parent_of` just reported."""
    _call("move_account", AccountId=account_id, SourceParentId=source, DestinationParentId=destination)
