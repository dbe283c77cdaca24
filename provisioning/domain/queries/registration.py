"""What stood in a registered account when it was looked through: what would go, and what stays."""

from dataclasses import dataclass
from datetime import datetime

from provisioning.models import Account


@dataclass(frozen=True)
class Found:
    """One resource of a registered account."""

    type: str
    arn: str
    region: str


@dataclass(frozen=True)
class Inventory:
    """A finished look through a registered account.

    `deleted` goes when the account is confirmed, but for what the person marks to be kept; `kept` stays: AWS's default
    network and what StackSets placed. Types that the sweeper does not know are in neither, and stay. `owner` says where
    the account is declared a sandbox ("organization" or "role"); empty: nowhere.
    """

    at: datetime
    regions: list[str]
    owner: str
    deleted: list[Found]
    kept: list[Found]


def found_in(account: Account) -> Inventory | None:
    """Return what was found in a registered account; None until it has been looked through."""
    known = account.inventory or {}
    if not known.get("at"):
        return None
    resources = [(Found(each["type"], each["arn"], each["region"]), each["default"]) for each in known["resources"]]
    return Inventory(
        at=datetime.fromisoformat(known["at"]),
        regions=known["regions"],
        owner=known["owner"] or "",
        deleted=[found for found, is_default in resources if not is_default],
        kept=[found for found, is_default in resources if is_default],
    )
