"""Waking the tick when a row became due; the beat's next one comes anyway, so a missing broker is no harm."""

import structlog
from django.db import connection, transaction
from django.dispatch import receiver
from kombu.exceptions import OperationalError

from provisioning import tasks
from provisioning.signals import work_due

log = structlog.get_logger(__name__)


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
