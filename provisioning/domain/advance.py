"""The lease machine: one step of a claimed lease, its result or its failure written under the claim."""

from datetime import datetime
from typing import Any

import structlog
from django.db import transaction

from provisioning import throttle
from provisioning.aws.errors import AwsError, Conflict
from provisioning.domain import accounts, claims, cleaning, failures, leases, moves
from provisioning.domain.steps import playing, reserving, teardown, vending
from provisioning.domain.steps.outcome import Outcome
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Lease

log = structlog.get_logger(__name__)

SWAPS = 2
_VENDING = (LeaseState.RESERVED, LeaseState.PROVISIONING)


def advance(*, now: datetime, lease: Lease) -> None:
    """Do one step of a claimed lease and write its result; raises ClaimLost if the lease has moved meanwhile."""
    if lease.state not in leases.OVER and lease.ends_at <= now:
        _end_by_clock(now, lease)
        return
    try:
        outcome = _step(now, lease)
    except throttle.Paced as paced:
        claims.write(lease, due_at=now + paced.wait)
        return
    except claims.ClaimLost:
        raise
    except Exception as error:  # noqa: BLE001  (whatever it is, this lease waits and the others go on)
        outcome = _failure(now, lease, error)
    else:
        if outcome is not None:
            outcome.lease.setdefault("attempts", 0)
            outcome.lease.setdefault("error", "")
    if outcome is not None:
        _write(now, lease, outcome)


def _step(now: datetime, lease: Lease) -> Outcome | None:
    if lease.state == LeaseState.REQUESTED:
        reserving.reserve(now, lease)
        return None
    if lease.state in _VENDING:
        return vending.STEPS[lease.step](now, lease)
    if lease.state == LeaseState.ENDING:
        return teardown.advance(now, lease)
    if lease.state in (LeaseState.READY, LeaseState.ACTIVE):
        return playing.advance(now, lease)
    return Outcome({"due_at": None})


def _write(now: datetime, lease: Lease, outcome: Outcome) -> None:
    before = (lease.state, lease.step)
    moves.by_worker(
        now=now,
        lease=lease,
        held=lease.account,
        held_changes=outcome.account,
        certificate=outcome.certificate,
        why=outcome.reason,
        **outcome.lease,
    )
    if (lease.state, lease.step) != before:
        log.info("lease moved", state=str(lease.state), step=lease.step, reason=outcome.reason)
    if outcome.account.get("state") == AccountState.AVAILABLE:
        accounts.wake_waiting(now=now)


def _end_by_clock(now: datetime, lease: Lease) -> None:
    with transaction.atomic():
        locked = Lease.objects.select_for_update(of=("self",)).select_related("account").filter(
            pk=lease.pk, version=lease.version
        ).first()  # fmt: skip
        if locked is None:
            raise claims.ClaimLost(f"{lease} has moved since version {lease.version}")
        leases.begin_end(now=now, lease=locked, actor=None, reason="its time was over")
    lease.refresh_from_db(fields=["state", "step", "due_at", "version"])


def _failure(now: datetime, lease: Lease, error: Exception) -> Outcome:
    words = failures.in_words(error)
    attempts = lease.attempts + 1
    log.warning(
        "lease step failed", step=lease.step, attempts=attempts, error=words, exc_info=failures.unexpected(error)
    )
    given_up = failures.is_exhausted(error, attempts) or isinstance(error, vending.StackFailed)
    if given_up and lease.state == LeaseState.ENDING:
        return teardown.give_up(now, lease, words)
    if given_up and lease.state in _VENDING:
        return _swap(now, lease, error, words)
    retry: dict[str, Any] = {"attempts": attempts, "error": words, "due_at": now + claims.backoff(attempts)}
    return Outcome(retry)


def _swap(now: datetime, lease: Lease, error: Exception, words: str) -> Outcome:
    """Give the account up and go on with another; the lease keeps its identity, and its names move on an attempt."""
    # Refusals and silence are the account's fault; a request that does not fit is the blueprint's.
    at_fault = isinstance(error, AwsError) and not isinstance(error, Conflict)
    why = f"{lease.step} failed: {words}"
    account = cleaning.quarantine(why) if at_fault else cleaning.beginning(now)
    if lease.swaps >= SWAPS:
        changes: dict[str, Any] = {"state": LeaseState.FAILED, "step": "", "due_at": None, "error": words}
        reason = f"{lease.swaps + 1} accounts were tried; the last: {why}"
        return Outcome(changes, account, reason=reason)
    return Outcome(
        {
            "state": LeaseState.REQUESTED,
            "step": "reserve",
            "account": None,
            "attempt": lease.attempt + 1,
            "swaps": lease.swaps + 1,
            "outputs": {},
            "progress": 0,
            "attempts": 0,
            "error": words,
            "due_at": now,
        },
        account,
        reason=why,
    )
