"""The speed bonus: a quest that is done within its expected minutes of played time, where the pack pays for it."""

import math
from datetime import datetime

from quests.domain.scores import award
from quests.domain.timeline import timeline_of
from quests.enums import EntryKind, QuestKind
from quests.models import PackRelease, Quest, QuestStart, TaskProgress


def give_speed_bonus(*, now: datetime, progress: TaskProgress, source: str) -> None:
    """Give the bonus once if the task that has just been awarded was the quest's last, in time.

    Call after the award: it holds the team's ledger, so that of two last tasks at once the second sees the first. What
    was given stays; a quest without an end earns none, nor does one that nobody of the team has opened.
    """
    quest, enrollment = progress.task.quest, progress.enrollment
    percent = speed_bonus_percent(enrollment.event.release)
    if not percent or quest.kind == QuestKind.CONTINUOUS:
        return
    start = QuestStart.objects.filter(enrollment=enrollment, quest=quest).first()
    passed = TaskProgress.objects.filter(enrollment=enrollment, task__quest=quest, passed_at__isnull=False)
    others = passed.exclude(pk=progress.pk).count() + 1
    if start is None or others < quest.tasks.count():
        return
    minutes = timeline_of(enrollment.event).elapsed(start.at, now).total_seconds() / 60
    if minutes > quest.expected_minutes:
        return
    award(
        now=now,
        enrollment=enrollment,
        key=f"bonus:{enrollment.pk}:{quest.slug}",
        kind=EntryKind.QUEST_BONUS,
        points=bonus_of(quest, percent),
        sentence=f"“{quest.title}” done within {quest.expected_minutes} minutes",
        source=source,
    )


def speed_bonus_percent(release: PackRelease) -> int:
    """Return what the pack pays for speed, in percent of a quest's points; 0 for nothing."""
    return int(release.document["pack"]["scoring"].get("speed_bonus_percent", 0))


def bonus_of(quest: Quest, percent: int) -> int:
    """Return the bonus in points, never rounded down to nothing."""
    return math.ceil(quest.points * percent / 100)
