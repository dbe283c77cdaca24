"""Reads of announcements: what a person still has to read, and what an organizer has sent."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.models import User
from quests.models import Announcement, AnnouncementReading, Enrollment, Event

SHOWN = 5
SENT = 20


@dataclass(frozen=True)
class SentView:
    """An announcement with its audience, and how many of it have put it away."""

    id: int
    level: str
    text: str
    by: str
    at: datetime
    audience: str
    read: int
    readers: int
    withdrawn: bool


def told_to(*, event: Event, person: UUID, enrollment: Enrollment | None) -> QuerySet[Announcement]:
    """Return what was announced to this person and stands, the newest first."""
    audience = Q(enrollment=None, person=None) | Q(person=person)
    if enrollment is not None:
        audience |= Q(enrollment=enrollment)
    return Announcement.objects.filter(audience, event=event, withdrawn_at=None)


def unread_by(*, event: Event, person: UUID, enrollment: Enrollment | None) -> list[Announcement]:
    """Return what the person has not put away, warnings first; of the many only the newest."""
    read = AnnouncementReading.objects.filter(announcement=OuterRef("pk"), person=person)
    found = told_to(event=event, person=person, enrollment=enrollment).filter(~Exists(read))
    # "warning" comes after "info" in the alphabet.
    return list(found.order_by("-level", "-at", "-id")[:SHOWN])


def sent_in(*, event: Event) -> list[SentView]:
    """Return the event's last announcements, withdrawn ones too, in a constant number of queries."""
    rows = list(
        Announcement.objects.filter(event=event).select_related("enrollment").annotate(read=Count("readings"))[:SENT]
    )
    people = {person for row in rows for person in (row.by, row.person) if person}
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "name"))
    sizes = dict(event.enrollments.order_by().annotate(size=Count("participations")).values_list("pk", "size"))
    everybody = event.participations.count()
    return [
        SentView(
            id=row.pk,
            level=row.level,
            text=row.text,
            by=names.get(row.by, ""),
            at=row.at,
            audience=row.enrollment.name if row.enrollment else names.get(row.person, "") if row.person else "",
            read=row.read,
            readers=sizes.get(row.enrollment_id, 0) if row.enrollment_id else 1 if row.person else everybody,
            withdrawn=row.withdrawn_at is not None,
        )
        for row in rows
    ]
