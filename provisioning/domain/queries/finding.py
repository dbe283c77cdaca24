"""Finding what a person names: an account by AWS's id, our number or its name; a lease by (the start of) its id."""

import uuid

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from provisioning.models import Account, Lease

_SHORTEST_LEASE_PREFIX = 6


def account_by_reference(reference: str) -> Account | None:
    """Return the account with this AWS id (spaces and dashes allowed), number or name."""
    text = reference.strip()
    digits = text.replace(" ", "").replace("-", "")
    if digits.isascii() and digits.isdigit():
        if len(digits) == 12:
            return Account.objects.filter(account_id=digits).first()
        return Account.objects.filter(pk=int(digits)).first() if len(digits) < 12 else None
    return Account.objects.filter(name=text).first()


def lease_by_reference(reference: str) -> Lease | None:
    """Return the lease with this id, or the only one whose id begins so."""
    leases = Lease.objects.select_related("account", "blueprint")
    text = reference.strip().lower()
    try:
        return leases.filter(pk=uuid.UUID(text)).first()
    except ValueError:
        pass  # Not a whole id; perhaps the start of one, as pages and tables show it.
    if len(text) < _SHORTEST_LEASE_PREFIX:
        return None
    found = list(starting_with(leases, text)[:2])
    return found[0] if len(found) == 1 else None


def starting_with(leases: QuerySet[Lease], text: str) -> QuerySet[Lease]:
    """Return the leases whose id begins with a text."""
    return leases.annotate(id_text=Cast("id", TextField())).filter(id_text__startswith=text)
