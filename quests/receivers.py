"""After the commit: nudge the browsers, wake the tick. Before it: end the access of those who leave."""

from functools import partial
from typing import Any

import structlog
from django.db import transaction
from django.db.models.signals import post_save, pre_delete
from django.dispatch import receiver
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import User
from provisioning.enums import OPEN_LEASE_STATES
from provisioning.models import Lease
from provisioning.needs import Needs
from provisioning.signals import lease_moved, needs_wanted
from quests import tasks
from quests.domain.access import leave_sandbox, stop_access_everywhere
from quests.domain.live import event_topic, place_topic
from quests.domain.needs import needs_of
from quests.domain.planning import take_up_checks
from quests.live.publish import publish
from quests.models import Participation
from quests.signals import changed, work_due

log = structlog.get_logger(__name__)


@receiver(changed)
def nudge_browsers(topics: list[str], **_: Any) -> None:
    """Publish once the change can be read."""
    transaction.on_commit(partial(publish, topics))


@receiver(lease_moved)
def show_the_lease(lease: Lease, **_: Any) -> None:
    """Refresh the place's sandbox panel and the control room."""
    transaction.on_commit(partial(publish, [place_topic(lease.holder), event_topic(lease.scope)]))


@receiver(lease_moved)
def take_up_the_checks(lease: Lease, **_: Any) -> None:
    """A team is checked from when its sandbox is ready."""
    if lease.state in OPEN_LEASE_STATES:
        take_up_checks(now=lease.state_since, place=lease.holder)


@receiver(pre_delete, sender=Participation)
def end_access_of_the_leaving(instance: Participation, **_: Any) -> None:
    """Whoever does not take part any more has no keys any more."""
    leave_sandbox(now=timezone.now(), participation=instance, reason="You do not take part in this event any more")


@receiver(post_save, sender=User)
def end_access_of_the_closed(instance: User, created: bool, **_: Any) -> None:
    """A person whose account is closed by staff has no keys any more."""
    if not created and not instance.is_active:
        stop_access_everywhere(now=timezone.now(), user=instance, reason="Your account here is closed")


@receiver(needs_wanted)
def say_what_is_needed(pack: str, event: str, **_: Any) -> Needs:
    """Answer from the pack's folder, its release, or the event."""
    return needs_of(pack=pack, event=event)


@receiver(work_due)
def wake_the_tick(**_: Any) -> None:
    """Run the tick at once instead of waiting for the next beat."""
    transaction.on_commit(_send_tick)


def _send_tick() -> None:
    try:
        tasks.tick.apply_async(expires=3, retry=False)
    except OperationalError as error:
        # The row is the queue: without a broker the work waits for the next beat, nothing is lost.
        log.warning("tick.not_woken", error=str(error))
