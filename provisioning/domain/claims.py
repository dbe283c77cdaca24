"""Claiming due rows by compare-and-swap, so that of many workers one acts, and a dead one delays nothing for long.

A tick marks due rows for a moment and sends messages that carry the version; a worker takes the row only if that
version still holds, and writes results only while its own does. A row that moved meanwhile (somebody ended the lease)
refuses the late write; the loser then gives its claim back, and the next worker looks at AWS and carries on.
"""

import random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q

from provisioning.models.claim import Claimable

DISPATCH_HOLD = timedelta(seconds=10)
WORK_HOLD = timedelta(seconds=settings.CLAIM_SECONDS)
# No call begins later in a claim. What is left is longer than a call's last attempt takes, however slowly AWS answers
# (`provisioning.E004` holds the setting to that), and the result is written.
CALLS_FOR = WORK_HOLD * 0.75
BACKOFF_FIRST, BACKOFF_LAST = 1.0, 60.0

Key = uuid.UUID | int | str
Row = TypeVar("Row", bound=Claimable)


class ClaimLost(Exception):
    """The row has moved since it was claimed: nothing was written."""


@dataclass(frozen=True)
class Dispatch:
    """A due row that a tick marked: what a message to a worker says."""

    key: str
    version: int
    state: str


def mark_due(model: type[Claimable], *, now: datetime, limit: int) -> list[Dispatch]:
    """Mark up to `limit` due rows, the longest due first, so that the next ticks leave them to their workers."""
    unclaimed = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    with transaction.atomic():
        due = list(
            _rows(model)
            .select_for_update(skip_locked=True)
            .filter(unclaimed, due_at__lte=now)
            .order_by("due_at", "created_at")
            .values_list("pk", "version", "state")[:limit]
        )
        _rows(model).filter(pk__in=[pk for pk, _, _ in due]).update(
            version=F("version") + 1, claimed_until=now + DISPATCH_HOLD
        )
    return [Dispatch(str(pk), version + 1, state) for pk, version, state in due]


def take(model: type[Row], *, now: datetime, key: Key, version: int) -> Row | None:
    """Take a marked row for work; None when somebody else has it or it has moved."""
    changed = _rows(model).filter(pk=key, version=version).update(version=version + 1, claimed_until=now + WORK_HOLD)
    if not changed:
        return None
    row: Row = _rows(model).get(pk=key)
    return row if row.version == version + 1 else None


def write(row: Claimable, **changes: Any) -> None:
    """Write a result if the claim still holds, else raise ClaimLost; `row` is brought up to date."""
    changed = _rows(type(row)).filter(pk=row.pk, version=row.version).update(**changes)
    if not changed:
        raise ClaimLost(f"{row} has moved since version {row.version}")
    for name, value in changes.items():
        setattr(row, name, value)


def give_back(row: Claimable) -> None:
    """End a claim, also one that was lost, unless a newer one has taken its place."""
    _rows(type(row)).filter(pk=row.pk, claimed_until=row.claimed_until).update(claimed_until=None)


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after a failed try: doubling, bounded, with jitter."""
    longest = min(BACKOFF_LAST, BACKOFF_FIRST * 2 ** min(attempts, 10))
    return timedelta(seconds=random.uniform(longest / 2, longest))


def intervene(row: Claimable, **changes: Any) -> None:
    """Change a row from outside its worker: the version rises, so whatever that worker still brings is refused.

    Call it with the row locked. The worker's claim stays until it gives it back or it expires, so that two never act
    on one account at once.
    """
    _rows(type(row)).filter(pk=row.pk).update(version=F("version") + 1, **changes)
    row.refresh_from_db()


def _rows(model: type[Any]) -> models.Manager[Any]:
    manager: models.Manager[Any] = model._default_manager
    return manager
