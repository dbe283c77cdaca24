"""What happened to an account or a lease: its moves as one timeline, the journal about it, and keys handed out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q

from accounts.models import AuditEntry
from provisioning.domain.queries.people import names
from provisioning.domain.words import span
from provisioning.models import AccessToken, Account, AccountMove, Lease, LeaseMove

MOVES, ENTRIES, LEASES = 300, 100, 20
VENDED = ("access.credentials", "access.console")


@dataclass(frozen=True)
class Event:
    """One move of a lease or an account; `after` is the time since the one before it."""

    at: datetime
    what: str
    reference: str
    before: str
    state: str
    step: str
    reason: str
    actor: str
    after: str

    def document(self) -> dict[str, Any]:
        """Return what scripts get."""
        return {
            "at": self.at.isoformat(),
            "what": self.what,
            "id": self.reference,
            "from": self.before,
            "to": self.state,
            "step": self.step,
            "reason": self.reason,
            "actor": self.actor,
        }


@dataclass(frozen=True)
class Entry:
    """One line of the journal, with the acting person's name; empty is the platform."""

    entry: AuditEntry
    actor: str
    details: str


@dataclass(frozen=True)
class Keys:
    """What one person got of a lease: tokens, and sessions vended."""

    person: str
    tokens: int
    alive: int
    sessions: int
    last_at: datetime | None


def timeline_of_account(account: Account) -> list[Event]:
    """Return the last moves of an account and of the leases that held it, the newest first."""
    own = AccountMove.objects.filter(account=account).order_by("-at", "-pk")[:MOVES]
    lent = LeaseMove.objects.none()
    if account.account_id:
        lent = LeaseMove.objects.filter(account_id=account.account_id).order_by("-at", "-pk")[:MOVES]
    return _merged(own, lent)


def timeline_of_lease(lease: Lease) -> list[Event]:
    """Return the last moves of a lease, and those of accounts that it caused, the newest first."""
    caused = AccountMove.objects.filter(lease=lease.pk).select_related("account").order_by("-at", "-pk")[:MOVES]
    return _merged(caused, LeaseMove.objects.filter(lease=lease).order_by("-at", "-pk")[:MOVES])


def _merged(own: Iterable[AccountMove], lent: Iterable[LeaseMove]) -> list[Event]:
    moves: list[AccountMove | LeaseMove] = sorted([*own, *lent], key=lambda move: (move.at, move.pk))
    known = names(move.actor for move in moves)
    events: list[Event] = []
    before: datetime | None = None
    for move in moves:
        events.append(
            Event(
                at=move.at,
                what="account" if isinstance(move, AccountMove) else "lease",
                reference=str(move.account) if isinstance(move, AccountMove) else str(move.lease_id),
                before=move.from_state,
                state=move.to_state,
                step=move.step,
                reason=move.reason,
                actor=known.get(move.actor, "somebody who left") if move.actor else "",
                after=span(move.at - before) if before is not None and move.at - before >= timedelta(seconds=1) else "",
            )
        )
        before = move.at
    return events[::-1][:MOVES]


def journal_of_account(account: Account) -> list[Entry]:
    """Return what the journal says about an account and the last leases that held it."""
    subjects = {f"account:{account.pk}"} | ({f"account:{account.account_id}"} if account.account_id else set())
    recent = account.leases.order_by("-created_at").values_list("pk", flat=True)[:LEASES]
    return _entries(Q(subject__in=[*subjects, *(f"lease:{pk}" for pk in recent)]))


def journal_of_lease(lease: Lease) -> list[Entry]:
    """Return what the journal says about a lease."""
    return _entries(Q(subject=f"lease:{lease.pk}"))


def _entries(about: Q) -> list[Entry]:
    found = list(AuditEntry.objects.filter(about).order_by("-at", "-pk")[:ENTRIES])
    known = names(entry.actor for entry in found)
    return [
        Entry(
            entry,
            known.get(entry.actor, "somebody who left") if entry.actor else "",
            " · ".join(f"{name.replace('_', ' ')} {value}" for name, value in entry.details.items() if value),
        )
        for entry in found
    ]


def keys_of_lease(lease: Lease) -> list[Keys]:
    """Count the tokens and sessions that each person got; the keys themselves are nowhere."""
    tokens = AccessToken.objects.filter(lease=lease).order_by().values("person")
    counted = tokens.annotate(made=Count("pk"), alive=Count("pk", filter=Q(revoked_at=None)))
    made = {person: (number, alive) for person, number, alive in counted.values_list("person", "made", "alive")}
    vends = AuditEntry.objects.filter(subject=f"lease:{lease.pk}", action__in=VENDED, actor__isnull=False)
    spent = vends.order_by().values("actor").annotate(number=Count("pk"), last=Max("at"))
    vended = {person: (number, last) for person, number, last in spent.values_list("actor", "number", "last") if person}
    known = names([*made, *vended])
    found = [
        Keys(
            person=known.get(person, str(person)),
            tokens=made.get(person, (0, 0))[0],
            alive=made.get(person, (0, 0))[1],
            sessions=vended.get(person, (0, None))[0],
            last_at=vended.get(person, (0, None))[1],
        )
        for person in {*made, *vended}
    ]
    return sorted(found, key=lambda each: each.person)
