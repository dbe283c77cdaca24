"""A team at work: opening quests, handing things in, opening hints."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.models import User
from quests.domain.live import team_changed
from quests.domain.refusals import EventNotOpen, HintNotYetOffered
from quests.domain.scores import award
from quests.domain.timeline import timeline_of
from quests.enums import EntryKind, EventState
from quests.models import Enrollment, Hint, HintReveal, InputValue, Quest, QuestStart


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
    """
    ends_at = enrollment.event.ends_at
    if now >= ends_at:
        started = QuestStart.objects.filter(enrollment=enrollment, quest=quest).first()
        return started or QuestStart(enrollment=enrollment, quest=quest, at=ends_at)
    return QuestStart.objects.get_or_create(enrollment=enrollment, quest=quest, defaults={"at": now})[0]


def save_input(*, now: datetime, enrollment: Enrollment, quest: Quest, name: str, value: str, user: User) -> InputValue:
    """Remember what the team hands in, replacing what it handed in before. Raises EventNotOpen."""
    require_open(now=now, enrollment=enrollment)
    with transaction.atomic():
        saved, _created = InputValue.objects.update_or_create(
            enrollment=enrollment,
            quest=quest,
            name=name,
            defaults={"value": value, "saved_by": user.id, "saved_at": now},
        )
        team_changed(enrollment=enrollment)
    return saved


def offered_at(*, hint: Hint, start: QuestStart) -> datetime:
    """Return when the hint's time comes for a team that started the quest then; a pause puts it off."""
    return timeline_of(start.enrollment.event).moment(start.at, timedelta(minutes=hint.offer_after_minutes))


def reveal_hint(*, now: datetime, enrollment: Enrollment, hint: Hint, user: User) -> HintReveal:
    """Open the hint for the whole team and charge it once, however many members click.

    Raises EventNotOpen, or HintNotYetOffered when its time or its turn has not come.
    """
    require_open(now=now, enrollment=enrollment)
    with transaction.atomic():
        start = start_quest(now=now, enrollment=enrollment, quest=hint.quest)
        earlier = hint.quest.hints.filter(number__lt=hint.number)
        opened = HintReveal.objects.filter(enrollment=enrollment, hint__in=earlier).count()
        if opened < earlier.count():
            raise HintNotYetOffered(_("Open the earlier hints of this quest first."))
        if now < offered_at(hint=hint, start=start):
            raise HintNotYetOffered(_("This hint is not offered yet. Nothing was charged."))
        reveal, created = HintReveal.objects.get_or_create(
            enrollment=enrollment, hint=hint, defaults={"by": user.id, "at": now}
        )
        if created:
            award(
                now=now,
                enrollment=enrollment,
                key=f"hint:{enrollment.id}:{hint.id}",
                kind=EntryKind.HINT,
                points=-hint.cost_points,
                sentence=f"Hint {hint.number} of “{hint.quest.title}”",
                source=f"person:{user.id}",
            )
            record(
                now=now,
                actor=user.id,
                action="hint.reveal",
                subject=f"{hint.quest.slug}/{hint.number}",
                scope=enrollment.event_id,
            )
    return reveal
