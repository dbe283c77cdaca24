"""What a person may do to a lease."""

import uuid
from datetime import datetime

from django.utils.translation import gettext_lazy

from accounts.domain import audit
from provisioning.domain import leases
from provisioning.domain.interventions import Intervention, table
from provisioning.enums import LIVE_LEASE_STATES, OPEN_LEASE_STATES, LeaseState
from provisioning.models import Lease


def _extend(*, now: datetime, lease: Lease, actor: uuid.UUID | None, reason: str, ends_at: datetime) -> None:
    leases.extend_lease(now=now, lease=lease, ends_at=ends_at, actor=actor)
    # The verb's own fact says until when; why is told beside it.
    audit.record(
        now=now,
        action="lease.extend.reason",
        subject=f"lease:{lease.pk}",
        actor=actor,
        scope=lease.scope,
        reason=reason,
    )


_NOT_ENDING = tuple(state for state in LIVE_LEASE_STATES if state != LeaseState.ENDING)

LEASE: dict[str, Intervention[Lease]] = table(
    Intervention(
        "retry",
        gettext_lazy("Retry"),
        gettext_lazy(
            "The present step of lease %(name)s is tried again at once, with its tries and its time renewed; a failed "
            "lease starts over with another account."
        ),
        gettext_lazy("Lease %(name)s is tried again now."),
        (LeaseState.FAILED, *LIVE_LEASE_STATES),
        leases.retry_lease,
    ),
    Intervention(
        "freeze",
        gettext_lazy("Freeze"),
        gettext_lazy(
            "People lose access to lease %(name)s at once, and with the next steps the sessions they have. Nothing is "
            "deleted; unfreezing gives it back."
        ),
        gettext_lazy("Lease %(name)s is frozen."),
        (*OPEN_LEASE_STATES, LeaseState.FROZEN),
        leases.freeze_lease,
        asks=("stop_compute",),
    ),
    Intervention(
        "unfreeze",
        gettext_lazy("Unfreeze"),
        gettext_lazy(
            "People get access to lease %(name)s again, and what the freeze stopped is started. Sessions from before "
            "the freeze stay dead."
        ),
        gettext_lazy("Lease %(name)s is open again."),
        (LeaseState.FROZEN,),
        leases.unfreeze_lease,
    ),
    Intervention(
        "extend",
        gettext_lazy("Extend"),
        gettext_lazy(
            "The end of lease %(name)s moves to the time below, here at once and inside AWS with its next step."
        ),
        gettext_lazy("Lease %(name)s ends later; AWS learns of it with the next step."),
        _NOT_ENDING,
        _extend,
        asks=("ends_at",),
    ),
    Intervention(
        "swap",
        gettext_lazy("Swap the account"),
        gettext_lazy(
            "Lease %(name)s gives its account up, which is quarantined, and goes on with another one. Possible only "
            "before anybody has worked in it."
        ),
        gettext_lazy("Lease %(name)s takes another account; the one it had is quarantined."),
        (LeaseState.RESERVED, LeaseState.PROVISIONING),
        leases.swap_lease,
    ),
    Intervention(
        "end",
        gettext_lazy("End"),
        gettext_lazy(
            "Access to lease %(name)s is revoked, its inventory and cost are kept, and everything in its account is "
            "deleted. This cannot be taken back."
        ),
        gettext_lazy("Lease %(name)s is ending; its account is cleaned and verified before anybody else gets it."),
        _NOT_ENDING,
        leases.end_lease,
        is_destructive=True,
    ),
)
