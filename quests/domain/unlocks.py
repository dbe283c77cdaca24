"""Opening quests to a team: a fact per team and quest, written once and never taken back."""

from datetime import datetime

from quests.domain.live import team_changed
from quests.domain.openings import achieved_by, locked_quests, openings_of
from quests.domain.planning import plan_checks
from quests.enums import EventState
from quests.models import Enrollment, QuestUnlock
from quests.signals import work_due


def unlock_quests(*, now: datetime, enrollment: Enrollment) -> None:
    """Open to the team every quest whose condition has become true, and plan its checks; call in the transaction
    that may have made it true.

    What happens at the same moment, a pass here and a suspension there, cannot see each other: the team's row makes
    them take turns, and the second then sees what the first has written.
    """
    if enrollment.event.state not in (EventState.OPEN, EventState.PAUSED):
        return
    openings = openings_of(enrollment.event.release)
    if not openings:
        return
    # Not the key: facts that point to the team are being written all the time and need not wait.
    Enrollment.objects.select_for_update(no_key=True).get(pk=enrollment.pk)
    locked = locked_quests(event=enrollment.event, enrollments=[enrollment])[enrollment.pk]
    if not locked:
        return
    achieved = achieved_by(enrollment)
    opened = [slug for slug in locked if not openings[slug].missing(achieved)]
    if not opened:
        return
    QuestUnlock.objects.bulk_create(
        QuestUnlock(enrollment=enrollment, quest=quest, at=now)
        for quest in enrollment.event.release.quests.filter(slug__in=opened)
    )
    plan_checks(now=now, event=enrollment.event, enrollments=[enrollment])
    team_changed(enrollment=enrollment)
    work_due.send(sender=QuestUnlock)
