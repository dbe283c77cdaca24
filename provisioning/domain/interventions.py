"""What a person may do to an account or a lease: what it will do, whether it asks to be typed, and what it did.

One table for pages, commands and the API, so that all offer the same under the same names with the same words. The
verbs themselves write the facts and the journal.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from provisioning.domain import leases
from provisioning.domain.leases import UnableToLease
from provisioning.enums import LIVE_LEASE_STATES, LeaseState
from provisioning.models import Account, Lease

Row = TypeVar("Row", Account, Lease)
Text = str | Promise


class UnableToIntervene(Exception):
    """It was not done, for the reason given; nothing was changed."""


@dataclass(frozen=True)
class Intervention(Generic[Row]):
    """One thing a person may do; `will` and `did` are sentences about `%(name)s`."""

    name: str
    label: Text
    will: Text
    did: Text
    states: tuple[str, ...]
    run: Callable[..., object]
    is_destructive: bool = False
    asks: tuple[str, ...] = ()

    def sentence(self, row: Row) -> str:
        """Say what it will do."""
        return str(self.will) % {"name": name_of(row)}


def name_of(row: Account | Lease) -> str:
    """Name a row in a sentence."""
    return str(row) if isinstance(row, Account) else str(row.pk)[:8]


def offered(table: Mapping[str, Intervention[Row]], row: Row) -> list[Intervention[Row]]:
    """Return what may be done to a row in its present state."""
    return [each for each in table.values() if row.state in each.states]


def intervene(
    *,
    now: datetime,
    intervention: Intervention[Row],
    row: Row,
    actor: uuid.UUID | None,
    reason: str,
    **answers: Any,
) -> str:
    """Do it and say what was done; raises UnableToIntervene with nothing changed."""
    if row.state not in intervention.states:
        raise UnableToIntervene(
            _("%(name)s is %(state)s: “%(action)s” does nothing there. Nothing was changed.")
            % {"name": name_of(row), "state": row.state, "action": intervention.label}
        )
    try:
        intervention.run(now, row, actor, reason, **answers)
    except REFUSALS as refusal:
        raise UnableToIntervene(f"{refusal} {_('Nothing was changed.')}") from refusal
    return str(intervention.did) % {"name": name_of(row)}


def table(*interventions: Intervention[Row]) -> dict[str, Intervention[Row]]:
    """Index interventions by their names."""
    return {each.name: each for each in interventions}


REFUSALS: tuple[type[Exception], ...] = (UnableToLease,)


def _extend(now: datetime, lease: Lease, actor: uuid.UUID | None, reason: str, ends_at: datetime) -> None:
    leases.extend_lease(now=now, lease=lease, ends_at=ends_at, actor=actor)


def _end(now: datetime, lease: Lease, actor: uuid.UUID | None, reason: str) -> None:
    leases.end_lease(now=now, lease=lease, actor=actor, reason=reason)


_OPEN = (LeaseState.READY, LeaseState.ACTIVE)
_COMING = (LeaseState.REQUESTED, LeaseState.RESERVED, LeaseState.PROVISIONING)

ACCOUNT: dict[str, Intervention[Account]] = {}

LEASE: dict[str, Intervention[Lease]] = table(
    Intervention(
        "extend",
        gettext_lazy("Extend"),
        gettext_lazy(
            "The end of lease %(name)s moves to the time below, here at once and inside AWS with its next step."
        ),
        gettext_lazy("Lease %(name)s ends later; AWS learns of it with the next step."),
        tuple(state for state in LIVE_LEASE_STATES if state != LeaseState.ENDING),
        _extend,
        asks=("ends_at",),
    ),
    Intervention(
        "end",
        gettext_lazy("End"),
        gettext_lazy(
            "Access to lease %(name)s is revoked, its inventory and cost are kept, and everything in its account is "
            "deleted. This cannot be taken back."
        ),
        gettext_lazy("Lease %(name)s is ending; its account is cleaned and verified before anybody else gets it."),
        tuple(state for state in LIVE_LEASE_STATES if state != LeaseState.ENDING),
        _end,
        is_destructive=True,
    ),
)
