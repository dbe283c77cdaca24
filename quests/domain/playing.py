"""A team at work: what is open to it, and opening quests."""

from datetime import datetime

from django.utils.translation import gettext as _

from quests.domain.openings import require_unlocked
from quests.domain.refusals import EventNotOpen
from quests.enums import EventState
from quests.models import Enrollment, Quest, QuestStart


def require_open(*, now: datetime, enrollment: Enrollment) -> None:
    """Raise EventNotOpen unless the team's event is open; its end counts even before the clock has closed it."""
    event = enrollment.event
    if event.state in (EventState.SCHEDULED, EventState.WARMING):
        raise EventNotOpen(_("%(event)s has not started yet. Nothing was changed.") % {"event": event.name})
    if event.state == EventState.PAUSED:
        raise EventNotOpen(_("%(event)s is paused. Nothing was changed.") % {"event": event.name})
    if event.state != EventState.OPEN or now >= event.ends_at:
        raise EventNotOpen(_("%(event)s is over. Nothing was changed.") % {"event": event.name})


def start_quest(*, now: datetime, enrollment: Enrollment, quest: Quest) -> QuestStart:
    """Start the team's timer for the quest when its first member opens it; later calls return the first start.

    A look back at an event that is over starts nothing: what it returns then begins at the end and is not stored.
    Raises QuestLocked with what opens the quest.
    """
    require_unlocked(enrollment=enrollment, quest=quest)
    ends_at = enrollment.event.ends_at
    if now >= ends_at:
        started = QuestStart.objects.filter(enrollment=enrollment, quest=quest).first()
        return started or QuestStart(enrollment=enrollment, quest=quest, at=ends_at)
    return QuestStart.objects.get_or_create(enrollment=enrollment, quest=quest, defaults={"at": now})[0]
