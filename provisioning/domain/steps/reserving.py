"""Taking an account from the pool: the only step that is a matter of the database alone."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F

from provisioning.domain import moves, pace
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, Lease


def reserve(now: datetime, lease: Lease) -> None:
    """Hold an AVAILABLE account for the lease, preferring one that it has not given up before."""
    tried = lease.moves.exclude(account_id="").values_list("account_id", flat=True)
    with transaction.atomic():
        # The lease first, the account second: everybody who locks both does it in this order.
        Lease.objects.select_for_update().get(pk=lease.pk)
        free = Account.objects.select_for_update(skip_locked=True).filter(state=AccountState.AVAILABLE)
        free = free.order_by("state_since")
        account = free.exclude(account_id__in=list(tried)).first() or free.first()
        if account is not None:
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
            return
    _wait(now, lease)


_WAITS = "; "


def _wait(now: datetime, lease: Lease) -> None:
    kept = Account.objects.exclude(state=AccountState.RETIRED)
    usable = kept.exclude(state=AccountState.QUARANTINED)
    limit = settings.AWS_ACCOUNT_LIMIT
    if kept.count() >= limit and not usable.exists():
        reason = f"no account is left to try: all {limit} are quarantined"
        moves.by_worker(now=now, lease=lease, why=reason, state=LeaseState.FAILED, step="", due_at=None)
        return
    full = kept.count() >= limit
    reason = f"waiting for one of {limit} accounts to come back" if full else "waiting for a new account"
    # Why it has to wait again, a restarted simulator for example, stays in front of what it waits for.
    why = lease.reason.partition(_WAITS)[0]
    reason = f"{why}{_WAITS}{reason}" if why and not why.startswith("waiting") else reason
    moves.by_worker(now=now, lease=lease, due_at=now + 5 * pace.poll(), reason=reason)
