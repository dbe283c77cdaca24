"""How many accounts there are for what is promised, and when that is too few."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from provisioning.domain.queries.pool import pool
from provisioning.models import Booking


@dataclass(frozen=True)
class Shortage:
    """A booking at whose start more accounts are promised than can be had."""

    booking: Booking
    wanted: int
    usable: int


def bookings(*, now: datetime, until: datetime | None = None) -> QuerySet[Booking]:
    """Return the bookings that are not over, in order of their start; with `until` those that start before it."""
    found = Booking.objects.filter(released_at=None, ends_at__gt=now)
    if until is not None:
        found = found.filter(starts_at__lt=until)
    return found.order_by("starts_at", "created_at")


def shortages(*, now: datetime, until: datetime) -> list[Shortage]:
    """Return each booking that starts before `until` and finds, with those of its time, too few accounts."""
    waiting, usable = list(bookings(now=now)), pool().usable
    found = []
    for booking in waiting:
        begins = max(booking.starts_at, now)
        wanted = sum(each.accounts for each in waiting if each.starts_at <= begins < each.ends_at)
        if booking.starts_at < until and wanted > usable:
            found.append(Shortage(booking, wanted, usable))
    return found
