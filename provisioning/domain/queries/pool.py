"""Reads of the account pool."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, QuerySet

from provisioning.enums import AccountState
from provisioning.models import Account


@dataclass(frozen=True)
class Pool:
    """How many accounts stand in each state, and how many more may be made."""

    by_state: dict[str, int]
    limit: int

    @property
    def kept(self) -> int:
        """Accounts that count against the limit."""
        return sum(count for state, count in self.by_state.items() if state != AccountState.RETIRED)

    @property
    def left(self) -> int:
        """Accounts that may still be made."""
        return max(0, self.limit - self.kept)


def pool() -> Pool:
    """Count the pool."""
    rows = Account.objects.order_by().values_list("state").annotate(Count("pk"))
    return Pool(dict(rows), settings.AWS_ACCOUNT_LIMIT)


def stuck_accounts() -> QuerySet[Account]:
    """Return the accounts that wait for a person, the longest waiting first."""
    return Account.objects.filter(state=AccountState.QUARANTINED).order_by("state_since")
