"""A frozen sandbox: its sessions end, and what computes in it rests if that was asked for; unfreezing undoes it."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from provisioning.aws import compute, roles
from provisioning.aws.compute import Working
from provisioning.aws.errors import AwsError, Transient
from provisioning.domain import claims, deadlines, moves
from provisioning.domain.steps import vending
from provisioning.domain.steps.outcome import Outcome, again, proceed
from provisioning.models import Lease

BATCH = 20
NOTED, STOPPED, REFUSED = "noted", "stopped", "refused"


def refuse(now: datetime, lease: Lease) -> Outcome:
    """End the sessions that were issued before the freeze."""
    roles.revoke(vending.session_of(lease), before=lease.sessions_from or now)
    return proceed(now, "note" if lease.stops_compute else "limits")


def note(now: datetime, lease: Lease) -> Outcome:
    """Write down what is at work before any of it is stopped, so that a crash in between forgets nothing."""
    found = compute.running(
        vending.session_of(lease),
        lease.blueprint.regions,
        kinds=compute.FREEZABLE,
        keep=vending.account_of(lease).baseline,
    )
    known = {_key(thing): thing for thing in lease.frozen_things}
    for working in found:
        thing = known.setdefault(_key(asdict(working)), {**asdict(working), "is": NOTED, "why": ""})
        if thing["is"] == STOPPED:
            thing["is"] = NOTED  # It came to life again.
    things = list(known.values())
    if any(thing["is"] == NOTED for thing in things):
        return proceed(now, "stop", frozen_things=things)
    return proceed(now, "limits", frozen_things=things)


def stop(now: datetime, lease: Lease) -> Outcome:
    """Stop the next of what was noted; what refuses for good is named, and does not hold up the rest."""
    things = [dict(thing) for thing in lease.frozen_things]
    batch = [thing for thing in things if thing["is"] == NOTED][:BATCH]
    if not batch:
        return proceed(now, "note")
    refused = _each(lease, batch, compute.stop)
    for thing in batch:
        if _key(thing) not in refused:
            thing["is"] = STOPPED
    if refused and not _is_last_try(lease):
        return _once_more(now, lease, refused, things)
    for thing in batch:
        if _key(thing) in refused:
            thing.update({"is": REFUSED, "why": refused[_key(thing)]})
    if refused:
        _tell(now, lease, "Something goes on computing in a frozen sandbox", refused)
    return again(now, frozen_things=things)


def restore(now: datetime, lease: Lease) -> Outcome:
    """Start again what the freeze stopped, the last stopped first; what refuses for good is named and let be."""
    things = [dict(thing) for thing in lease.frozen_things]
    # Also what refused to stop: it may have been stopped halfway.
    batch = things[::-1][:BATCH]
    if not batch:
        return proceed(now, "limits", frozen_things=[])
    refused = _each(lease, batch, compute.start)
    is_last = _is_last_try(lease)
    done = {_key(thing) for thing in batch if is_last or _key(thing) not in refused}
    things = [thing for thing in things if _key(thing) not in done]
    if refused and not is_last:
        return _once_more(now, lease, refused, things)
    if refused:
        _tell(now, lease, "Something in an unfrozen sandbox did not start again", refused)
    return again(now, frozen_things=things)


def _each(lease: Lease, batch: list[dict[str, Any]], act: Callable[..., None]) -> dict[tuple[str, ...], str]:
    """Act on each thing, and return what refused and why; silence of AWS is the whole step's failure."""
    session = vending.session_of(lease)
    refused = {}
    for thing in batch:
        try:
            act(session, Working(*(thing[name] for name in ("kind", "region", "handle", "arn", "before"))))
        except Transient:
            raise
        except AwsError as error:
            refused[_key(thing)] = str(error)
    return refused


def _key(thing: dict[str, Any]) -> tuple[str, ...]:
    return thing["kind"], thing["region"], thing["handle"]


def _is_last_try(lease: Lease) -> bool:
    allowed = deadlines.patience(lease.state, lease.step)
    return allowed is None or lease.attempts + 1 >= allowed.tries


def _once_more(
    now: datetime, lease: Lease, refused: dict[tuple[str, ...], str], things: list[dict[str, Any]]
) -> Outcome:
    attempts = lease.attempts + 1
    return again(now, claims.backoff(attempts), frozen_things=things, attempts=attempts, error=_in_words(refused))


def _in_words(refused: dict[tuple[str, ...], str]) -> str:
    return "; ".join(f"{kind} {handle} in {region}: {why}" for (kind, region, handle), why in refused.items())


def _tell(now: datetime, lease: Lease, title: str, refused: dict[tuple[str, ...], str]) -> None:
    moves.tell(now=now, lease=lease, trouble=f"freeze:{lease.step}", title=title, text=_in_words(refused))


STEPS: dict[str, Callable[[datetime, Lease], Outcome]] = {
    "refuse": refuse,
    "note": note,
    "stop": stop,
    "restore": restore,
}
