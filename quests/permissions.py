"""Who may see and do what in an event: deny by default."""

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from quests.enums import Role
from quests.models import Event, Participation

Viewer = User | AnonymousUser


def may_organize(user: Viewer, event: Event) -> bool:
    """Tell whether the person runs this event; staff run the installation and with it every event."""
    return user.is_authenticated and (user.is_staff or _has_role(user, event, Role.ORGANIZER))


def may_coach(user: Viewer, event: Event) -> bool:
    """Tell whether the person may see every team's progress in this event."""
    return may_organize(user, event) or (user.is_authenticated and _has_role(user, event, Role.COACH))


def may_schedule(user: Viewer) -> bool:
    """Tell whether the person may create events: staff, and whoever organizes one already."""
    return user.is_authenticated and (user.is_staff or user.event_roles.filter(role=Role.ORGANIZER).exists())


def participation_of(user: Viewer, event: Event) -> Participation | None:
    """Return the person's own participation, with the team, or None for an outsider."""
    if not user.is_authenticated:
        return None
    return (
        Participation.objects.filter(event=event, user=user)
        .select_related("enrollment__place__lease__account", "enrollment__event__release")
        .first()
    )


def takes_part(user: Viewer, event: Event) -> bool:
    """Tell whether the person has anything to do with the event: plays in it, or watches over it."""
    return may_coach(user, event) or participation_of(user, event) is not None


def _has_role(user: User, event: Event, role: Role) -> bool:
    return event.roles.filter(user=user, role=role).exists()
