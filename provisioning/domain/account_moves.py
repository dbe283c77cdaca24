"""Moving an account: the change and the fact of it, written together or not at all."""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from provisioning.domain import claims
from provisioning.models import Account, AccountMove, CleanCertificate
from provisioning.signals import work_due


def begin(*, now: datetime, account: Account, actor: uuid.UUID | None = None) -> None:
    """Record that an account came into the pool."""
    _record(now, account, "", actor=actor)


def by_worker(*, now: datetime, account: Account, certificate: CleanCertificate | None = None, **changes: Any) -> None:
    """Write a step's result under the worker's claim, with a fact if anything moved.

    Raises ClaimLost, with nothing written, when the account has moved meanwhile.
    """
    before = _standing(account)
    with transaction.atomic():
        claims.write(account, **_dated(now, account, changes))
        if certificate is not None:
            certificate.save()
        if _standing(account) != before:
            _record(now, account, before[0])


def from_outside(
    *,
    now: datetime,
    account: Account,
    actor: uuid.UUID | None = None,
    lease: uuid.UUID | None = None,
    why: str = "",
    **changes: Any,
) -> None:
    """Move a locked account from outside its own worker (a lease, a person), with a fact if anything moved.

    `why` is told in the fact alone; `reason` among the changes stays with the account.
    """
    before = _standing(account)
    claims.intervene(account, **_dated(now, account, changes))
    if _standing(account) != before or actor is not None:
        _record(now, account, before[0], actor=actor, lease=lease, why=why)
    if lease is None and account.due_at is not None:
        work_due.send(Account)


def _dated(now: datetime, account: Account, changes: dict[str, Any]) -> dict[str, Any]:
    if changes.get("state", account.state) != account.state:
        return {"state_since": now, **changes}
    return changes


def _standing(account: Account) -> tuple[str, ...]:
    return account.state, account.step, account.reason


def _record(
    now: datetime,
    account: Account,
    before: str,
    *,
    actor: uuid.UUID | None = None,
    lease: uuid.UUID | None = None,
    why: str = "",
) -> None:
    AccountMove.objects.create(
        account=account,
        at=now,
        from_state=before,
        to_state=account.state,
        step=account.step,
        lease=lease,
        actor=actor,
        reason=why or account.reason,
    )
