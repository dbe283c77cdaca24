"""Reads of leases."""

import uuid

from django.db.models import Count, QuerySet

from provisioning.enums import LIVE_LEASE_STATES
from provisioning.models import Lease, LeaseMove, SimulatorGeneration


def live_lease_of(holder: uuid.UUID) -> Lease | None:
    """Return the holder's live lease with its account and blueprint, if there is one."""
    leases = Lease.objects.select_related("account", "blueprint")
    return leases.filter(holder=holder, state__in=LIVE_LEASE_STATES).first()


def leases_of_scope(scope: uuid.UUID) -> QuerySet[Lease]:
    """Return all leases of a scope (an event), the oldest first."""
    return Lease.objects.select_related("account", "blueprint").filter(scope=scope).order_by("created_at", "pk")


def timeline(lease: Lease) -> QuerySet[LeaseMove]:
    """Return every move of a lease in order."""
    return LeaseMove.objects.filter(lease=lease).order_by("at", "pk")


def states_of_scope(scope: uuid.UUID) -> dict[str, int]:
    """Count a scope's leases by state."""
    rows = Lease.objects.filter(scope=scope).order_by().values_list("state").annotate(Count("pk"))
    return dict(rows)


def simulator_generation() -> str | None:
    """Return the newest generation of the simulator that we saw; None on AWS and before the first tick."""
    newest = SimulatorGeneration.objects.order_by("seen_at").last()
    return newest.generation if newest else None


def states() -> dict[str, int]:
    """Count all leases by state."""
    return dict(Lease.objects.order_by().values_list("state").annotate(Count("pk")))
