"""Reads of leases."""

from django.db.models import Count, QuerySet

from provisioning.models import Lease, LeaseMove, SimulatorGeneration


def timeline(lease: Lease) -> QuerySet[LeaseMove]:
    """Return every move of a lease in order."""
    return LeaseMove.objects.filter(lease=lease).order_by("at", "pk")


def simulator_generation() -> str | None:
    """Return the newest generation of the simulator that we saw; None on AWS and before the first tick."""
    newest = SimulatorGeneration.objects.order_by("seen_at").last()
    return newest.generation if newest else None


def states() -> dict[str, int]:
    """Count all leases by state."""
    return dict(Lease.objects.order_by().values_list("state").annotate(Count("pk")))
