"""Rows of accounts, leases and notices as they may stand, without AWS: for what only reads or tells."""

import uuid
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from accounts.models import User
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, AccountMove, Lease, LeaseMove
from tests.provisioning import sandboxes

_numbers = count(1)


def new_account(now: datetime, state: str = AccountState.AVAILABLE, **changes: Any) -> Account:
    """Write an account that exists in AWS by name only."""
    number = next(_numbers)
    fields: dict[str, Any] = {
        "account_id": f"{700_000_000_000 + number}",
        "email": f"row{number}@sandboxes.example.com",
        "name": f"gameday-row{number}",
        "state": state,
        "state_since": now,
        "created_at": now,
    }
    return Account.objects.create(**fields | changes)


def move_account(account: Account, now: datetime, state: str, reason: str = "", actor: uuid.UUID | None = None) -> None:
    """Move an account, with the fact of it."""
    before, account.state, account.state_since, account.reason = account.state, state, now, reason
    account.save()
    AccountMove.objects.create(account=account, at=now, from_state=before, to_state=state, reason=reason, actor=actor)


def new_lease(now: datetime, state: str = LeaseState.ACTIVE, **changes: Any) -> Lease:
    """Write a lease in a state, with one move."""
    fields: dict[str, Any] = {
        "holder": uuid.uuid4(),
        "scope": uuid.uuid4(),
        "state": state,
        "state_since": now,
        "access_starts_at": now,
        "ends_at": now + timedelta(hours=4),
        "created_at": now,
    }
    if "blueprint" not in changes:
        fields["blueprint"] = sandboxes.blueprint()
    lease = Lease.objects.create(**fields | changes)
    LeaseMove.objects.create(
        lease=lease,
        at=now,
        to_state=state,
        account_id=lease.account.account_id if lease.account else "",
        reason=lease.reason,
    )
    return lease


def new_staff(name: str = "Olive Operator") -> User:
    """Create a member of the staff with an address."""
    return User.objects.create_user(f"staff{next(_numbers)}@example.com", "a-good-password", name=name, is_staff=True)
