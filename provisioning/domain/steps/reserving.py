"""Taking an account from the pool: the only step that is a matter of the database alone."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from provisioning.domain import bookings, moves, pace
from provisioning.domain.queries.pool import Pool, pool
from provisioning.domain.steps import creating
from provisioning.enums import AccountSource, AccountState, LeaseState
from provisioning.models import Account, Lease

# An account that was found changed this often in a row is not lent before somebody has looked at it.
MOST_STRIKES = 2


def reserve(now: datetime, lease: Lease) -> None:
    """Hold an AVAILABLE account for the lease, preferring one that it has not given up before.

    What is promised to others stays: a booked lease leaves alone what earlier bookings still miss, and one that is not
    booked, or exceeds its booking, what any of them does.
    """
    tried = lease.moves.exclude(account_id="").values_list("account_id", flat=True)
    with transaction.atomic():
        bookings.lock()
        # The lease first, the account second: everybody who locks both does it in this order.
        Lease.objects.select_for_update().get(pk=lease.pk)
        free = _fitting(lease)
        promised, to = _promised_to_others(now, lease)
        if free.count() > promised:
            unlocked = free.select_for_update(skip_locked=True).order_by("state_since")
            account = unlocked.exclude(account_id__in=list(tried)).first() or unlocked.first()
            if account is not None:
                _take(now, lease, account)
                return
    _wait(now, lease, promised_to=to)


def known_in(regions: Sequence[str]) -> Q:
    """Return the condition for accounts in which anything can be told apart in these regions.

    A created account was empty; what stood in a company's is known only where somebody has looked.
    """
    return Q(source=AccountSource.MANAGED) | Q(baseline_regions__contains=list(regions))


def is_known_in(regions: Collection[str], *, source: str, baseline_regions: Collection[str]) -> bool:
    """Tell of values that were read what `known_in` asks of rows."""
    return source == AccountSource.MANAGED or set(regions) <= set(baseline_regions)


def _fitting(lease: Lease) -> QuerySet[Account]:
    known = known_in(lease.blueprint.regions)
    return Account.objects.filter(known, state=AccountState.AVAILABLE, strikes__lt=MOST_STRIKES)


def _promised_to_others(now: datetime, lease: Lease) -> tuple[int, str]:
    promised, to = 0, ""
    for booking, missing in bookings.outstanding(now=now):
        if booking.scope == lease.scope:
            if missing:
                break  # It takes what is its own; later bookings come after it.
        elif missing:
            promised, to = promised + missing, to or booking.label
    return promised, to


def _take(now: datetime, lease: Lease, account: Account) -> None:
    moves.by_worker(
        now=now,
        lease=lease,
        held=account,
        held_changes={
            "state": AccountState.LEASED,
            "due_at": None,
            "step": "",
            "reason": "",
            "leases_served": F("leases_served") + 1,
        },
        account=account,
        state=LeaseState.RESERVED,
        step="identity",
        due_at=now,
        attempts=0,
        error="",
    )


_WAITS = "; "


def _wait(now: datetime, lease: Lease, *, promised_to: str) -> None:
    counted = pool()
    quarantined = counted.by_state.get(AccountState.QUARANTINED, 0)
    if not counted.usable and quarantined == counted.kept > 0:
        reason = f"no account is left to try: all {quarantined} are quarantined"
        moves.by_worker(now=now, lease=lease, why=reason, state=LeaseState.FAILED, step="", due_at=None)
        return
    reason = _waits_for_a_free_one(lease, promised_to) or _waits_for_another(counted)
    # Why it has to wait again, a restarted simulator for example, stays in front of what it waits for.
    why = lease.reason.partition(_WAITS)[0]
    reason = f"{why}{_WAITS}{reason}" if why and not why.startswith("waiting") else reason
    moves.by_worker(now=now, lease=lease, due_at=now + 5 * pace.poll(), reason=reason)


def _waits_for_a_free_one(lease: Lease, promised_to: str) -> str:
    free = Account.objects.filter(state=AccountState.AVAILABLE).count()
    if free and not _fitting(lease).exists():
        regions = ", ".join(lease.blueprint.regions)
        return f"waiting: none of {free} free accounts may be lent, or none was looked through in {regions}"
    return f"waiting: what is free is promised to {promised_to}" if free and promised_to else ""


def _waits_for_another(counted: Pool) -> str:
    stopped = creating.obstacle()
    if stopped is not None and counted.left:
        return f"waiting for an account to come back: {stopped.reason}"
    if not counted.usable:
        registered = counted.by_state.get(AccountState.REGISTERED, 0)
        if registered:
            return f"waiting: {registered} accounts are registered, and none is confirmed yet"
        return "waiting: no account is registered, and none may be created here"
    return "waiting for a new account" if counted.left else f"waiting for one of {counted.kept} accounts to come back"
