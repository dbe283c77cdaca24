"""What a person may do to an account of the pool."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from provisioning.domain import pool_actions, registration
from provisioning.domain.interventions import Intervention, UnableToIntervene, table
from provisioning.domain.registration import UnableToRegister
from provisioning.enums import AccountState
from provisioning.models import Account


def register(*, now: datetime, text: str, actor: uuid.UUID | None, name: str = "") -> list[Account]:
    """Register the accounts whose ids a text lists; raises UnableToIntervene with nothing registered."""
    try:
        ids = registration.parse_account_ids(text)
        return registration.register(now=now, account_ids=ids, actor=actor, name=name)
    except UnableToRegister as refusal:
        raise UnableToIntervene("\n".join(refusal.problems)) from refusal


def _confirm(
    *,
    now: datetime,
    account: Account,
    actor: uuid.UUID | None,
    typed_id: str,
    keep: Sequence[str] = (),
    **_: Any,
) -> None:
    registration.confirm(now=now, account=account, typed_id=typed_id, actor=actor, keep=keep)


_MOVING = (AccountState.CREATING, AccountState.BOOTSTRAPPING, AccountState.CLEANING, AccountState.VERIFYING)

ACCOUNT: dict[str, Intervention[Account]] = table(
    Intervention(
        "confirm",
        gettext_lazy("Confirm"),
        gettext_lazy(
            "Everything in account %(name)s is deleted, except what is listed as kept and what you tick below; from "
            "then on it is lent, cleaned and lent again. This cannot be taken back."
        ),
        gettext_lazy("Account %(name)s is confirmed; it is emptied and verified now."),
        (AccountState.REGISTERED,),
        _confirm,
        asks=("typed_id", "keep"),
    ),
    Intervention(
        "retry",
        gettext_lazy("Retry"),
        gettext_lazy(
            "The platform tries its present step in account %(name)s again at once, with its tries renewed. A "
            "quarantined account is cleaned and verified from the start; a registered one is looked through again."
        ),
        gettext_lazy("Account %(name)s is tried again now."),
        (*_MOVING, AccountState.REGISTERED, AccountState.QUARANTINED, AccountState.RETIRED),
        pool_actions.retry,
    ),
    Intervention(
        "release",
        gettext_lazy("Release"),
        gettext_lazy(
            "You say that account %(name)s has been cleaned by hand. Two listings prove it before it is lent again; "
            "nothing in it is deleted."
        ),
        gettext_lazy("Account %(name)s is being verified; it is available when two listings find it clean."),
        (AccountState.QUARANTINED,),
        pool_actions.release,
    ),
    Intervention(
        "quarantine",
        gettext_lazy("Quarantine"),
        gettext_lazy(
            "Account %(name)s is lent to nobody until a person retries, releases or retires it. Nothing in it is "
            "changed."
        ),
        gettext_lazy("Account %(name)s is quarantined."),
        (
            AccountState.REGISTERED,
            AccountState.BOOTSTRAPPING,
            AccountState.CLEANING,
            AccountState.VERIFYING,
            AccountState.COOLING,
            AccountState.AVAILABLE,
        ),
        pool_actions.quarantine,
    ),
    Intervention(
        "retire",
        gettext_lazy("Retire"),
        gettext_lazy(
            "Account %(name)s leaves the pool for good. Nothing in it is changed: what stands in it goes on and costs, "
            "and closing it is left to you."
        ),
        gettext_lazy("Account %(name)s is retired."),
        tuple(state for state in AccountState if state not in (AccountState.RETIRED, AccountState.LEASED)),
        pool_actions.retire,
        is_destructive=True,
    ),
)
