"""Which events a person has, and in which roles."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from quests.models import Enrollment, Event, EventRole, Participation


@dataclass(frozen=True)
class MyEvent:
    """An event with what the person is in it."""

    event: Event
    roles: list[str]
    enrollment: Enrollment | None

    @property
    def role(self) -> str:
        """Return the role whose page the person most likely wants."""
        order = ("organizer", "staff", "coach", "participant")
        best = next((role for role in order if role in self.roles), "")
        return "organizer" if best == "staff" else best

    @property
    def role_label(self) -> str:
        """Return all roles in words."""
        words = {
            "organizer": _("organizer"),
            "coach": _("coach"),
            "participant": _("participant"),
            "staff": _("staff"),
        }
        return ", ".join(words[role] for role in self.roles)


def events_of(user: User) -> list[MyEvent]:
    """Return the person's events, latest start first; staff see every event."""
    return roles_in(user, list(seen_by(user).order_by("-starts_at", "name")))


def seen_by(user: User) -> QuerySet[Event]:
    """Return the events that the person has anything to do with; staff see every event."""
    events = Event.objects.select_related("release__pack")
    if user.is_staff:
        return events
    return events.filter(Q(pk__in=user.event_roles.values("event")) | Q(pk__in=user.participations.values("event")))


def roles_in(user: User, events: list[Event]) -> list[MyEvent]:
    """Return what the person is in each of the events, in their order."""
    roles: dict[object, list[str]] = {}
    for role in EventRole.objects.filter(user=user, event__in=events).order_by("role"):
        roles.setdefault(role.event_id, []).append(role.role)
    own: dict[object, Enrollment | None] = {
        participation.event_id: participation.enrollment
        for participation in Participation.objects.filter(user=user, event__in=events).select_related("enrollment")
    }
    return [
        MyEvent(
            event=event,
            roles=roles.get(event.pk, [])
            + (["participant"] if event.pk in own else [])
            + (["staff"] if user.is_staff and event.pk not in roles else []),
            enrollment=own.get(event.pk),
        )
        for event in events
    ]
