"""What must hold before anything is deleted in an account."""

from django.conf import settings

from provisioning.aws import organization
from provisioning.aws.errors import Denied
from provisioning.models import Account


class NeverTouch(Denied):
    """This account is not one that the platform may empty."""


def require_sandbox(account: Account) -> str:
    """Return the account's id if it may be swept, else raise NeverTouch naming the rule."""
    account_id = account.account_id
    if not account_id:
        raise NeverTouch("NoAccount", f"{account} has no account id.")
    if account_id in settings.AWS_ACCOUNT_BLOCK_LIST:
        raise NeverTouch("BlockList", f"Account {account_id} is on the block list.")
    if account_id == organization.management_account_id():
        raise NeverTouch("ManagementAccount", f"Account {account_id} is the management account.")
    if organization.parent_of(account_id) != organization.sandbox_unit():
        raise NeverTouch("OutsideTheUnit", f"Account {account_id} is not in {settings.AWS_SANDBOX_OU_NAME}.")
    return account_id
