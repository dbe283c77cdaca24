"""Hints: bought by the team at their time, or released by a coach for nothing."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.models import User
from quests.domain.live import team_changed
from quests.domain.openings import require_unlocked
from quests.domain.playing import require_open, start_quest
from quests.domain.refusals import HintNotYetOffered, UnableToCoach
from quests.domain.scores import award
from quests.domain.timers import offered_at
from quests.enums import EntryKind
from quests.models import Enrollment, Hint, HintReveal


def reveal_hint(*, now: datetime, enrollment: Enrollment, hint: Hint, user: User) -> HintReveal:
    """Open the hint for the whole team and charge it once, however many members click.

    Raises EventNotOpen, QuestLocked, or HintNotYetOffered when its time or its turn has not come.
    """
    require_open(now=now, enrollment=enrollment)
    with transaction.atomic():
        start = start_quest(now=now, enrollment=enrollment, quest=hint.quest)
        if not _is_next(enrollment, hint):
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


def release_hint(*, now: datetime, enrollment: Enrollment, hint: Hint, actor: User) -> HintReveal:
    """Open the hint for the team at no cost, before its time if need be, but in its order; the journal has it.

    Raises EventNotOpen, QuestLocked, or UnableToCoach when the team has it already or an earlier one comes first.
    """
    require_open(now=now, enrollment=enrollment)
    require_unlocked(enrollment=enrollment, quest=hint.quest)
    if not _is_next(enrollment, hint):
        raise UnableToCoach(_("Release the earlier hints of this quest first."))
    try:
        with transaction.atomic():
            reveal = HintReveal.objects.create(enrollment=enrollment, hint=hint, by=actor.id, at=now, released=True)
            record(
                now=now,
                actor=actor.id,
                action="hint.release",
                subject=f"{enrollment.id}/{hint.quest.slug}/{hint.number}",
                scope=enrollment.event_id,
            )
            team_changed(enrollment=enrollment)
    except IntegrityError as error:
        raise UnableToCoach(_("The team has opened this hint already.")) from error
    return reveal


def _is_next(enrollment: Enrollment, hint: Hint) -> bool:
    earlier = hint.quest.hints.filter(number__lt=hint.number)
    return HintReveal.objects.filter(enrollment=enrollment, hint__in=earlier).count() == earlier.count()
