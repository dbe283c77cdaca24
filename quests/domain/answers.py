"""Answers that are counted: how many a team may still give to one question."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.models import User
from quests.domain.live import team_changed
from quests.domain.playing import require_open
from quests.domain.refusals import AnswerTooSoon, NoAttemptLeft, UnableToCoach
from quests.models import AnswerAttempt, AttemptGrant, Enrollment, Quest
from quests.probes.kinds.answer import normalise

MOST_AT_ONCE = 20


@dataclass(frozen=True)
class Attempts:
    """A team's answers to one question: distinct ones given, and how many it may give in all."""

    used: int
    allowed: int

    @property
    def left(self) -> int:
        """Return how many are left."""
        return max(0, self.allowed - self.used)


def is_answer(document: dict[str, Any], quest: Quest, name: str) -> bool:
    """Tell whether the input is one that an answer probe of the quest compares; `document` is the release's."""
    probes = (document["probes"].get(check, {}) for task in quest.tasks.all() for check in task.checks)
    return any(probe.get("type") == "answer" and probe["input"] == name for probe in probes)


def attempts_of(*, enrollment: Enrollment, quest: Quest, name: str) -> Attempts | None:
    """Return how often the team has answered and may answer; None where answers are not limited."""
    if quest.attempts is None or not is_answer(enrollment.event.release.document, quest, name):
        return None
    used = AnswerAttempt.objects.filter(enrollment=enrollment, quest=quest, name=name).count()
    more = AttemptGrant.objects.filter(enrollment=enrollment, quest=quest).aggregate(more=Sum("attempts"))["more"]
    return Attempts(used, quest.attempts + (more or 0))


def count_answer(*, now: datetime, enrollment: Enrollment, quest: Quest, name: str, value: str, user: User) -> None:
    """Count what is handed in if it is an answer that the team has not tried yet; call under the team's lock.

    Raises NoAttemptLeft, or AnswerTooSoon within the quest's cool-down after the one before.
    """
    if not is_answer(enrollment.event.release.document, quest, name):
        return
    tried = AnswerAttempt.objects.filter(enrollment=enrollment, quest=quest, name=name)
    answer = normalise(value)
    if tried.filter(answer=answer).exists():
        return
    attempts = attempts_of(enrollment=enrollment, quest=quest, name=name)
    if attempts and not attempts.left:
        raise NoAttemptLeft(
            _("All %(allowed)d answers to this question are used up. A coach can give your team more.")
            % {"allowed": attempts.allowed}
        )
    last = tried.order_by("-number").first()
    if last:
        ready_at = last.at + timedelta(seconds=quest.cooldown_seconds)
        if now < ready_at:
            seconds = int((ready_at - now).total_seconds()) + 1
            raise AnswerTooSoon(
                _("Your team has just answered: try again in %(seconds)d s. This answer was not counted.")
                % {"seconds": seconds}
            )
    AnswerAttempt.objects.create(
        enrollment=enrollment,
        quest=quest,
        name=name,
        number=last.number + 1 if last else 1,
        answer=answer,
        by=user.id,
        at=now,
    )


def give_attempts(
    *, now: datetime, enrollment: Enrollment, quest: Quest, attempts: int, reason: str, actor: User
) -> AttemptGrant:
    """Give the team more answers to each question of the quest, with the reason in the journal.

    Raises EventNotOpen, or UnableToCoach where answers are not limited or the number makes no sense.
    """
    require_open(now=now, enrollment=enrollment)
    if quest.attempts is None:
        raise UnableToCoach(_("Answers are not limited in this quest."))
    if not 1 <= attempts <= MOST_AT_ONCE:
        raise UnableToCoach(_("Give between 1 and %(most)d answers at once.") % {"most": MOST_AT_ONCE})
    with transaction.atomic():
        grant = AttemptGrant.objects.create(
            enrollment=enrollment, quest=quest, attempts=attempts, reason=reason, by=actor.id, at=now
        )
        record(
            now=now,
            actor=actor.id,
            action="attempts.give",
            subject=f"{enrollment.id}/{quest.slug}",
            scope=enrollment.event_id,
            reason=reason,
        )
        team_changed(enrollment=enrollment)
    return grant
