"""After the commit: wake the tick, and settle what needs a person. The beat repeats both, so a loss is no harm."""

from datetime import datetime
from functools import partial
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone
from kombu.exceptions import OperationalError

from provisioning import tasks
from provisioning.domain import notices
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, AccountMove, Lease
from provisioning.signals import lease_moved, person_needed, work_due

log = structlog.get_logger(__name__)

_TELLING = (LeaseState.REQUESTED, LeaseState.READY, LeaseState.FROZEN, LeaseState.ENDED, LeaseState.FAILED)


@receiver(work_due, dispatch_uid="provisioning.wake")
def wake(**_: object) -> None:
    """Send one tick once the transaction that made rows due has been committed."""
    if not any(waiting[1] is _send_tick for waiting in connection.run_on_commit):
        transaction.on_commit(_send_tick, robust=True)


def _send_tick() -> None:
    try:
        tasks.tick.apply_async(expires=5, retry=False)
    except OperationalError as error:
        log.warning("no broker for an early tick", error=str(error))


@receiver(person_needed, dispatch_uid="provisioning.notice")
def write_notice(now: datetime, key: str, subject: str, title: str, text: str, **_: object) -> None:
    """Keep what was said in the transaction that found it; it is delivered by another worker."""
    notices.notify(now=now, key=key, subject=subject, title=title, text=text)


@receiver(lease_moved, dispatch_uid="provisioning.review_lease")
def settle_lease(lease: Lease, **_: object) -> None:
    """Settle a lease's notices once its move can be read; steps in between are left to the minute's review."""
    if lease.state in _TELLING:
        transaction.on_commit(partial(_review_lease, lease.pk), robust=True)


@receiver(post_save, sender=AccountMove, dispatch_uid="provisioning.review_account")
def settle_account(instance: AccountMove, **_: object) -> None:
    """Settle an account's notices once a move into quarantine, or out of it, can be read."""
    if AccountState.QUARANTINED in (instance.from_state, instance.to_state):
        transaction.on_commit(partial(_review_account, instance.account_id), robust=True)


def _review_lease(key: UUID) -> None:
    lease = Lease.objects.filter(pk=key).first()
    if lease is not None:
        notices.review_lease(now=timezone.now(), lease=lease)


def _review_account(key: int) -> None:
    account = Account.objects.filter(pk=key).first()
    if account is not None:
        notices.review_account(now=timezone.now(), account=account)
