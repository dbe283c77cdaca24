"""Messages to workers: an id and a version each; what they do is in the domain.

Nothing here has a time limit of Celery's: its pool of threads ignores them. The calls themselves end in time, see
`provisioning.aws.time_limit`.
"""

from collections.abc import Callable
from datetime import datetime

import structlog
from celery import shared_task
from django.utils import timezone

from provisioning.domain import costs, drift, notices, reachability, simulator, telling, work
from provisioning.domain.work import Kind, Work

log = structlog.get_logger(__name__)

# A message that waited this long is stale: the tick after the claim's end sends a new one.
EXPIRES_SECONDS = 10


@shared_task(name="provisioning.tick", acks_late=False)
def tick() -> None:
    """Send a message for each row that is due."""
    now = timezone.now()
    simulator.notice_restart(now=now)
    for each in work.find(now=now):
        task = sweep if each.is_sweeping else vend
        task.apply_async((each.kind, each.key, each.version), expires=EXPIRES_SECONDS)
    _apart("costs", lambda: _send_estimates(now))
    _apart("drift", lambda: _send_scans(now))
    _apart("telling", lambda: _tell_operators(now))


def _apart(topic: str, act: Callable[[], None]) -> None:
    """Do what comes after the leases' own work, so that one topic's trouble ends nothing else."""
    try:
        act()
    except Exception:
        log.exception("the tick could not do a part of its work", topic=topic)


def _send_estimates(now: datetime) -> None:
    for due in costs.estimate_due(now=now):
        estimate.apply_async((due.key, due.mark.isoformat()), expires=EXPIRES_SECONDS)


def _send_scans(now: datetime) -> None:
    for due in drift.scan_due(now=now):
        scan.apply_async((due.key, due.mark.isoformat()), expires=EXPIRES_SECONDS)


def _tell_operators(now: datetime) -> None:
    # Mail servers take their time; the tick only says that there is something to deliver.
    if telling.is_due(now=now):
        tell.apply_async(expires=EXPIRES_SECONDS)


@shared_task(name="provisioning.estimate", acks_late=False)
def estimate(key: str, mark: str) -> None:
    """Estimate what a lease has cost so far."""
    costs.do(due=costs.Due(key, datetime.fromisoformat(mark)), clock=timezone.now)


@shared_task(name="provisioning.scan", acks_late=False)
def scan(key: int, mark: str) -> None:
    """Look whether an account was changed outside."""
    drift.do(due=drift.Due(key, datetime.fromisoformat(mark)), clock=timezone.now)


@shared_task(name="provisioning.vend", acks_late=False)
def vend(kind: Kind, key: str, version: int) -> None:
    """Do the due steps of a lease or account on its way to somebody's hands."""
    work.do(work=Work(kind, key, version, False), clock=timezone.now)


@shared_task(name="provisioning.sweep", acks_late=False)
def sweep(kind: Kind, key: str, version: int) -> None:
    """Do the due steps of a lease or account that is being cleaned."""
    work.do(work=Work(kind, key, version, True), clock=timezone.now)


@shared_task(name="provisioning.tell", acks_late=False)
def tell() -> None:
    """Deliver the notices that wait."""
    telling.deliver_due(now=timezone.now())


@shared_task(name="provisioning.review", acks_late=False)
def review() -> None:
    """Look for what needs a person, and for what does not any more."""
    now = timezone.now()
    notices.review(now=now, unreachable_since=reachability.unreachable_since(now=now))
