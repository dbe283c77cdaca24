"""Emptying an account and proving it: steps on an account, whoever drives them (an ending lease, or the pool)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from provisioning import throttle
from provisioning.aws import roles, sweeper
from provisioning.aws.sessions import platform_session
from provisioning.aws.sweeper import Resource
from provisioning.domain import guardrails, guards, nuke, pace, producers, proof
from provisioning.domain.proof import Look
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
    standing = proof.look(account).foreign
    found = [
        {
            "type": each.type,
            "arn": each.arn,
            "region": each.region,
            "created_at": each.created_at.isoformat() if each.created_at else None,
            "details": dict(each.details),
        }
        for each in standing
    ]
    return Progress(
        "producers",
        {"standing": _types(standing)},
        inventory={"at": now.isoformat(), "resources": found},
        standing=standing,
    )


def _producers(now: datetime, account: Account) -> Progress:
    result = producers.rest(account)
    if result.is_done:
        return Progress("stacks", note=result.note)
    return Progress("producers", after=pace.poll(), note=result.note)


def _stacks(now: datetime, account: Account) -> Progress:
    if not set(account.standing) & set(sweeper.STACKS):
        return Progress("sweep", {"passes": 0})
    standing = proof.look(account, only=sweeper.STACKS).foreign
    if not standing:
        return Progress("sweep", {"passes": 0})
    return _delete(now, account, "stacks", standing, account.standing)


def _sweep(now: datetime, account: Account) -> Progress:
    """Delete what stands of the types that stood at the last look; whether anything else does, the proof will tell."""
    standing = proof.look(account, only=account.standing).foreign if account.standing else ()
    if not standing:
        return Progress("nuke" if nuke.is_wanted() else "verify", {"standing": []})
    return _delete(now, account, "sweep", standing, _types(standing))


def _delete(now: datetime, account: Account, step: str, found: Sequence[Resource], types: list[str]) -> Progress:
    if account.passes >= PASSES_PER_ROUND:
        return _not_clean(now, account, [each.arn for each in found], types)
    result = sweeper.deletion_pass(platform_session(_id(account)), found)
    passes = account.passes + (FRUITLESS_PASS if result.is_hopeless else 1)
    refused = "; ".join(f"{arn}: {why}" for arn, why in sorted(result.refused.items())[:3])
    changes = {"passes": passes, "reason": refused, "standing": types}
    return Progress(step, changes, after=pace.after_pass(passes), note=refused)


def _nuke(now: datetime, account: Account) -> Progress:
    """Let aws-nuke go over the account as well, once; what it says proves nothing."""
    return Progress("verify", note=nuke.run(account))


def _verify(now: datetime, account: Account) -> Progress:
    """List everything: the first of the two looks that prove an account clean, if nothing is too much or missing."""
    seen = proof.look(account)
    if seen.unknown:
        return _undecided(now, account, seen)
    if seen.foreign:
        return Progress("sweep", {"state": AccountState.CLEANING, "standing": _types(seen.foreign)})
    if seen.missing:
        return _restore(now, account, seen)
    listing = {"at": now.isoformat(), "tombstones": list(seen.tombstones)}
    return Progress("release", {"state": AccountState.VERIFYING, "listing": listing})


def _release(now: datetime, account: Account) -> Progress:
    undone = guardrails.release(account=account)
    if undone:
        return Progress("release", note=undone)
    return Progress("confirm", after=pace.verify_interval())


def _restore(now: datetime, account: Account, seen: Look) -> Progress:
    try:
        baseline, done = proof.restore(now=now, account=account, missing=seen.missing)
    except proof.NotRestorable as lost:
        reason = f"{lost}. Retire the account, or register it anew as it is now."
        certificate = proof.certificate(
            now=now, account=account, rounds=account.rounds + 1, leftovers=lost.missing, look=seen
        )
        return Progress(DONE, quarantine(reason, lost.missing), certificate=certificate)
    return Progress("verify", {"baseline": baseline, "reason": done}, note=done)


def _undecided(now: datetime, account: Account, seen: Look) -> Progress:
    arns = sorted(each.arn for each in seen.unknown)
    reason = (
        f"{len(arns)} resources are of types that its baseline never looked for, so that nobody knows whose they are: "
        f"{', '.join(arns[:3])}. Delete them by hand or retire the account."
    )
    certificate = proof.certificate(now=now, account=account, rounds=account.rounds + 1, leftovers=arns, look=seen)
    return Progress(DONE, quarantine(reason, arns), certificate=certificate)


def _confirm(now: datetime, account: Account) -> Progress:
    """List everything once more: two looks that are apart in time prove an account clean."""
    seen = proof.look(account)
    if seen.unknown:
        return _undecided(now, account, seen)
    if seen.foreign:
        return _not_clean(now, account, seen.leftovers, _types(seen.foreign), seen)
    if seen.missing:
        return Progress("verify", {"state": AccountState.CLEANING, "listing": None})
    return _proven(now, account, seen)


def _proven(now: datetime, account: Account, seen: Look) -> Progress:
    rest: dict[str, Any] = {"state": AccountState.AVAILABLE, "step": "", "due_at": None}
    if pace.cooling():
        rest = {"state": AccountState.COOLING, "step": "cool", "due_at": now + pace.cooling()}
    return Progress(
        DONE,
        {
            **rest,
            "attempts": 0,
            "rounds": 0,
            "passes": 0,
            "leftovers": [],
            "standing": [],
            "listing": None,
            "reason": "",
        },
        certificate=proof.certificate(now=now, account=account, rounds=account.rounds + 1, leftovers=[], look=seen),
    )


def _not_clean(
    now: datetime, account: Account, leftovers: list[str], standing: list[str], seen: Look | None = None
) -> Progress:
    rounds = account.rounds + 1
    certificate = proof.certificate(now=now, account=account, rounds=rounds, leftovers=leftovers, look=seen)
    if rounds >= ROUNDS:
        reason = f"{len(leftovers)} resources are left after {rounds} rounds: {', '.join(leftovers[:3])}"
        if account.reason:
            reason += f" ({account.reason})"
        return Progress(DONE, {**quarantine(reason, leftovers), "rounds": rounds}, certificate=certificate)
    changes = {
        "state": AccountState.CLEANING,
        "rounds": rounds,
        "passes": 0,
        "leftovers": leftovers,
        "standing": standing,
        "listing": None,
    }
    return Progress("stacks", changes, after=pace.poll(), note=f"round {rounds + 1}", certificate=certificate)


def _types(resources: Iterable[Resource]) -> list[str]:
    return sorted({each.type for each in resources})


def _look(now: datetime, account: Account) -> Progress:
    """Prove an account that a person has cleaned: the first of two listings, and nothing is deleted."""
    seen = proof.look(account)
    if seen.leftovers:
        return _not_clean_by_hand(now, account, seen)
    listing = {"at": now.isoformat(), "tombstones": list(seen.tombstones)}
    return Progress("look-again", {"listing": listing}, after=pace.verify_interval())


def _look_again(now: datetime, account: Account) -> Progress:
    seen = proof.look(account)
    return _not_clean_by_hand(now, account, seen) if seen.leftovers else _proven(now, account, seen)


def _not_clean_by_hand(now: datetime, account: Account, seen: Look) -> Progress:
    arns = seen.leftovers
    reason = f"it was released, but {len(arns)} resources still stand or are missing: {', '.join(arns[:3])}"
    certificate = proof.certificate(now=now, account=account, rounds=account.rounds + 1, leftovers=arns, look=seen)
    return Progress(DONE, quarantine(reason, arns), certificate=certificate)


def _id(account: Account) -> str:
    assert account.account_id  # guards.require_sandbox has refused it otherwise
    return account.account_id


STEPS: dict[str, Callable[[datetime, Account], Progress]] = {
    "revoke": _revoke,
    "inventory": _inventory,
    "producers": _producers,
    "stacks": _stacks,
    "sweep": _sweep,
    "nuke": _nuke,
    "verify": _verify,
    "release": _release,
    "confirm": _confirm,
    "look": _look,
    "look-again": _look_again,
}
