"""Starting a quest's environment again: a team asks, a coach or an organizer decides, provisioning makes it anew."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.models import User
from provisioning.domain.extra_stacks import UnableToRemake, remake_extra_stack
from provisioning.enums import ExtraStackState
from quests.domain.environments import stack_state
from quests.domain.live import team_changed
from quests.domain.openings import require_unlocked
from quests.domain.playing import require_open
from quests.domain.refusals import UnableToReset
from quests.enums import ResetDecision
from quests.models import Enrollment, Quest, ResetRequest, TaskProgress

_STANDS = (ExtraStackState.STANDING, ExtraStackState.FAILED)


def may_reset(*, enrollment: Enrollment, quest: Quest) -> bool:
    """Tell whether the pack lets teams ask for the quest's environment to be started again."""
    documents: list[dict[str, Any]] = enrollment.event.release.document["quests"]
    return any(each["slug"] == quest.slug and each.get("reset") == "stack" for each in documents)


def ask_for_reset(*, now: datetime, enrollment: Enrollment, quest: Quest, user: User) -> ResetRequest:
    """Ask for the quest's environment to be started again; whoever asks after the first gets the first's request.

    Raises EventNotOpen, QuestLocked, or UnableToReset when the pack does not offer it or nothing stands there yet.
    """
    require_open(now=now, enrollment=enrollment)
    require_unlocked(enrollment=enrollment, quest=quest)
    _require_standing(enrollment, quest)
    with transaction.atomic():
        request, created = ResetRequest.objects.get_or_create(
            enrollment=enrollment, quest=quest, decision="", defaults={"asked_by": user.pk, "asked_at": now}
        )
        if created:
            _record(now, "quest.ask_reset", request, user)
            team_changed(enrollment=enrollment)
    return request


def confirm_reset(*, now: datetime, enrollment: Enrollment, quest: Quest, actor: User, reason: str) -> None:
    """Delete the quest's own stack with everything in it and make it anew, as the team has asked.

    What the team has gained stays; checks wait until the stack stands, and verdicts under way are dropped. Raises
    EventNotOpen, or UnableToReset when nobody asks for it any more or the sandbox does not allow it.
    """
    require_open(now=now, enrollment=enrollment)
    with transaction.atomic():
        rows = TaskProgress.objects.select_for_update().filter(enrollment=enrollment, task__quest=quest)
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
        request = _decide(now, enrollment, quest, ResetDecision.CONFIRMED, actor=actor, reason=reason)
        _require_standing(enrollment, quest)
        lease = enrollment.place.lease if enrollment.place else None
        assert lease  # Where a stack stands there is a sandbox.
        try:
            remake_extra_stack(now=now, lease=lease, name=quest.slug, actor=actor.pk, reason=reason)
        except UnableToRemake as refusal:
            raise UnableToReset(str(refusal)) from refusal
        TaskProgress.objects.filter(pk__in=keys, claimed_until__isnull=False).update(
            claimed_until=None, version=F("version") + 1
        )
        _record(now, "quest.reset", request, actor, reason=reason)
        team_changed(enrollment=enrollment)


def decline_reset(*, now: datetime, enrollment: Enrollment, quest: Quest, actor: User, reason: str) -> None:
    """Leave the quest's environment as it is and tell the team why. Raises UnableToReset when nobody asks any more."""
    with transaction.atomic():
        request = _decide(now, enrollment, quest, ResetDecision.DECLINED, actor=actor, reason=reason)
        _record(now, "quest.decline_reset", request, actor, reason=reason)
        team_changed(enrollment=enrollment)


def _decide(
    now: datetime, enrollment: Enrollment, quest: Quest, decision: ResetDecision, *, actor: User, reason: str
) -> ResetRequest:
    """Take the waiting request; of two who decide at once the second finds nothing that waits."""
    waiting = ResetRequest.objects.select_for_update().filter(enrollment=enrollment, quest=quest, decision="").first()
    if waiting is None:
        raise UnableToReset(_("Nobody asks for this any more, or it is decided already. Nothing was changed."))
    waiting.decision, waiting.decided_by, waiting.decided_at, waiting.reason = decision, actor.pk, now, reason
    waiting.save()
    return waiting


def _require_standing(enrollment: Enrollment, quest: Quest) -> None:
    if not may_reset(enrollment=enrollment, quest=quest):
        raise UnableToReset(_("This quest has nothing that could be started again. Nothing was changed."))
    if stack_state(enrollment=enrollment, quest=quest) not in _STANDS:
        raise UnableToReset(_("This quest's environment is being prepared at this moment. Nothing was changed."))


def _record(now: datetime, action: str, request: ResetRequest, actor: User, **details: str) -> None:
    record(
        now=now,
        actor=actor.pk,
        action=action,
        subject=f"{request.enrollment_id}/{request.quest.slug}",
        scope=request.enrollment.event_id,
        **details,
    )
