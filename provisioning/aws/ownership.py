"""Whether the owner of an account says that it is a sandbox: a tag that only the company itself can set."""

from provisioning.aws import organization
from provisioning.aws.sessions import PLATFORM_ROLE, Session

TAG, VALUE = organization.SANDBOX_TAG, organization.SANDBOX_VALUE
BY_ORGANIZATION, BY_ROLE = "organization", "role"


def declared_by(session: Session) -> str | None:
    """Return where the account is declared a sandbox, or None when it is not.

    Where the hub may read the organization, the account's own tag there decides alone: a StackSet that was rolled out
    too widely tags every role at once. Elsewhere it is the tag of the platform role.
    """
    tags = organization.account_tags(session.account_id)
    if tags is not None:
        return BY_ORGANIZATION if tags.get(TAG) == VALUE else None
    name = PLATFORM_ROLE.rpartition("/")[2]
    found = session.call("iam", "get_role", RoleName=name)["Role"].get("Tags", [])
    return BY_ROLE if {"Key": TAG, "Value": VALUE} in found else None
