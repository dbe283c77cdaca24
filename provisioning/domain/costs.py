"""What sandboxes are estimated to cost.

An estimate looks once at what stands and costs, adds to each thing's line what it has cost since the estimate before,
and keeps the lines of what is gone. It is called an estimate wherever it is shown: what it omits is in the price table.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q

from provisioning.aws import prices, sweeper, time_limit
from provisioning.aws.sessions import platform_session
from provisioning.aws.sweeper import Resource
from provisioning.domain import budgets, claims, failures, pace
from provisioning.enums import OPEN_LEASE_STATES, LeaseState
from provisioning.models import Account, CostEstimate, Lease
from provisioning.signals import lease_moved

log = structlog.get_logger(__name__)

ESTIMATED = (*OPEN_LEASE_STATES, LeaseState.FROZEN)
# Estimates share a worker with vending and cleaning; so few at a time can delay neither.
AT_ONCE = 3
PRICED = tuple(kind.name for kind in sweeper.ALL if kind.price)
_HOUR, _PLACES = Decimal(3600), Decimal("0.0001")


@dataclass(frozen=True)
class Due:
    """A lease whose estimate is due; `mark` is the claim that the message to a worker carries."""

    key: str
    mark: datetime


def estimate_due(*, now: datetime) -> list[Due]:
    """Mark the leases whose estimate has been due longest, so many that never more than AT_ONCE are under way."""
    free = AT_ONCE - Lease.objects.filter(cost_claimed_until__gt=now).count()
    if free <= 0:
        return []
    mark = now + claims.DISPATCH_HOLD
    unclaimed = Q(cost_claimed_until__isnull=True) | Q(cost_claimed_until__lte=now)
    with transaction.atomic():
        due = list(
            Lease.objects.select_for_update(skip_locked=True)
            .filter(unclaimed, state__in=ESTIMATED, cost_due_at__lte=now)
            .order_by("cost_due_at")
            .values_list("pk", flat=True)[:free]
        )
        Lease.objects.filter(pk__in=due).update(cost_claimed_until=mark)
    return [Due(str(pk), mark) for pk in due]


def do(*, due: Due, clock: Callable[[], datetime]) -> CostEstimate | None:
    """Make the estimate that a message asks for; None when somebody else has it, or AWS does not tell."""
    now = clock()
    held = now + claims.WORK_HOLD
    if not Lease.objects.filter(pk=due.key, cost_claimed_until=due.mark).update(cost_claimed_until=held):
        return None
    lease = Lease.objects.select_related("account", "blueprint").get(pk=due.key)
    try:
        with time_limit.calls_begin_within(claims.CALLS_FOR.total_seconds()):
            return estimate(now=now, lease=lease)
    except Exception as error:
        log.warning("no estimate", lease=due.key, error=failures.in_words(error), exc_info=failures.unexpected(error))
        after = clock() + pace.cost_interval()
        Lease.objects.filter(pk=due.key, cost_claimed_until=held).update(cost_claimed_until=None, cost_due_at=after)
        return None


def estimate(*, now: datetime, lease: Lease) -> CostEstimate | None:
    """Look once at what stands in a lease's account, store what it has cost so far, and act on the budget.

    Returns None, with nothing stored, when the lease has no account any more or another estimate came in between.
    Raises an AwsError when a listing fails: what could not be listed is unknown, never free.
    """
    account = lease.account
    if account is None:
        return None
    previous = _previous(lease)
    standing = sweeper.inventory(platform_session(str(account.account_id)), lease.blueprint.regions, PRICED)
    made = _made(now, lease, account, previous, standing)
    with transaction.atomic():
        locked = Lease.objects.select_for_update(of=("self",)).select_related("account", "blueprint").get(pk=lease.pk)
        if locked.state not in ESTIMATED or locked.account_id != lease.account_id or _previous(lease) != previous:
            return None
        made.save()
        Lease.objects.filter(pk=lease.pk).update(
            cost_usd=made.total_usd, cost_at=now, cost_due_at=now + pace.cost_interval(), cost_claimed_until=None
        )
        locked.refresh_from_db()
        if budgets.in_dollars(made.total_usd) != budgets.in_dollars(lease.cost_usd or Decimal(0)):
            lease_moved.send(Lease, lease=locked)
        budgets.act(now=now, lease=locked, total=made.total_usd)
    return made


def last_estimate(*, now: datetime, lease: Lease, standing: Sequence[Resource]) -> CostEstimate:
    """Return, unsaved, the estimate of an ending lease from the inventory that was taken before anything is deleted."""
    if lease.account is None:
        raise ValueError(f"{lease} has no account whose cost could be estimated.")
    made = _made(now, lease, lease.account, _previous(lease), standing)
    made.is_final = True
    return made


def reckon(
    earlier: Sequence[dict[str, Any]],
    standing: Sequence[Resource],
    *,
    now: datetime,
    looked_at: datetime | None,
    began: datetime,
) -> list[dict[str, Any]]:
    """Return an estimate's lines from those of the one before and what stands now.

    Something new counts since AWS made it, or where AWS does not tell, since the look before (`looked_at`), or since
    the lease `began`. Something known adds its present rate for the time since. What is gone stays, summed by type,
    with the hours up to when it was last seen.
    """
    known = {line["arn"]: line for line in earlier if line["arn"]}
    gone = {line["type"]: dict(line) for line in earlier if not line["arn"]}
    lines = []
    for resource in standing:
        if not resource.price:
            continue
        rate = prices.rate(resource)
        old = known.pop(resource.arn, None)
        if old is None:
            start = max(resource.created_at or looked_at or began, began)
            old = {"since": start.isoformat(), "hours": "0", "usd": "0"}
        else:
            seen = datetime.fromisoformat(old["until"])
            # Made anew, or started again, since then: it costs from there.
            start = max(seen, resource.created_at or seen)
        hours = max(Decimal(0), Decimal((now - start).total_seconds()) / _HOUR)
        lines.append(
            {
                "type": resource.type,
                "arn": resource.arn,
                "region": resource.region,
                "since": old["since"],
                "until": now.isoformat(),
                "hours": _text(Decimal(old["hours"]) + hours),
                "usd_per_hour": _text(rate.usd_per_hour),
                "usd": _text(Decimal(old["usd"]) + hours * rate.usd_per_hour),
                "note": rate.note,
            }
        )
    for line in known.values():
        _fold(gone, line)
    return [*lines, *(gone[name] for name in sorted(gone))]


def _fold(gone: dict[str, dict[str, Any]], line: dict[str, Any]) -> None:
    """Add what is gone to the sum of its type, so that an estimate does not grow with all that ever was."""
    total = gone.setdefault(line["type"], {"type": line["type"], "arn": "", "gone": 0, "hours": "0", "usd": "0"})
    total["gone"] += 1
    for name in ("hours", "usd"):
        total[name] = _text(Decimal(total[name]) + Decimal(line[name]))


def _text(number: Decimal) -> str:
    return format(number.quantize(Decimal("0.00000001")), "f")


def _previous(lease: Lease) -> CostEstimate | None:
    return CostEstimate.objects.filter(lease=lease).order_by("-at", "-id").first()


def _made(
    now: datetime, lease: Lease, account: Account, previous: CostEstimate | None, standing: Sequence[Resource]
) -> CostEstimate:
    kept = set(account.baseline)
    lines = reckon(
        previous.lines if previous else [],
        [each for each in standing if each.arn not in kept],
        now=now,
        looked_at=previous.at if previous and previous.account_id == account.account_id else None,
        began=_began(lease),
    )
    return CostEstimate(
        lease=lease,
        account_id=account.account_id or "",
        at=now,
        total_usd=sum((Decimal(line["usd"]) for line in lines), Decimal(0)).quantize(_PLACES),
        lines=lines,
        omitted=prices.table().omitted,
        prices_as_of=prices.table().as_of,
    )


def _began(lease: Lease) -> datetime:
    """Return when the lease took its present account."""
    taken = lease.moves.filter(to_state=LeaseState.RESERVED).order_by("-at").values_list("at", flat=True).first()
    return taken or lease.created_at
