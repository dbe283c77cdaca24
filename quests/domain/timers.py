"""How long a team has been at a quest: one place for what all timers count."""

from datetime import datetime, timedelta

from quests.domain.timeline import timeline_of
from quests.enums import QuestKind
from quests.models import Hint, Quest, QuestStart


def takes_too_long(*, quest: Quest, minutes: int | None) -> bool:
    """Tell whether a team that is still at the quest is over its expected time; one without an end has none."""
    return quest.kind != QuestKind.CONTINUOUS and (minutes or 0) > quest.expected_minutes


def offered_at(*, hint: Hint, start: QuestStart) -> datetime:
    """Return when the hint's time comes for a team that started the quest then; a pause puts it off."""
    return timeline_of(start.enrollment.event).moment(start.at, timedelta(minutes=hint.offer_after_minutes))
