"""Asking for a sweep: what it would do, told by reading only, and handing the account to the cleaning machine."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.domain import audit
from provisioning import throttle
from provisioning.aws import sweeper
from provisioning.aws.sessions import platform_session
from provisioning.aws.sweeper import Resource
from provisioning.domain import account_moves, cleaning, guards
from provisioning.enums import LIVE_LEASE_STATES, AccountState
from provisioning.models import Account, Lease

_AT_REST = (AccountState.AVAILABLE, AccountState.COOLING, AccountState.QUARANTINED)


class UnableToSweep(Exception):
    """The account cannot be swept, for the reason given; nothing was changed."""


@dataclass(frozen=True)
class Plan:
    """What a sweep would delete, pass after pass, what it keeps and why, what is gone already, and what is missing."""

    regions: list[str]
    passes: list[list[Resource]]
    kept: list[tuple[Resource, str]]
    undecided: list[Resource]
    tombstones: list[Resource]
    missing: list[str]


def preview(*, account: Account, regions: Collection[str] = ()) -> Plan:
    """Look, by reading only, at what a sweep would do in the regions of the baseline, or in some of them.

    Raises UnableToSweep, NeverTouch (also for what is no sandbox), and an AwsError when any listing fails.
    """
    _require_known(account)
    strange = sorted(set(regions) - set(account.baseline_regions))
    if strange:
        raise UnableToSweep(
            f"The baseline of {account} does not cover {', '.join(strange)}, so nothing there can be told apart; "
            f"it covers {', '.join(account.baseline_regions)}."
        )
    throttle.take("organizations:Describe")
    guards.require_sandbox(account)
    chosen = sorted(regions or account.baseline_regions)
    found = sweeper.survey(platform_session(str(account.account_id)), chosen)
    baseline = set(account.baseline)
    known = set(account.baseline_types or [kind.name for kind in sweeper.known_types()])
    kept = [(each, "it belongs to the account's baseline") for each in found if each.arn in baseline]
    kept += [(each, each.protected) for each in found if each.protected and each.arn not in baseline]
    beyond = [each for each in found if each.arn not in baseline and not each.protected]
    present = {each.arn for each in found if not each.is_tombstone}
    return Plan(
        regions=chosen,
        passes=sweeper.plan([each for each in beyond if not each.is_tombstone and each.type in known]),
        kept=kept,
        undecided=[each for each in beyond if not each.is_tombstone and each.type not in known],
        tombstones=[each for each in beyond if each.is_tombstone],
        missing=sorted(arn for arn in baseline - present if arn.split(":")[3] in ("", *chosen)),
    )


def begin(*, now: datetime, account: Account, actor: uuid.UUID | None, asked_by: str) -> Account:
    """Hand an account that nobody holds to the cleaning machine; `asked_by` says who asked, for the journal.

    Raises UnableToSweep, or NeverTouch for what is no sandbox, with nothing changed.
    """
    throttle.take("organizations:Describe")
    guards.require_sandbox(account)
    with transaction.atomic():
        locked = Account.objects.select_for_update().get(pk=account.pk)
        _require_known(locked)
        lease = Lease.objects.filter(account=locked, state__in=LIVE_LEASE_STATES).first()
        if lease is not None:
            raise UnableToSweep(
                f"Account {locked} is held by the lease {lease.pk} ({lease.state}). End the lease; that sweeps it too."
            )
        if locked.state not in _AT_REST:
            raise UnableToSweep(f"Account {locked} is {locked.state}; only one at rest is swept.")
        before = locked.state
        changes = {**cleaning.beginning(now), "rounds": 0, "passes": 0, "listing": None}
        account_moves.from_outside(now=now, account=locked, actor=actor, why=f"sweep: asked by {asked_by}", **changes)
        audit.record(
            now=now,
            action="account.sweep",
            subject=f"account:{locked.account_id}",
            actor=actor,
            before=before,
            asked_by=asked_by,
        )
    return locked


def _require_known(account: Account) -> None:
    if not account.account_id or not account.baseline_regions:
        raise UnableToSweep(f"Account {account} has no baseline yet, so nothing in it can be told apart.")
