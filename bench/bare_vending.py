"""The bare loop: threads make the platform's own steps in AWS, with no queue, claim or row between.

Run by bench/vending.py in a process of its own; prints one line of JSON.
"""

import argparse
import json
import os
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import django

django.setup()

from bench.machine import peak_mebibytes  # noqa: E402
from provisioning.aws import organization  # noqa: E402
from provisioning.domain import accounts, cleaning  # noqa: E402
from provisioning.domain.steps import bootstrapping, creating, teardown, vending  # noqa: E402
from provisioning.enums import AccountState, LeaseState  # noqa: E402
from provisioning.models import Account, Blueprint, Lease  # noqa: E402


def now() -> datetime:
    return datetime.now(UTC)


def apply(row: Account | Lease, changes: Mapping[str, Any]) -> None:
    """Keep a step's result in memory, and wait until the next step is due."""
    for name, value in changes.items():
        setattr(row, name, value)
    if row.due_at is not None:
        time.sleep(max(0.0, (row.due_at - now()).total_seconds()))


def make_account() -> Account:
    """Create an account, bootstrap it and prove it clean."""
    account = Account(
        **creating.identity(),
        state=AccountState.CREATING,
        state_since=now(),
        step=creating.IN_PROGRESS[0],
        created_at=now(),
    )
    while account.state in (AccountState.CREATING, AccountState.BOOTSTRAPPING):
        apply(account, accounts.STEPS[account.step](now(), account))
    while account.state != AccountState.AVAILABLE:
        progress = cleaning.advance(now=now(), account=account, step=account.step)
        apply(account, {"step": progress.step, "due_at": now() + progress.after, **progress.account})
    return account


def vend(blueprint: Blueprint) -> Lease:
    """Bring one sandbox from nothing to READY."""
    lease = Lease(
        holder=uuid.uuid4(),
        scope=uuid.uuid4(),
        blueprint=blueprint,
        account=make_account(),
        state=LeaseState.RESERVED,
        state_since=now(),
        step="identity",
        access_starts_at=now(),
        ends_at=now() + timedelta(hours=2),
        created_at=now(),
    )
    while lease.state != LeaseState.READY:
        outcome = vending.STEPS[lease.step](now(), lease)
        apply(lease.account, outcome.account)
        apply(lease, outcome.lease)
    return lease


def tear_down(lease: Lease) -> None:
    """Bring one sandbox from READY to proven clean."""
    lease.state, lease.step = LeaseState.ENDING, cleaning.FIRST_STEP
    while lease.state != LeaseState.ENDED:
        outcome = teardown.advance(now(), lease)
        for name, value in outcome.account.items():
            setattr(lease.account, name, value)
        apply(lease, outcome.lease)
    if lease.account.state != AccountState.AVAILABLE:
        raise RuntimeError(f"{lease.account} ended {lease.account.state}: {lease.account.reason}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--blueprint", type=int, required=True, help="primary key of the blueprint")
    options = parser.parse_args()
    blueprint = Blueprint.objects.get(pk=options.blueprint)
    organization.sandbox_unit()  # Two threads that find no organization would both make one.
    # The platform takes these from the leases that wait; here none does.
    bootstrapping.FALLBACK_REGIONS = list(blueprint.regions)
    with ThreadPoolExecutor(options.threads) as pool:
        started = time.perf_counter()
        leases = list(pool.map(lambda _: vend(blueprint), range(options.teams)))
        vended = time.perf_counter()
        list(pool.map(tear_down, leases))
        ended = time.perf_counter()
    figures = {
        "vend_seconds": vended - started,
        "teardown_seconds": ended - vended,
        "memory_mib": peak_mebibytes(os.getpid()),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
