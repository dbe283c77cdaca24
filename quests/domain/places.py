"""Failed places: their teams get a spare that is ready, or on its way; a person may ask for a new sandbox."""

from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.models import AuditEntry, User
from provisioning.domain.leases import UnableToLease, retry_lease
from provisioning.enums import LIVE_LEASE_STATES, OPEN_LEASE_STATES, LeaseState
from provisioning.signals import person_needed
from quests.domain.live import event_changed, team_changed
from quests.domain.refusals import UnableToPrepareAnew
from quests.enums import EventState
from quests.models import Enrollment, Place

log = structlog.get_logger(__name__)

_PLAYING = (EventState.WARMING, EventState.OPEN, EventState.PAUSED)
MOVED, LEFT_WITHOUT, ASKED_ANEW = "place.moved", "place.no_spare", "place.prepare_anew"


def give_spares(*, now: datetime) -> int:
    """Move each team whose sandbox has failed to the best free place of its event; return how many were moved.

    A ready one is the best, else one on its way. When none is left the team keeps its failed place, and the operators
    are told once; a spare that comes free later is given then.
    """
    stranded = Enrollment.objects.filter(place__lease__state=LeaseState.FAILED, event__state__in=_PLAYING)
    moved = 0
    for key in stranded.values_list("pk", flat=True):
        try:
            moved += _give_spare(now, key)
        except Exception:
            # One team's trouble waits for the next tick; the others are moved now.
            log.exception("spare.failed", enrollment=str(key))
    return moved


def prepare_anew(*, now: datetime, place: Place, actor: User) -> None:
    """Ask for a new sandbox for a place whose own has failed; its team and number stay. Raises UnableToPrepareAnew."""
    if place.lease is None or place.lease.state != LeaseState.FAILED:
        raise UnableToPrepareAnew(
            _("Place %(number)s has a sandbox that has not failed. Nothing was changed.") % {"number": place.number}
        )
    if place.event.state not in _PLAYING:
        raise UnableToPrepareAnew(_("The event is not running: nobody would use it. Nothing was changed."))
    with transaction.atomic():
        try:
            retry_lease(now=now, lease=place.lease, actor=actor.pk, reason=_("a new sandbox was asked for"))
        except UnableToLease as refusal:
            raise UnableToPrepareAnew(str(refusal)) from refusal
        record(
            now=now,
            action=ASKED_ANEW,
            subject=f"place:{place.pk}",
            actor=actor.pk,
            scope=place.event_id,
            reason=f"place {place.number}: a new sandbox was asked for",
        )
        event_changed(event_id=place.event_id)


def _give_spare(now: datetime, key: UUID) -> bool:
    with transaction.atomic():
        enrollment = (
            Enrollment.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("event", "place__lease")
            .filter(pk=key, place__lease__state=LeaseState.FAILED)
            .first()
        )
        if enrollment is None or enrollment.place is None:
            return False
        spare = _best_spare(enrollment)
        if spare is None:
            _tell(now, enrollment, enrollment.place)
            return False
        before = enrollment.place.number
        enrollment.place = spare
        enrollment.save(update_fields=["place"])
        record(
            now=now,
            action=MOVED,
            subject=str(enrollment.id),
            scope=enrollment.event_id,
            reason=f"{enrollment.name}: place {before} has failed, place {spare.number} takes over",
        )
        team_changed(enrollment=enrollment)
        event_changed(event_id=enrollment.event_id)
    return True


def _best_spare(enrollment: Enrollment) -> Place | None:
    free = Place.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        event=enrollment.event, enrollment__isnull=True
    )
    for states in (OPEN_LEASE_STATES, LIVE_LEASE_STATES):
        for place in free.filter(lease__state__in=states).order_by("number"):
            # The lock may have waited out a founder, whose enrollment that query could not see yet.
            if not Enrollment.objects.filter(place=place).exists():
                return place
    return None


def _tell(now: datetime, enrollment: Enrollment, place: Place) -> None:
    lease = place.lease
    if lease is None or AuditEntry.objects.filter(
        action=LEFT_WITHOUT, scope=enrollment.event_id, details__lease=str(lease.pk)
    ).exists():  # fmt: skip
        return
    reason = f"{enrollment.name}: place {place.number} has failed and no spare is left"
    record(
        now=now,
        action=LEFT_WITHOUT,
        subject=str(enrollment.id),
        scope=enrollment.event_id,
        lease=str(lease.pk),
        reason=reason,
    )
    person_needed.send(
        Place,
        now=now,
        key=f"no-spare:{lease.pk}",
        subject=f"event:{enrollment.event_id}",
        title=f"{enrollment.event.name}: a team has no sandbox",
        text=f"{reason}. {lease.reason}. Its points are kept, and it moves by itself as soon as a place comes free.",
    )
    event_changed(event_id=enrollment.event_id)
