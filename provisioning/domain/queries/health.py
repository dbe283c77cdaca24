"""How a row is, in one word, and how much it wants a person's attention."""

from datetime import datetime

from django.db.models import Case, IntegerField, Q, Value, When
from django.db.models.enums import TextChoices
from django.db.models.expressions import Combinable

from provisioning.domain.patience import overdue, overdue_because
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, Lease


class Health(TextChoices):
    """From the worst to the best; lists are sorted by it."""

    NEEDS_PERSON = "needs_person"
    OVERDUE = "overdue"
    RETRYING = "retrying"
    WORKING = "working"
    WELL = "well"
    OVER = "over"


_ORDER = list(Health)
_NEEDS_PERSON = (AccountState.QUARANTINED, AccountState.REGISTERED, LeaseState.FAILED)
_OVER = (AccountState.RETIRED, LeaseState.ENDED)


def health(now: datetime, row: Account | Lease) -> Health:
    """Say how a row is."""
    if row.state in _NEEDS_PERSON:
        moot = isinstance(row, Lease) and row.ends_at <= now
        return Health.OVER if moot else Health.NEEDS_PERSON
    if row.state in _OVER:
        return Health.OVER
    if overdue_because(now, row):
        return Health.OVERDUE
    if row.due_at is None:
        return Health.WELL
    if row.attempts:
        return Health.RETRYING
    return Health.WELL if row.state in (LeaseState.READY, LeaseState.ACTIVE) else Health.WORKING


def attention(now: datetime, model: type[Account] | type[Lease]) -> Combinable:
    """Return the expression by which lists are sorted: the rank of `health`, computed by the database."""
    moot = Q(ends_at__lte=now) if model is Lease else Q(pk__in=[])
    rank = _ORDER.index
    return Case(
        When(Q(state__in=_NEEDS_PERSON) & ~moot, then=Value(rank(Health.NEEDS_PERSON))),
        When(Q(state__in=(*_NEEDS_PERSON, *_OVER)), then=Value(rank(Health.OVER))),
        When(overdue(now, model), then=Value(rank(Health.OVERDUE))),
        When(due_at__isnull=True, then=Value(rank(Health.WELL))),
        When(attempts__gt=0, then=Value(rank(Health.RETRYING))),
        When(state__in=(LeaseState.READY, LeaseState.ACTIVE), then=Value(rank(Health.WELL))),
        default=Value(rank(Health.WORKING)),
        output_field=IntegerField(),
    )
