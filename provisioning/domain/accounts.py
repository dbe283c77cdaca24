"""The account pool: making accounts when they are wanted, and moving what no lease is moving."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import Q

from provisioning import throttle
from provisioning.aws.errors import Transient
from provisioning.domain import account_moves, bookings, claims, cleaning, failures
from provisioning.domain.queries.pool import pool
from provisioning.domain.steps import bootstrapping, creating, registering, reserving
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, Lease, SimulatorGeneration
from provisioning.signals import work_due

log = structlog.get_logger(__name__)

_PROVIDE_LOCK = 7_401_001
_COMING = [
    AccountState.CREATING,
    AccountState.BOOTSTRAPPING,
    AccountState.CLEANING,
    AccountState.VERIFYING,
    AccountState.COOLING,
]
_BY_THE_POOL = [AccountState.REGISTERED, AccountState.CREATING, AccountState.BOOTSTRAPPING, AccountState.COOLING]


def provide(*, now: datetime) -> int:
    """Write a row for each account that waiting leases and bookings need and the limit allows; return how many."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_PROVIDE_LOCK])
        # The accounts first: a lease that takes one meanwhile then misses on both sides. In the other order it would be
        # counted as waiting, its account as gone, and one too many would be made.
        on_their_way = Q(state__in=_COMING, due_at__isnull=False) | Q(
            state=AccountState.AVAILABLE, strikes__lt=reserving.MOST_STRIKES
        )
        coming = list(Account.objects.filter(on_their_way).values_list("source", "baseline_regions"))
        wanted, regions = _wanted(now)
        if not wanted or creating.obstacle() is not None:
            return 0
        fitting = sum(reserving.is_known_in(regions, source=source, baseline_regions=known) for source, known in coming)
        made = max(0, min(wanted - fitting, pool().left))
        latest = SimulatorGeneration.objects.order_by("seen_at").last()
        for _ in range(made):
            account = Account.objects.create(
                **creating.identity(),
                state=AccountState.CREATING,
                state_since=now,
                step=creating.FIRST_STEP,
                due_at=now,
                generation=latest.generation if latest else "",
                created_at=now,
            )
            account_moves.begin(now=now, account=account)
        return made


def _wanted(now: datetime) -> tuple[int, set[str]]:
    """Return how many accounts are wanted, and the regions that those who wait for one will open."""
    waiting: Counter[UUID] = Counter()
    regions: set[str] = set()
    for scope, opened in Lease.objects.filter(state=LeaseState.REQUESTED, ends_at__gt=now).values_list(
        "scope", "blueprint__regions"
    ):
        waiting[scope] += 1
        regions.update(opened)
    # A booked lease that waits is one of those that its booking still misses.
    for booking, missing in bookings.outstanding(now=now):
        waiting[booking.scope] = max(waiting[booking.scope], missing)
    return waiting.total(), regions


def advance(*, now: datetime, account: Account) -> None:
    """Do one step of a claimed account and write its result; raises ClaimLost if it has moved meanwhile."""
    certificate = None
    try:
        if account.state in _BY_THE_POOL:
            changes = STEPS[account.step](now, account)
        else:
            progress = cleaning.advance(now=now, account=account, step=account.step)
            changes = {"step": progress.step, "due_at": now + progress.after, **progress.account}
            certificate = progress.certificate
    except throttle.Paced as paced:
        claims.write(account, due_at=now + paced.wait)
        return
    except claims.ClaimLost:
        raise
    except Exception as error:  # noqa: BLE001  (whatever it is, this row waits and the others go on)
        _failed(now, account, error)
        return
    account_moves.by_worker(now=now, account=account, certificate=certificate, **{"attempts": 0, **changes})
    log.info("account moved", account=str(account), state=str(account.state), step=account.step)
    if account.state == AccountState.AVAILABLE:
        wake_waiting(now=now)


def _failed(now: datetime, account: Account, error: Exception) -> None:
    words = failures.in_words(error)
    log.warning(
        "account step failed", account=str(account), step=account.step, error=words, exc_info=failures.unexpected(error)
    )
    attempts = account.attempts + 1
    changes: dict[str, Any] = {"reason": words, "due_at": now + claims.backoff(attempts)}
    if failures.is_exhausted(error, attempts):
        if account.state == AccountState.CREATING:
            # Without AWS's answer nothing is known of it; an answer that says no would be said to the next one too.
            if not isinstance(error, Transient):
                changes = creating.refused(words)
        else:
            changes = cleaning.quarantine(f"{account.step} failed {attempts} times: {words}")
    account_moves.by_worker(now=now, account=account, attempts=attempts, **changes)


def wake_waiting(*, now: datetime) -> None:
    """Make the waiting leases due: an account has become available."""
    with transaction.atomic():
        Lease.objects.filter(state=LeaseState.REQUESTED, due_at__gt=now).update(due_at=now)
        work_due.send(Account)


def _cool(now: datetime, account: Account) -> dict[str, Any]:
    return {"state": AccountState.AVAILABLE, "step": "", "due_at": None}


STEPS: dict[str, Callable[[datetime, Account], dict[str, Any]]] = {
    "queue": creating.queue,
    "create": creating.create,
    "await": creating.wait,
    "move": bootstrapping.move,
    "role": bootstrapping.role,
    "baseline": bootstrapping.baseline,
    "inventory": registering.inventory,
    "compare": registering.compare,
    "cool": _cool,
}
