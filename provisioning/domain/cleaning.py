"""Emptying an account and proving it: steps on an account, whoever drives them (an ending lease, or the pool)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from provisioning import throttle
from provisioning.aws import roles, sweeper
from provisioning.aws.errors import Conflict
from provisioning.aws.sessions import platform_session
from provisioning.aws.sweeper import Resource
from provisioning.domain import guardrails, guards, pace, producers
from provisioning.enums import AccountState
from provisioning.models import Account, CleanCertificate

ROUNDS = 3
PASSES_PER_ROUND = 60
FRUITLESS_PASS = 10  # Passes that a pass counts for in which nothing could be deleted.
FIRST_STEP, FIRST_LOOK, DONE = "revoke", "look", ""


@dataclass(frozen=True)
class Progress:
    """What a cleaning step came to: the next step (DONE at the end), when, and what to write to the account."""

    step: str
    account: dict[str, Any] = field(default_factory=dict)
    after: timedelta = pace.NOW
    note: str = ""
    inventory: dict[str, Any] | None = None
    standing: tuple[Resource, ...] = ()
    certificate: CleanCertificate | None = None


def advance(*, now: datetime, account: Account, step: str) -> Progress:
    """Do one step of cleaning; an AwsError leaves the account as it is."""
    throttle.take("organizations:Describe")
    guards.require_sandbox(account)
    return STEPS[step](now, account)


def beginning(now: datetime) -> dict[str, Any]:
    """Return what to write to an account that is to be cleaned by the pool itself."""
    return {"state": AccountState.CLEANING, "step": FIRST_STEP, "due_at": now, "attempts": 0, "reason": ""}


def quarantine(reason: str, leftovers: list[str] | None = None) -> dict[str, Any]:
    """Return what to write to an account that needs a person."""
    changes: dict[str, Any] = {"state": AccountState.QUARANTINED, "reason": reason, "due_at": None, "step": ""}
    return changes if leftovers is None else {**changes, "leftovers": leftovers}


def _revoke(now: datetime, account: Account) -> Progress:
    # Issue times are whole seconds: rounding up also ends what was issued within this one.
    before = now.replace(microsecond=0) + timedelta(seconds=1)
    roles.revoke(platform_session(_id(account)), before=before)
    return Progress(
        "inventory",
        {"state": AccountState.CLEANING, "rounds": 0, "passes": 0, "leftovers": [], "listing": None, "reason": ""},
    )


def _inventory(now: datetime, account: Account) -> Progress:
    standing = _foreign(account, _list(account))
    found = [{"type": each.type, "arn": each.arn, "region": each.region} for each in standing]
    return Progress("producers", inventory={"at": now.isoformat(), "resources": found}, standing=tuple(standing))


def _producers(now: datetime, account: Account) -> Progress:
    result = producers.rest(account)
    if result.is_done:
        return Progress("stacks", note=result.note)
    return Progress("producers", after=pace.poll(), note=result.note)


def _stacks(now: datetime, account: Account) -> Progress:
    standing = _foreign(account, _list(account, only=sweeper.STACKS))
    if not standing:
        return Progress("sweep", {"passes": 0})
    return _delete(now, account, "stacks", standing)


def _sweep(now: datetime, account: Account) -> Progress:
    standing = _foreign(account, _list(account))
    if not standing:
        # An empty listing is the first of the two that prove it.
        return Progress("release", {"state": AccountState.VERIFYING, "listing": {"at": now.isoformat()}})
    return _delete(now, account, "sweep", standing)


def _release(now: datetime, account: Account) -> Progress:
    undone = guardrails.release(account=account)
    if undone:
        return Progress("release", note=undone)
    return Progress("confirm", after=pace.verify_interval())


def _delete(now: datetime, account: Account, step: str, standing: list[Resource]) -> Progress:
    if account.passes >= PASSES_PER_ROUND:
        return _not_clean(now, account, standing)
    result = sweeper.deletion_pass(platform_session(_id(account)), standing)
    passes = account.passes + (1 if result.deleted else FRUITLESS_PASS)
    refused = "; ".join(f"{arn}: {why}" for arn, why in sorted(result.refused.items())[:3])
    return Progress(step, {"passes": passes, "reason": refused}, after=pace.poll(), note=refused)


def _confirm(now: datetime, account: Account) -> Progress:
    standing = _foreign(account, _list(account))
    if standing:
        return _not_clean(now, account, standing)
    return _proven(now, account)


def _proven(now: datetime, account: Account) -> Progress:
    rest: dict[str, Any] = {"state": AccountState.AVAILABLE, "step": "", "due_at": None}
    if pace.cooling():
        rest = {"state": AccountState.COOLING, "step": "cool", "due_at": now + pace.cooling()}
    return Progress(
        DONE,
        {**rest, "attempts": 0, "rounds": 0, "passes": 0, "leftovers": [], "listing": None, "reason": ""},
        certificate=_certificate(now, account, []),
    )


def _not_clean(now: datetime, account: Account, standing: list[Resource]) -> Progress:
    leftovers = [each.arn for each in standing]
    rounds = account.rounds + 1
    certificate = _certificate(now, account, leftovers, rounds)
    if rounds >= ROUNDS:
        reason = f"{len(leftovers)} resources are left after {rounds} rounds: {', '.join(leftovers[:3])}"
        if account.reason:
            reason += f" ({account.reason})"
        return Progress(DONE, {**quarantine(reason, leftovers), "rounds": rounds}, certificate=certificate)
    changes = {"state": AccountState.CLEANING, "rounds": rounds, "passes": 0, "leftovers": leftovers, "listing": None}
    return Progress("stacks", changes, after=pace.poll(), note=f"round {rounds + 1}", certificate=certificate)


def _look(now: datetime, account: Account) -> Progress:
    """Prove an account that a person has cleaned: the first of two listings, and nothing is deleted."""
    standing = _foreign(account, _list(account))
    if standing:
        return _not_clean_by_hand(now, account, standing)
    return Progress("look-again", {"listing": {"at": now.isoformat()}}, after=pace.verify_interval())


def _look_again(now: datetime, account: Account) -> Progress:
    standing = _foreign(account, _list(account))
    return _not_clean_by_hand(now, account, standing) if standing else _proven(now, account)


def _not_clean_by_hand(now: datetime, account: Account, standing: list[Resource]) -> Progress:
    leftovers = [each.arn for each in standing]
    reason = f"it was released, but {len(leftovers)} resources still stand: {', '.join(leftovers[:3])}"
    return Progress(DONE, quarantine(reason, leftovers), certificate=_certificate(now, account, leftovers))


def _certificate(now: datetime, account: Account, leftovers: list[str], rounds: int | None = None) -> CleanCertificate:
    return CleanCertificate(
        account=account,
        at=now,
        is_clean=not leftovers,
        rounds=account.rounds + 1 if rounds is None else rounds,
        regions=account.baseline_regions,
        resource_types=[kind.name for kind in sweeper.ALL],
        leftovers=leftovers,
    )


def baseline(account: Account, regions: list[str]) -> dict[str, Any]:
    """List an account that nobody has used in these regions; return what to write, or nothing if it is known."""
    missing = [region for region in regions if region not in account.baseline_regions]
    if not missing and account.baseline_regions:
        return {}
    standing = [each.arn for each in sweeper.inventory(platform_session(_id(account)), missing or regions)]
    return {
        "baseline": sorted({*account.baseline, *standing}),
        "baseline_regions": sorted({*account.baseline_regions, *missing}),
    }


def _list(account: Account, only: tuple[str, ...] | None = None) -> list[Resource]:
    if not account.baseline_regions:
        raise Conflict("NoBaseline", f"{account} has no baseline, so nothing in it can be told apart.")
    return sweeper.inventory(platform_session(_id(account)), account.baseline_regions, only)


def _foreign(account: Account, standing: list[Resource]) -> list[Resource]:
    baseline_arns = set(account.baseline)
    return [each for each in standing if each.arn not in baseline_arns]


def _id(account: Account) -> str:
    assert account.account_id  # guards.require_sandbox has refused it otherwise
    return account.account_id


STEPS: dict[str, Callable[[datetime, Account], Progress]] = {
    "revoke": _revoke,
    "inventory": _inventory,
    "producers": _producers,
    "stacks": _stacks,
    "sweep": _sweep,
    "release": _release,
    "confirm": _confirm,
    "look": _look,
    "look-again": _look_again,
}
