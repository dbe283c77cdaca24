"""Watching the checks of open events: when many cannot be carried out, somebody is told before teams ask."""

from datetime import datetime

from django.utils.translation import gettext as _

from provisioning.domain import notices
from quests.domain.queries.probing import WINDOW, probing
from quests.enums import EventState
from quests.models import Event


def watch_checks(*, now: datetime) -> None:
    """Tell the operators once while an event's checks fail on our side or AWS's, and end it when they work again."""
    for event in Event.objects.filter(state=EventState.OPEN):
        key = f"checks:{event.pk}"
        found = probing(now=now, event=event)
        if not found.is_failing:
            if found.runs:
                notices.end(now=now, keys=[key])
            continue
        notices.notify(
            now=now,
            key=key,
            subject=f"event:{event.pk}",
            title=_("Checks of %(event)s do not work") % {"event": event.name},
            text=_(
                "%(errors)s of the last %(runs)s checks in %(minutes)s minutes could not be carried out, because of "
                "the platform or AWS. They cost no team anything. The control room shows the latest reasons."
            )
            % {"errors": found.errors, "runs": found.runs, "minutes": int(WINDOW.total_seconds() // 60)},
            is_watched=True,
        )
