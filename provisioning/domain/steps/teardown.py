"""An ending lease cleans its account, and ends in the same transaction in which the account is proven clean."""

from datetime import datetime
from typing import Any

from provisioning.domain import cleaning, costs
from provisioning.domain.steps import vending
from provisioning.domain.steps.outcome import Outcome
from provisioning.enums import AccountState, LeaseState
from provisioning.models import CleanCertificate, CostEstimate, Lease


def advance(now: datetime, lease: Lease) -> Outcome:
    """Do one step of cleaning for the lease."""
    progress = cleaning.advance(now=now, account=vending.account_of(lease), step=lease.step)
    changes: dict[str, Any] = {"step": progress.step, "due_at": now + progress.after, "progress": 0}
    facts: list[CleanCertificate | CostEstimate] = [progress.certificate] if progress.certificate else []
    if progress.inventory is not None:
        cost = costs.last_estimate(now=now, lease=lease, standing=progress.standing)
        facts.append(cost)
        changes.update(inventory=progress.inventory, cost_usd=cost.total_usd, cost_at=now, cost_due_at=None)
    reason = progress.note
    if progress.step == cleaning.DONE:
        changes.update(state=LeaseState.ENDED, due_at=None)
        reason = lease.reason
        if progress.account["state"] == AccountState.QUARANTINED:
            reason += f"; its account is quarantined: {progress.account['reason']}"
    return Outcome(changes, progress.account, tuple(facts), reason)


def give_up(now: datetime, lease: Lease, why: str) -> Outcome:
    """Let the lease end when its account cannot be cleaned, and the account wait for a person."""
    return Outcome(
        {"state": LeaseState.ENDED, "step": "", "due_at": None, "error": why},
        cleaning.quarantine(why),
        reason=f"{lease.reason}; its account is quarantined: {why}",
    )
