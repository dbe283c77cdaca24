"""Stopping one person's access to a sandbox while the team's goes on, and allowing it again.

A stop works at once here: tokens are revoked and no session is issued. Inside AWS the lease's worker settles it with
its next step: the boundary then refuses the person's sessions, and those of every role that the person reached from
one, because AWS keeps the source identity along a chain.
"""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.domain import audit
from provisioning.aws.policies import Refused
from provisioning.domain import moves, tokens
from provisioning.domain.access import require_not_over
from provisioning.enums import OPEN_LEASE_STATES
from provisioning.models import AccessStop, Lease


def stop_person(*, now: datetime, lease: Lease, person: uuid.UUID, actor: uuid.UUID | None, reason: str) -> AccessStop:
    """Stop a person's access to a lease; stopping twice changes nothing. Raises AccessEnded for a lease that is over.

    The reason is a sentence that the person sees.
    """
    with transaction.atomic():
        lease = _locked(now, lease)
        stop, created = AccessStop.objects.get_or_create(
            lease=lease, person=person, lifted_at=None, defaults={"at": now, "actor": actor, "reason": reason}
        )
        tokens.revoke_tokens(now=now, lease=lease, person=person)
        if created:
            _settle(now, lease, actor, "one person's access was stopped")
            _journal(now, "access.stop", lease, actor, person=str(person), reason=reason)
    return stop


def allow_person(*, now: datetime, lease: Lease, person: uuid.UUID, actor: uuid.UUID | None, reason: str) -> bool:
    """Allow a stopped person again; what was issued before stays dead. Return whether the person was stopped.

    Raises AccessEnded for a lease that is over.
    """
    with transaction.atomic():
        lease = _locked(now, lease)
        lifted = AccessStop.objects.filter(lease=lease, person=person, lifted_at=None).update(lifted_at=now)
        if lifted:
            _settle(now, lease, actor, "one person's access was allowed again")
            _journal(now, "access.allow", lease, actor, person=str(person), reason=reason)
    return bool(lifted)


def refused_people(lease: Lease) -> tuple[Refused, ...]:
    """Return whose sessions AWS itself has to refuse in a lease, in a stable order."""
    latest = {stop.person: stop for stop in AccessStop.objects.filter(lease=lease).order_by("at", "id")}
    return tuple(Refused(str(person), stop.allowed_since) for person, stop in sorted(latest.items()))


def _locked(now: datetime, lease: Lease) -> Lease:
    lease = Lease.objects.select_for_update(of=("self",)).select_related("account", "blueprint").get(pk=lease.pk)
    require_not_over(now=now, lease=lease)
    return lease


def _settle(now: datetime, lease: Lease, actor: uuid.UUID | None, reason: str) -> None:
    """Let the worker bring the boundary up to date; before READY nobody has a session that could live on."""
    if lease.state in OPEN_LEASE_STATES:
        changes: dict[str, Any] = {"due_at": now}
        if not lease.step:
            changes["step"] = "limits"  # Whatever other step it is in, this one follows.
        moves.from_outside(now=now, lease=lease, actor=actor, reason=reason, **changes)


def _journal(now: datetime, action: str, lease: Lease, actor: uuid.UUID | None, **details: str) -> None:
    audit.record(now=now, action=action, subject=f"lease:{lease.pk}", actor=actor, scope=lease.scope, **details)
