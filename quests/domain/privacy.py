"""What the game knows about a person, and letting somebody go for good."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain import privacy
from accounts.domain.refusals import UnableToErase
from accounts.models import Membership, User
from quests.domain.joining import ENDED
from quests.domain.live import event_changed
from quests.enums import EventState, Role
from quests.models import Announcement, EventRole, HelpMessage, InputValue, Participation, TeamNote


def everything_about(user: User) -> dict[str, Any]:
    """Return everything kept about the person as plain data, accounts and game together."""
    participations = Participation.objects.filter(user=user).select_related("event", "enrollment")
    return privacy.everything_about(user) | {
        "events": [
            {
                "event": row.event.name,
                "starts": row.event.starts_at.isoformat(),
                "team": row.enrollment.name if row.enrollment else None,
                "joined": row.joined_at.isoformat(),
            }
            for row in participations.order_by("joined_at")
        ],
        "roles": [
            {"event": role.event.name, "role": role.role}
            for role in EventRole.objects.filter(user=user).select_related("event").order_by("id")
        ],
        "handed_in": [
            {"team": value.enrollment.name, "name": value.name, "value": value.value, "at": value.saved_at.isoformat()}
            for value in InputValue.objects.filter(saved_by=user.id).select_related("enrollment").order_by("saved_at")
        ],
        "wrote": [
            {"as": kind, "text": row.text, "at": row.at.isoformat()}
            for kind, rows in (
                ("help", HelpMessage.objects.filter(by=user.id)),
                ("note", TeamNote.objects.filter(by=user.id)),
                ("announcement", Announcement.objects.filter(by=user.id)),
            )
            for row in rows.order_by("at")
        ],
    }


def erase_person(*, now: datetime, user: User, actor: User | None) -> None:
    """Let the person go: places in events to come are freed, the row is emptied, points and facts stay.

    Raises UnableToErase while others depend on the person: the captain of a team that still plays, the only organizer
    of an event that is not over, the last member of staff.
    """
    with transaction.atomic():
        _refuse_while_needed(user)
        for participation in Participation.objects.filter(user=user).exclude(event__state__in=ENDED):
            event_changed(event_id=participation.event_id)
            # A receiver ends the person's keys with it.
            participation.delete()
        EventRole.objects.filter(user=user).delete()
        privacy.erase_person(now=now, user=user, actor=actor)


def _refuse_while_needed(user: User) -> None:
    roles = EventRole.objects.select_for_update().filter(
        role=Role.ORGANIZER, event__in=user.event_roles.filter(role=Role.ORGANIZER).values("event")
    )
    others = {role.event_id for role in roles if role.user_id != user.pk}
    for role in user.event_roles.filter(role=Role.ORGANIZER).exclude(event__state=EventState.TORN_DOWN):
        if role.event_id not in others:
            raise UnableToErase(
                _("You are the only organizer of %(event)s, which is not over. Nothing was changed.")
                % {"event": role.event.name}
            )
    captained = Membership.objects.filter(user=user, is_captain=True).values("team")
    for row in (
        Participation.objects.filter(user=user, enrollment__team__in=captained)
        .exclude(event__state__in=ENDED)
        .select_related("enrollment", "event")
    ):
        assert row.enrollment is not None
        if row.enrollment.participations.exclude(user=user).exists():
            raise UnableToErase(
                _("You are the captain of %(team)s, which plays in %(event)s: wait for its end. Nothing was changed.")
                % {"team": row.enrollment.name, "event": row.event.name}
            )
