"""Who runs an event besides playing: organizers and coaches; an event always has an organizer."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.models import User
from quests.domain.live import event_changed
from quests.domain.refusals import UnableToChangeTeam
from quests.enums import Role
from quests.models import Event, EventRole


def add_role(*, now: datetime, event: Event, user: User, role: Role, actor: User) -> bool:
    """Give the person the role and return whether it is new. Raises UnableToChangeTeam for a closed account."""
    if not user.is_active:
        raise UnableToChangeTeam(_("%(name)s may not sign in. Nothing was changed.") % {"name": user.name})
    with transaction.atomic():
        _row, created = EventRole.objects.get_or_create(event=event, user=user, role=role)
        if created:
            record(now=now, actor=actor.id, action=f"event.add_{role}", subject=str(user.id), scope=event.id)
            event_changed(event_id=event.id)
    return created


def remove_role(*, now: datetime, event: Event, user: User, role: Role, actor: User) -> None:
    """Take the role from the person; twice changes nothing. Raises UnableToChangeTeam for the last organizer."""
    with transaction.atomic():
        # Two organizers who remove each other meet at these rows; one of them stays.
        rows = EventRole.objects.select_for_update().filter(event=event, role=role)
        having = {row.user_id: row for row in rows.order_by("pk")}
        own = having.get(user.pk)
        if own is None:
            return
        if role == Role.ORGANIZER and len(having) == 1:
            raise UnableToChangeTeam(
                _("%(name)s is the only organizer of %(event)s: add another one first. Nothing was changed.")
                % {"name": user.name, "event": event.name}
            )
        own.delete()
        record(now=now, actor=actor.id, action=f"event.remove_{role}", subject=str(user.id), scope=event.id)
        event_changed(event_id=event.id)
