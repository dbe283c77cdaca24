"""Announcements: organizers tell everybody, a team or a person; each person puts them away for themselves."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.models import User
from quests.domain.live import announced
from quests.domain.refusals import UnableToAnnounce
from quests.enums import AnnouncementLevel
from quests.models import Announcement, AnnouncementReading, Enrollment, Event, Participation


def announce(
    *,
    now: datetime,
    event: Event,
    level: AnnouncementLevel,
    text: str,
    actor: User,
    enrollment: Enrollment | None = None,
    person: Participation | None = None,
) -> Announcement:
    """Show the words to everybody in the event, or to one team or one person of it; the journal has it.

    Raises UnableToAnnounce when both a team and a person are named.
    """
    if enrollment is not None and person is not None:
        raise UnableToAnnounce(_("Choose a team or a person, not both. Nothing was sent."))
    with transaction.atomic():
        announcement = Announcement.objects.create(
            event=event,
            enrollment=enrollment,
            person=person.user_id if person else None,
            level=level,
            text=text,
            by=actor.id,
            at=now,
        )
        _journal(now, announcement, "announcement.send", actor, reason=text)
    return announcement


def withdraw(*, now: datetime, announcement: Announcement, actor: User) -> None:
    """Take the announcement off every page; doing it again changes nothing."""
    with transaction.atomic():
        shown = Announcement.objects.filter(pk=announcement.pk, withdrawn_at=None)
        if shown.update(withdrawn_at=now):
            _journal(now, announcement, "announcement.withdraw", actor, reason=announcement.text)


def put_away(*, now: datetime, announcement: Announcement, person: UUID) -> None:
    """Remember that the person has read it; in all the person's browsers it is gone."""
    AnnouncementReading.objects.get_or_create(announcement=announcement, person=person, defaults={"at": now})


def _journal(now: datetime, announcement: Announcement, action: str, actor: User, **details: str) -> None:
    record(
        now=now,
        actor=actor.id,
        action=action,
        subject=f"announcement:{announcement.pk}",
        scope=announcement.event_id,
        **details,
    )
    announced(event_id=announcement.event_id)
