"""Noticing that the simulator restarted: it forgot every account, so running leases are vended afresh."""

from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction

from provisioning.aws import gate, sessions
from provisioning.aws.errors import Transient
from provisioning.domain import account_moves, leases, moves
from provisioning.enums import LIVE_LEASE_STATES, AccountState, LeaseState
from provisioning.models import Account, Lease, SimulatorGeneration
from provisioning.signals import work_due

log = structlog.get_logger(__name__)

REASON = "the simulator restarted"


def notice_restart(*, now: datetime) -> bool:
    """Compare the simulator's generation with the one we know; on a new one, start every running lease over.

    Returns whether it is new. On AWS, and while the gate does not answer, nothing happens.
    """
    if settings.AWS_MODE != "simulator":
        return False
    try:
        generation = gate.generation()
    except Transient as error:
        log.warning("the simulator does not answer", error=str(error))
        return False
    return adopt(now=now, generation=generation)


def adopt(*, now: datetime, generation: str) -> bool:
    """Make a generation the present one; see `notice_restart`."""
    if SimulatorGeneration.objects.filter(generation=generation).exists():
        return False
    with transaction.atomic():
        _, is_new = SimulatorGeneration.objects.get_or_create(generation=generation, defaults={"seen_at": now})
        if not is_new:
            return False
        for lease in Lease.objects.select_for_update(of=("self",)).select_related("account").filter(
            state__in=LIVE_LEASE_STATES
        ):  # fmt: skip
            _start_over(now, lease)
        for account in Account.objects.select_for_update().exclude(state=AccountState.RETIRED):
            account_moves.from_outside(
                now=now, account=account, state=AccountState.RETIRED, reason=REASON, due_at=None, step=""
            )
        work_due.send(SimulatorGeneration)
    sessions.forget()
    log.info("a new life of the simulator", generation=generation)
    return True


def _start_over(now: datetime, lease: Lease) -> None:
    if lease.state == LeaseState.REQUESTED:
        return
    changes: dict[str, Any]
    if lease.state == LeaseState.ENDING:
        changes = {"state": LeaseState.ENDED, "step": "", "due_at": None}
    else:
        changes = {**leases.giving_up(lease), "swaps": 0, "due_at": now}
    reason = REASON
    if lease.state == LeaseState.FROZEN:
        changes["stays_frozen"] = True
        reason = f"{REASON}, and it stays frozen"
    moves.from_outside(now=now, lease=lease, actor=None, reason=reason, error="", **changes)
