"""Finding due work, and doing the due steps of one row for as long as a message may take."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import structlog

from provisioning.aws import time_limit
from provisioning.domain import accounts, advance, claims
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, Lease

log = structlog.get_logger(__name__)

BATCH = 200
# No step begins later; one that has begun makes calls until claims.CALLS_FOR is over.
WORK_FOR = claims.WORK_HOLD / 4

Kind = Literal["lease", "account"]
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Work:
    """One message to a worker; cleaning goes to its own queue, so that it cannot starve vending."""

    kind: Kind
    key: str
    version: int
    is_sweeping: bool


def find(*, now: datetime) -> list[Work]:
    """Provide the accounts that leases wait for, then mark and return what is due."""
    accounts.provide(now=now)
    leases = claims.mark_due(Lease, now=now, limit=BATCH)
    pool = claims.mark_due(Account, now=now, limit=BATCH)
    cleaning = (AccountState.CLEANING, AccountState.VERIFYING)
    return [Work("lease", each.key, each.version, each.state == LeaseState.ENDING) for each in leases] + [
        Work("account", each.key, each.version, each.state in cleaning) for each in pool
    ]


def do(*, work: Work, clock: Clock) -> int:
    """Take a row and do its steps while it is due, at most for WORK_FOR; return how many were done.

    A row that somebody else has taken or moved is left alone.
    """
    if work.kind == "lease":
        return _do_lease(work, clock)
    return _do_account(work, clock)


def _do_lease(work: Work, clock: Clock) -> int:
    lease = claims.take(Lease, now=clock(), key=work.key, version=work.version)
    if lease is None:
        return 0
    with structlog.contextvars.bound_contextvars(
        lease=str(lease.pk), scope=str(lease.scope), account=str(lease.account or "")
    ):
        was_ending = lease.state == LeaseState.ENDING
        return _steps(
            lease,
            clock,
            lambda now: advance.advance(now=now, lease=lease),
            # Its end belongs on the other queue.
            lambda: (lease.state == LeaseState.ENDING) == was_ending,
        )


def _do_account(work: Work, clock: Clock) -> int:
    account = claims.take(Account, now=clock(), key=work.key, version=work.version)
    if account is None:
        return 0
    with structlog.contextvars.bound_contextvars(account=str(account)):
        return _steps(account, clock, lambda now: accounts.advance(now=now, account=account), lambda: True)


def _steps(row: Lease | Account, clock: Clock, step: Callable[[datetime], None], goes_on: Callable[[], bool]) -> int:
    started = now = clock()
    done = 0
    try:
        with time_limit.calls_begin_within(claims.CALLS_FOR.total_seconds()):
            while row.due_at is not None and row.due_at <= now and now - started < WORK_FOR and goes_on():
                step(now)
                done += 1
                now = clock()
    except claims.ClaimLost as lost:
        log.info("claim lost", reason=str(lost))
    finally:
        claims.give_back(row)
    return done
