"""What needs a person: each trouble is told once, ends when it is over, and is told again if it returns."""

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from accounts.domain import audit
from provisioning.domain import troubles
from provisioning.domain.troubles import Trouble
from provisioning.models import Account, Lease, Notice
from provisioning.signals import work_due

KEY, SUBJECT, TITLE = 160, 120, 200


def notify(*, now: datetime, key: str, subject: str, title: str, text: str, is_watched: bool = False) -> Notice | None:
    """Write a notice, once while its trouble lasts; None if it is known.

    `is_watched` says that the platform notices by itself when the trouble is over. Delivery is another worker's.
    """
    notice = Notice(
        key=key[:KEY],
        subject=subject[:SUBJECT],
        title=title[:TITLE],
        text=text,
        is_watched=is_watched,
        created_at=now,
        due_at=now,
    )
    # In the caller's transaction: the notice exists if and only if what it tells of does.
    Notice.objects.bulk_create([notice], ignore_conflicts=True)
    written = Notice.objects.filter(key=notice.key, over_at=None).first()
    if written is None or written.created_at != now:
        return None
    work_due.send(Notice)
    return written


def end(*, now: datetime, keys: Collection[str]) -> int:
    """Say that troubles are over; what was not told yet is not told any more. Return how many were open."""
    return Notice.objects.filter(key__in=keys, over_at=None).update(over_at=now, due_at=None)


def acknowledge(*, now: datetime, notice: Notice, actor: uuid.UUID | None) -> Notice:
    """Record that somebody takes a trouble on; one whose end nobody else notices is over with that."""
    with transaction.atomic():
        notice = Notice.objects.select_for_update().get(pk=notice.pk)
        if notice.over_at is not None or notice.acknowledged_at is not None:
            return notice
        notice.acknowledged_at, notice.acknowledged_by, notice.due_at = now, actor, None
        if not notice.is_watched:
            notice.over_at = now
        notice.save(update_fields=["acknowledged_at", "acknowledged_by", "due_at", "over_at"])
        audit.record(now=now, action="notice.acknowledge", subject=notice.subject, actor=actor, title=notice.title)
    return notice


def review(*, now: datetime, unreachable_since: datetime | None = None) -> int:
    """Compare the open notices with the troubles there are; write and end what differs, return how many.

    `unreachable_since` says since when AWS, or the simulator, has not answered; None if it does.
    """
    present = troubles.present(now=now, unreachable_since=unreachable_since)
    changed = _settle(now, present, Notice.objects.filter(is_watched=True, over_at=None).values_list("key", flat=True))
    return changed + _end_told_by_others(now)


def review_account(*, now: datetime, account: Account) -> None:
    """Settle one account's notices at once, without waiting for the next review."""
    _settle(now, troubles.of_account(now, account), troubles.account_keys(account))


def review_lease(*, now: datetime, lease: Lease) -> None:
    """Settle one lease's notices at once, and end the failure of the same holder's earlier lease."""
    _settle(now, troubles.of_lease(now, lease), troubles.lease_keys(lease))


def _settle(now: datetime, present: Iterable[Trouble], known: Iterable[str]) -> int:
    wanted = {trouble.key[:KEY]: trouble for trouble in present}
    open_texts = dict(Notice.objects.filter(key__in={*wanted, *known}, over_at=None).values_list("key", "text"))
    changed = 0
    gone = [key for key in open_texts if key not in wanted]
    if gone:
        changed += end(now=now, keys=gone)
    for key, trouble in wanted.items():
        if key not in open_texts:
            told = notify(
                now=now,
                key=key,
                subject=trouble.subject,
                title=trouble.title,
                text=trouble.text,
                is_watched=True,
            )
            changed += told is not None
        elif open_texts[key] != trouble.text:
            # The same trouble in other words is not told again, but the page says how it stands.
            Notice.objects.filter(key=key, over_at=None).update(title=trouble.title[:TITLE], text=trouble.text)
    return changed


def _end_told_by_others(now: datetime) -> int:
    """End what was told through the signal about an account or lease that has become well since."""
    told = Notice.objects.filter(is_watched=False, over_at=None)
    ended = 0
    for notice in told.filter(Q(subject__startswith="account:") | Q(subject__startswith="lease:")):
        if troubles.is_well_since(notice.created_at, notice.subject):
            ended += end(now=now, keys=[notice.key])
    return ended
