"""The organization's guardrails around an account that it created; prepared accounts have the company's."""

from provisioning import throttle
from provisioning.aws import attachments, organization, policies, scps
from provisioning.aws.allowances import Allowance
from provisioning.aws.attachments import Change
from provisioning.enums import AccountSource
from provisioning.models import Account


def settle(*, account: Account, allowance: Allowance) -> str | None:
    """Make the next change that the unit's or the account's control policies need; None when all are attached."""
    if account.source != AccountSource.MANAGED:
        return None
    throttle.take("organizations:Describe")
    unit = attachments.missing_at_unit(organization.sandbox_unit())
    return _make(unit or attachments.missing_at_account(str(account.account_id), scps.of_pack(allowance)))


def require_fit(*, allowance: Allowance) -> None:
    """Raise TooLong, saying what is too long, unless AWS takes every document that this allowance makes."""
    policies.boundary(allowance)
    policies.participant(allowance)
    scps.of_pack(allowance)


def release(*, account: Account) -> str | None:
    """Undo the next thing that a lease's control policies left; None when nothing is left."""
    if account.source != AccountSource.MANAGED:
        return None
    throttle.take("organizations:Describe")
    return _make(attachments.left_at_account(str(account.account_id)))


def _make(change: Change | None) -> str | None:
    if change is None:
        return None
    throttle.take("organizations:ChangePolicy")
    attachments.make(change)
    return change.words
