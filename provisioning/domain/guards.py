"""What must hold before anything is read in a stranger's account, and before anything is deleted in any."""

from django.conf import settings

from provisioning.aws import organization
from provisioning.aws.errors import Denied
from provisioning.enums import AccountSource
from provisioning.models import Account


class NeverTouch(Denied):
    """This account is not one that the platform may empty."""


def require_sandbox(account: Account) -> str:
    """Return the account's id if it may be swept, else raise NeverTouch naming the rule."""
    account_id = account.account_id
    if not account_id:
        raise NeverTouch("NoAccount", f"{account} has no account id.")
    if account.source == AccountSource.PREPARED:
        require_candidate(account_id)
        # The list of confirmed accounts takes the place of the unit: a company's accounts stay where it keeps them.
        if account.confirmed_at is None:
            raise NeverTouch("NotConfirmed", f"Nobody has confirmed that account {account_id} may be emptied.")
        return account_id
    _require_not_ours(account_id)
    if organization.parent_of(account_id) != organization.sandbox_unit():
        raise NeverTouch("OutsideTheUnit", f"Account {account_id} is not in {settings.AWS_SANDBOX_OU_NAME}.")
    return account_id


def require_candidate(account_id: str) -> None:
    """Raise NeverTouch for an account that can be no sandbox whoever says so; the others may be registered."""
    _require_not_ours(account_id)
    if account_id == organization.management_account_id():
        raise NeverTouch("ManagementAccount", f"Account {account_id} is the organization's management account.")


def _require_not_ours(account_id: str) -> None:
    if account_id in settings.AWS_ACCOUNT_BLOCK_LIST:
        raise NeverTouch("BlockList", f"Account {account_id} is on the block list.")
    if account_id == organization.hub_account_id():
        raise NeverTouch(
            "HubAccount", f"Account {account_id} is the platform's own, with managed accounts the management account."
        )
