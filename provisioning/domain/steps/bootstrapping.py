"""A created account becomes ours: moved into the unit, given the platform role, known as it is when empty."""

from datetime import datetime
from typing import Any

from provisioning import throttle
from provisioning.aws import organization, roles
from provisioning.aws.errors import Conflict
from provisioning.aws.sessions import bootstrap_session, platform_session
from provisioning.domain import pace, proof
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, Lease

FIRST_STEP = "move"
FALLBACK_REGIONS = ["us-east-1"]


def move(now: datetime, account: Account) -> dict[str, Any]:
    """Bring the account into the sandbox unit."""
    account_id = id_of(account)
    throttle.take("organizations:Describe")
    unit = organization.sandbox_unit()
    parent = organization.parent_of(account_id)
    if parent != unit:
        throttle.take("organizations:MoveAccount")
        organization.move(account_id, source=parent, destination=unit)
        return {"due_at": now}
    return {"step": "role", "due_at": now, "reason": ""}


def role(now: datetime, account: Account) -> dict[str, Any]:
    """Make the platform role as it should be, one change at a time."""
    throttle.take("sts:AssumeRole")
    session = bootstrap_session(id_of(account))
    changed = roles.settle_platform_role(session, hub_account_id=organization.hub_account_id())
    return {"due_at": now, "reason": changed} if changed else {"step": "baseline", "due_at": now, "reason": ""}


def baseline(now: datetime, account: Account) -> dict[str, Any]:
    """List what a fresh account holds by itself; that listing is the first of the two that prove it clean."""
    throttle.take("sts:AssumeRole")
    platform_session(id_of(account))
    waiting = Lease.objects.filter(state=LeaseState.REQUESTED).values_list("blueprint__regions", flat=True)
    regions = sorted({region for regions in waiting for region in regions}) or FALLBACK_REGIONS
    return {
        **proof.baseline(account, regions),
        "state": AccountState.VERIFYING,
        "step": "confirm",
        "listing": {"at": now.isoformat()},
        "due_at": now + pace.verify_interval(),
    }


def id_of(account: Account) -> str:
    """Return the account's id, which every account has that AWS has made."""
    if not account.account_id:
        raise Conflict("NoAccount", f"{account} has no account id.")
    return account.account_id
