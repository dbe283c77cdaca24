"""The lease machine: one step of a claimed lease, its result or its failure written under the claim."""

from datetime import datetime
from typing import Any

import structlog
from django.db import transaction

from provisioning import throttle
from provisioning.aws.errors import AwsError, Conflict
from provisioning.domain import accounts, claims, cleaning, deadlines, failures, leases, moves
from provisioning.domain.steps import extras, freezing, playing, reserving, teardown, vending
from provisioning.domain.steps.outcome import Outcome
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Lease

log = structlog.get_logger(__name__)

SWAPS = 2
_VENDING = {**vending.STEPS, **extras.VENDING_STEPS}
_IN_HANDS = {**playing.STEPS, **freezing.STEPS, **extras.STEPS}


def advance(*, now: datetime, lease: Lease) -> None:
    """Do one step of a claimed lease and write its result; raises ClaimLost if the lease has moved meanwhile."""
    if lease.state not in leases.OVER and lease.ends_at <= now:
        _end_by_clock(now, lease)
        return
    deadline = deadlines.standing(now, lease)
    try:
        outcome = _step(now, lease)
    except throttle.Paced as paced:
        outcome = Outcome({"due_at": now + paced.wait, "attempts": lease.attempts, "error": lease.error})
    except claims.ClaimLost:
        raise
    except Exception as error:  # noqa: BLE001  (whatever it is, this lease waits and the others go on)
        outcome = _failure(now, lease, error)
    if deadline is not None and _stays(lease, outcome):
        outcome = _held_to(deadline, now, lease, outcome)
    if outcome is not None:
        outcome.lease.setdefault("attempts", 0)
        outcome.lease.setdefault("error", "")
        _write(now, lease, outcome)


def _step(now: datetime, lease: Lease) -> Outcome | None:
    if lease.state == LeaseState.REQUESTED:
        reserving.reserve(now, lease)
        return None
    if lease.state in leases.VENDING:
        return _VENDING[lease.step](now, lease)
    if lease.state == LeaseState.ENDING:
        return teardown.advance(now, lease)
    if lease.step:
        return _IN_HANDS[lease.step](now, lease)
    return playing.rest(now, lease)


def _stays(lease: Lease, outcome: Outcome | None) -> bool:
    """Tell whether the lease is where it was; a reservation has written itself."""
    if outcome is None:
        return lease.state == LeaseState.REQUESTED
    after = (outcome.lease.get("state", lease.state), outcome.lease.get("step", lease.step))
    return after == (lease.state, lease.step)


def _held_to(deadline: datetime, now: datetime, lease: Lease, outcome: Outcome | None) -> Outcome | None:
    """Act when a step has taken too long, after this last look: elsewhere, by quarantine, or by telling a person."""
    if now < deadline:
        if outcome is not None and deadline != lease.deadline_at:
            outcome.lease["deadline_at"] = deadline
        return outcome
    last = lease.error if outcome is None else outcome.lease.get("error", "")
    words = deadlines.in_words(lease) + (f"; the last answer: {last}" if last else "")
    log.warning("lease step overdue", step=lease.step, error=words)
    if lease.state == LeaseState.ENDING:
        return teardown.give_up(now, lease, words)
    if lease.state in leases.VENDING:
        # Slowness is not refusal: the account is cleaned and comes back, and the lease prefers one not yet tried.
        return _swap(now, lease, words, at_fault=False)
    _tell_overdue(now, lease, words)
    renewed = deadlines.deadline(now, lease.state, lease.step)
    if outcome is None:
        claims.write(lease, deadline_at=renewed)
    else:
        outcome.lease["deadline_at"] = renewed
    return outcome


def _tell_overdue(now: datetime, lease: Lease, words: str) -> None:
    if lease.state == LeaseState.REQUESTED:
        title, text = "A sandbox waits for an account", f"{lease.reason}. It goes on waiting until its end."
    else:
        title = "A sandbox in use is not as it should be"
        text = f"{words}. It stays {LeaseState(lease.state).label.lower()}, and this is tried again and again."
    with transaction.atomic():
        moves.tell(now=now, lease=lease, trouble=f"overdue:{lease.state}:{lease.step}", title=title, text=text)


def _write(now: datetime, lease: Lease, outcome: Outcome) -> None:
    before = (lease.state, lease.step)
    moves.by_worker(
        now=now,
        lease=lease,
        held=lease.account,
        held_changes=outcome.account,
        facts=outcome.facts,
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
    allowed = deadlines.patience(lease.state, lease.step)
    given_up = failures.is_exhausted(error, attempts, *([allowed.tries] if allowed else []))
    given_up = given_up or isinstance(error, vending.StackFailed)
    if given_up and lease.state == LeaseState.ENDING:
        return teardown.give_up(now, lease, f"{lease.step} failed: {words}")
    if given_up and lease.state in leases.VENDING:
        # Refusals and silence are the account's fault; a request that does not fit is the blueprint's.
        at_fault = isinstance(error, AwsError) and not isinstance(error, Conflict)
        return _swap(now, lease, f"{lease.step} failed: {words}", at_fault=at_fault)
    if given_up:
        _tell_overdue(now, lease, f"{lease.step} failed {attempts} times: {words}")
    retry: dict[str, Any] = {"attempts": attempts, "error": words, "due_at": now + claims.backoff(attempts)}
    return Outcome(retry)


def _swap(now: datetime, lease: Lease, why: str, *, at_fault: bool) -> Outcome:
    """Give the account up and go on with another; the lease keeps its identity, and its names move on an attempt."""
    account = cleaning.quarantine(why) if at_fault else cleaning.beginning(now)
    if lease.swaps >= SWAPS:
        changes: dict[str, Any] = {"state": LeaseState.FAILED, "step": "", "due_at": None, "error": why}
        return Outcome(changes, account, reason=f"{lease.swaps + 1} accounts were tried; the last: {why}")
    changes = {**leases.giving_up(lease), "swaps": lease.swaps + 1, "error": why, "due_at": now}
    return Outcome(changes, account, reason=why)
