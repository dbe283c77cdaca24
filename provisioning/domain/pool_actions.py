"""What a person may do to an account of the pool; each act is a fact of the account and in the journal."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.domain import audit
from provisioning.domain import account_moves, cleaning
from provisioning.domain.steps import bootstrapping, creating, registering
from provisioning.enums import LIVE_LEASE_STATES, AccountSource, AccountState
from provisioning.models import Account, Lease


class UnableToAct(Exception):
    """The account does not allow this now, for the reason given; nothing was changed."""


def retry(*, now: datetime, account: Account, actor: uuid.UUID | None, reason: str) -> Account:
    """Let the platform try again at once: what it is doing, or from the start where it had given up.

    A quarantined account is cleaned, unless it never got so far; a registered one is looked through again, and a
    retired one that the company owns is registered anew. Raises UnableToAct.
    """
    return _act(now=now, account=account, actor=actor, reason=reason, act="retry", changes=_retried)


def quarantine(*, now: datetime, account: Account, actor: uuid.UUID | None, reason: str) -> Account:
    """Keep an account that nobody holds from being lent until a person retries, releases or retires it."""
    return _act(
        now=now,
        account=account,
        actor=actor,
        reason=reason,
        act="quarantine",
        changes=lambda _now, account: _quarantined(account, reason),
    )


def release(*, now: datetime, account: Account, actor: uuid.UUID | None, reason: str) -> Account:
    """Let an account that a person has cleaned be proven clean by two listings; nothing is deleted in it."""
    return _act(now=now, account=account, actor=actor, reason=reason, act="release", changes=_released)


def retire(*, now: datetime, account: Account, actor: uuid.UUID | None, reason: str) -> Account:
    """Take an account out of the pool for good; nothing is changed in it, and closing it is left to people."""
    return _act(
        now=now,
        account=account,
        actor=actor,
        reason=reason,
        act="retire",
        changes=lambda now, account: _retired(now, account, reason),
    )


def _act(
    *,
    now: datetime,
    account: Account,
    actor: uuid.UUID | None,
    reason: str,
    act: str,
    changes: Callable[[datetime, Account], dict[str, Any]],
) -> Account:
    if not reason.strip():
        raise UnableToAct("Say why: the reason is kept with the account.")
    with transaction.atomic():
        account = Account.objects.select_for_update().get(pk=account.pk)
        lease = Lease.objects.filter(account=account, state__in=LIVE_LEASE_STATES).first()
        if lease is not None:
            raise UnableToAct(
                f"Account {account} is held by the lease {lease.pk} ({lease.state}). Retry, swap or end the lease."
            )
        before = account.state
        account_moves.from_outside(
            now=now, account=account, actor=actor, why=f"{act}: {reason}", **changes(now, account)
        )
        audit.record(
            now=now,
            action=f"account.{act}",
            subject=f"account:{account.account_id or account.pk}",
            actor=actor,
            reason=reason,
            before=before,
        )
    return account


def _retried(now: datetime, account: Account) -> dict[str, Any]:
    fresh: dict[str, Any] = {"due_at": now, "attempts": 0, "reason": ""}
    is_retired_registration = account.state == AccountState.RETIRED and account.source == AccountSource.PREPARED
    if account.state == AccountState.REGISTERED or is_retired_registration:
        return {
            **fresh,
            "state": AccountState.REGISTERED,
            "step": registering.FIRST_STEP,
            "inventory": None,
            "confirmed_at": None,
            "baseline": [],
            "baseline_regions": [],
            "strikes": 0,
        }
    if account.state == AccountState.QUARANTINED:
        return {**fresh, "strikes": 0, **_resumed(now, account)}
    if account.due_at is None:
        raise UnableToAct(f"Account {account} is {account.state}: there is nothing to try again.")
    return fresh


def _resumed(now: datetime, account: Account) -> dict[str, Any]:
    if account.account_id is None:
        return {"state": AccountState.CREATING, "step": creating.FIRST_STEP, "create_request_id": ""}
    if account.source == AccountSource.PREPARED and account.confirmed_at is None:
        return {"state": AccountState.REGISTERED, "step": registering.FIRST_STEP, "inventory": None}
    if account.source == AccountSource.PREPARED and not registering.is_compared(account):
        return {"state": AccountState.BOOTSTRAPPING, "step": registering.COMPARE}
    if not account.baseline_regions:
        return {"state": AccountState.BOOTSTRAPPING, "step": bootstrapping.FIRST_STEP}
    return {**cleaning.beginning(now), "rounds": 0, "passes": 0, "listing": None}


def _quarantined(account: Account, reason: str) -> dict[str, Any]:
    if account.state in (AccountState.QUARANTINED, AccountState.RETIRED):
        raise UnableToAct(f"Account {account} is {account.state} already.")
    if account.account_id is None:
        raise UnableToAct("AWS has not made this account yet. Wait until it has.")
    return cleaning.quarantine(reason)


def _released(now: datetime, account: Account) -> dict[str, Any]:
    if account.state != AccountState.QUARANTINED:
        raise UnableToAct(f"Account {account} is {account.state}; only a quarantined one is released.")
    if not account.baseline_regions:
        raise UnableToAct(f"Account {account} was never ready, so nothing in it can be told apart. Retry it.")
    return {
        "state": AccountState.VERIFYING,
        "step": cleaning.FIRST_LOOK,
        "due_at": now,
        "attempts": 0,
        "rounds": 0,
        "passes": 0,
        "listing": None,
        "strikes": 0,
        "reason": "",
    }


def _retired(now: datetime, account: Account, reason: str) -> dict[str, Any]:
    if account.state == AccountState.RETIRED:
        raise UnableToAct(f"Account {account} is retired already.")
    at_work = account.claimed_until is not None and account.claimed_until > now
    if account.state == AccountState.CREATING and (account.create_request_id or at_work):
        raise UnableToAct("AWS may be making this account right now. Wait until it has answered.")
    return {"state": AccountState.RETIRED, "step": "", "due_at": None, "reason": reason}
