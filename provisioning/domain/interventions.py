"""What a person may do to an account or a lease: what it will do, whether it asks to be typed, and what it did.

One table each (account_interventions.py, lease_interventions.py) for pages, commands and the API, so that all offer the
same under the same names with the same words. The verbs themselves write the facts and the journal.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from provisioning.domain.leases import UnableToLease
from provisioning.domain.pool_actions import UnableToAct
from provisioning.domain.registration import UnableToRegister
from provisioning.models import Account, Lease

Row = TypeVar("Row", Account, Lease)
Text = str | Promise

REFUSALS = (UnableToLease, UnableToAct, UnableToRegister)


class UnableToIntervene(Exception):
    """It was not done, for the reason given; nothing was changed."""


@dataclass(frozen=True)
class Intervention(Generic[Row]):
    """One thing a person may do; `will` and `did` are sentences about `%(name)s`.

    `run` takes now, the row under its kind's name, actor, reason, and what `asks` names; `states` are those in which it
    is offered, and within them the verb may still refuse.
    """

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
    """Name a row in a sentence, and as it is typed to confirm."""
    return str(row) if isinstance(row, Account) else str(row.pk)[:8]


def table(*interventions: Intervention[Row]) -> dict[str, Intervention[Row]]:
    """Index interventions by their names."""
    return {each.name: each for each in interventions}


def offered(known: Mapping[str, Intervention[Row]], row: Row) -> list[Intervention[Row]]:
    """Return what may be done to a row in its present state."""
    return [each for each in known.values() if row.state in each.states]


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
    kind = "account" if isinstance(row, Account) else "lease"
    try:
        with transaction.atomic():
            intervention.run(now=now, actor=actor, reason=reason, **{kind: row}, **answers)
    except REFUSALS as refusal:
        raise UnableToIntervene(_said(refusal)) from refusal
    return str(intervention.did) % {"name": name_of(row)}


def _said(refusal: Exception) -> str:
    nothing, text = _("Nothing was changed."), str(refusal)
    return text if text.endswith(nothing) else f"{text} {nothing}"
