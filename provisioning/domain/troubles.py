"""What in the database says that something needs a person; notices follow it."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from provisioning.domain.patience import overdue, overdue_because, untouched_because
from provisioning.domain.queries.capacity import shortages
from provisioning.domain.queries.finding import account_by_reference
from provisioning.domain.words import span
from provisioning.enums import LIVE_LEASE_STATES, AccountState, CostLevel, LeaseState
from provisioning.models import Account, Lease

UNREACHABLE_FOR = timedelta(minutes=5)
_BOOKINGS_WITHIN = timedelta(days=7)
_WELL_ACCOUNT = (AccountState.AVAILABLE, AccountState.LEASED, AccountState.RETIRED)
_WELL_LEASE = (LeaseState.READY, LeaseState.ACTIVE, LeaseState.ENDED)
_COST = {
    CostLevel.HALF: "A sandbox has used half of its budget",
    CostLevel.NOTIFIED: "A sandbox has come near its budget",
    CostLevel.FROZEN: "A sandbox was frozen because of its cost",
    CostLevel.ENDED: "A sandbox is ended because of its cost",
}


@dataclass(frozen=True)
class Trouble:
    """One thing that a person should look at; `key` is the same as long as it is the same trouble."""

    key: str
    subject: str
    title: str
    text: str


def present(*, now: datetime, unreachable_since: datetime | None) -> list[Trouble]:
    """Return every trouble there is now."""
    return [
        *_accounts(now),
        *_leases(now),
        *_bookings(now),
        *_unreachable(now, unreachable_since),
    ]


def of_account(now: datetime, account: Account) -> list[Trouble]:
    """Return the troubles of one account."""
    found = []
    subject = f"account:{account.account_id or account.pk}"
    if account.state == AccountState.QUARANTINED:
        found.append(
            Trouble(
                f"quarantined:{account.pk}",
                subject,
                f"Account {account} is quarantined",
                f"{account.reason} It is lent to nobody until a person retries, releases or retires it.".strip(),
            )
        )
    late = overdue_because(now, account)
    if late:
        why = f" Last said: {account.reason}" if account.reason else ""
        found.append(
            Trouble(f"stuck:account:{account.pk}", subject, f"Account {account} is stuck", f"It is {late}.{why}")
        )
    return found


def account_keys(account: Account) -> list[str]:
    """Name every notice that `of_account` can ask for."""
    return [f"quarantined:{account.pk}", f"stuck:account:{account.pk}"]


def of_lease(now: datetime, lease: Lease) -> list[Trouble]:
    """Return the troubles of one lease."""
    found = []
    subject, short = f"lease:{lease.pk}", str(lease.pk)[:8]
    if lease.state == LeaseState.FAILED and lease.ends_at > now and not _succeeded(lease):
        text = f"{lease.reason} Its holder has no sandbox; ask for another one when the cause is gone."
        found.append(Trouble(_failed_key(lease), subject, f"Lease {short} failed", text))
    # A lease that takes too long acts by itself, and says so; one that nobody works on cannot.
    late = untouched_because(now, lease)
    if late:
        why = f" Last said: {lease.error or lease.reason}" if lease.error or lease.reason else ""
        step = f" in its step {lease.step}" if lease.step else ""
        found.append(
            Trouble(f"stuck:lease:{lease.pk}", subject, f"Lease {short} is stuck", f"It is {late}{step}.{why}")
        )
    if lease.state in LIVE_LEASE_STATES and lease.cost_level in _COST:
        found.append(
            Trouble(
                f"cost:{lease.pk}:{lease.cost_level}",
                subject,
                f"{_COST[CostLevel(lease.cost_level)]} (lease {short})",
                f"Estimated so far: {lease.cost_usd or 0:.2f} USD of a budget of {lease.budget_usd or 0:.2f} USD.",
            )
        )
    return found


def lease_keys(lease: Lease) -> list[str]:
    """Name every notice that `of_lease` can ask for."""
    costs = [f"cost:{lease.pk}:{level}" for level in _COST]
    return [_failed_key(lease), f"stuck:lease:{lease.pk}", *costs]


def is_well_since(moment: datetime, subject: str) -> bool:
    """Tell whether the account or lease of a subject has come into a healthy state after a moment."""
    kind, _, reference = subject.partition(":")
    if kind == "account":
        account = account_by_reference(reference)
        return account is not None and account.state in _WELL_ACCOUNT and account.state_since > moment
    try:
        lease = Lease.objects.filter(pk=uuid.UUID(reference)).first()
    except ValueError:
        return False
    return lease is not None and lease.state in _WELL_LEASE and lease.state_since > moment


def _accounts(now: datetime) -> Iterator[Trouble]:
    for account in Account.objects.filter(overdue(now, Account)).union(
        Account.objects.filter(state=AccountState.QUARANTINED)
    ):  # fmt: skip
        yield from of_account(now, account)


def _leases(now: datetime) -> Iterator[Trouble]:
    failed = Lease.objects.filter(state=LeaseState.FAILED, ends_at__gt=now)
    costly = Lease.objects.filter(state__in=LIVE_LEASE_STATES).exclude(cost_level=CostLevel.WITHIN)
    for lease in Lease.objects.filter(overdue(now, Lease)).union(failed, costly):
        yield from of_lease(now, lease)


def _failed_key(lease: Lease) -> str:
    # Of the holder: the next lease that serves it ends the trouble of the one that failed.
    return f"failed:{lease.holder}"


def _succeeded(lease: Lease) -> bool:
    later = Lease.objects.filter(holder=lease.holder, created_at__gt=lease.created_at)
    return later.exclude(state=LeaseState.FAILED).exists()


def _bookings(now: datetime) -> Iterator[Trouble]:
    for short in shortages(now=now, until=now + _BOOKINGS_WITHIN):
        yield Trouble(
            f"booking:{short.booking.pk}",
            f"event:{short.booking.scope}",
            f"Too few accounts for {short.booking.label}",
            f"From {short.booking.starts_at:%Y-%m-%d %H:%M} UTC {short.wanted} accounts are promised (all bookings of "
            f"that time together), but only {short.usable} can be had. Register or release accounts, or raise "
            "AWS_ACCOUNT_LIMIT.",
        )


def _unreachable(now: datetime, since: datetime | None) -> Iterator[Trouble]:
    if since is None or now - since < UNREACHABLE_FOR:
        return
    name = "The AWS simulator" if settings.AWS_MODE == "simulator" else "AWS"
    yield Trouble(
        "unreachable",
        "installation:aws",
        f"{name} cannot be reached",
        f"It has not answered since {since:%Y-%m-%d %H:%M} UTC ({span(UNREACHABLE_FOR)} and more). Every lease and "
        "account waits where it is and goes on by itself afterwards.",
    )
