"""How long a team has been at a quest: one place for what all timers count."""

from datetime import datetime, timedelta

from quests.enums import QuestKind
from quests.models import Hint, Quest, QuestStart


def minutes_since(*, start: datetime, until: datetime) -> int:
    """Return the whole minutes that a team has spent since it opened a quest."""
    return max(0, int((until - start).total_seconds() // 60))


def takes_too_long(*, quest: Quest, minutes: int | None) -> bool:
    """Tell whether a team that is still at the quest is over its expected time; one without an end has none."""
    return quest.kind != QuestKind.CONTINUOUS and (minutes or 0) > quest.expected_minutes


def offered_at(*, hint: Hint, start: QuestStart) -> datetime:
    """Return when the hint's time comes for a team that started the quest then."""
    return start.at + timedelta(minutes=hint.offer_after_minutes)
