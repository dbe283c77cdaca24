"""Reads of the account pool."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count

from provisioning.enums import AccountSource, AccountState
from provisioning.models import Account

MANAGED_MODE, PREPARED_MODE = "managed", "prepared"


@dataclass(frozen=True)
class Pool:
    """How many accounts stand in each state, how many of them we created, and how many of those there may be."""

    by_state: dict[str, int]
    limit: int
    created: int

    @property
    def kept(self) -> int:
        """Accounts that are not retired."""
        return sum(count for state, count in self.by_state.items() if state != AccountState.RETIRED)

    @property
    def left(self) -> int:
        """Accounts that may still be made."""
        return max(0, self.limit - self.created)

    @property
    def usable(self) -> int:
        """Accounts that can be lent now or later, those that may still be made included."""
        unusable = (AccountState.REGISTERED, AccountState.QUARANTINED)
        return self.kept - sum(self.by_state.get(state, 0) for state in unusable) + self.left


def pool() -> Pool:
    """Count the pool in one query; where accounts come prepared, none may be made."""
    by_state: dict[str, int] = {}
    created = 0
    for state, source, count in Account.objects.order_by().values_list("state", "source").annotate(Count("pk")):
        by_state[state] = by_state.get(state, 0) + count
        created += count if source == AccountSource.MANAGED and state != AccountState.RETIRED else 0
    limit = settings.AWS_ACCOUNT_LIMIT if settings.AWS_POOL_MODE == MANAGED_MODE else created
    return Pool(by_state, limit, created)
