"""A quest's own stack in a team's sandbox: asked for once the quest is open, and waited for by its checks."""

from datetime import datetime

import structlog
from django.db.models import CharField, F, Func, Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _

from provisioning.domain.extra_stacks import create_extra_stack
from provisioning.enums import OPEN_LEASE_STATES, ExtraStackState
from quests.domain.openings import openings_of
from quests.domain.refusals import EnvironmentNotReady
from quests.enums import EventState
from quests.models import Enrollment, Event, Quest

log = structlog.get_logger(__name__)

# Of rows of TaskProgress: the quest has no stack of its own, or it stands.
HAS_ITS_STACK = Q(
    Exact(
        Coalesce(
            Func(
                F("enrollment__place__lease__extra_stacks"),
                F("task__quest__slug"),
                Value("state"),
                function="jsonb_extract_path_text",
                output_field=CharField(),
            ),
            Value(ExtraStackState.STANDING.value),
        ),
        Value(ExtraStackState.STANDING.value),
    )
)


def ask_for_stacks(*, now: datetime) -> int:
    """Ask for the stacks of the quests that have opened to teams; return how many were asked for.

    A quest opens, a team moves to another sandbox, a sandbox is made afresh: whatever it was, the next tick sees it.
    """
    asked = 0
    events = Event.objects.filter(
        state__in=(EventState.OPEN, EventState.PAUSED),
        release__blueprint__extra_stacks__contains=[{"later": True}],
    ).select_related("release__blueprint")
    for event in events:
        conditions = openings_of(event.release)
        later = [each["name"] for each in event.release.blueprint.extra_stacks if each["later"]]
        for slug in later:
            waiting = event.enrollments.filter(
                place__lease__state__in=OPEN_LEASE_STATES,
                place__lease__extra_stacks__contains={slug: {"state": ExtraStackState.LATER}},
            )
            if slug in conditions:
                waiting = waiting.filter(unlocks__quest__slug=slug)
            for enrollment in waiting.select_related("place__lease"):
                lease = enrollment.place.lease if enrollment.place else None
                try:
                    asked += bool(lease and create_extra_stack(now=now, lease=lease, name=slug))
                except Exception:
                    # One team's trouble waits for the next tick; the others get theirs now.
                    log.exception("stack.not_asked_for", enrollment=str(enrollment.pk), quest=slug)
    return asked


def stack_state(*, enrollment: Enrollment, quest: Quest) -> str:
    """Return where the quest's own stack stands in the team's sandbox; empty when it has none."""
    lease = enrollment.place.lease if enrollment.place else None
    return str(lease.extra_stacks[quest.slug]["state"]) if lease and quest.slug in lease.extra_stacks else ""


def require_environment(*, enrollment: Enrollment, quest: Quest) -> None:
    """Raise EnvironmentNotReady while the quest's own stack does not stand."""
    state = stack_state(enrollment=enrollment, quest=quest)
    if state == ExtraStackState.FAILED:
        raise EnvironmentNotReady(
            _("This quest's environment could not be made; the organizers know. Nothing was checked.")
        )
    if state not in ("", ExtraStackState.STANDING):
        raise EnvironmentNotReady(
            _("This quest's environment is being prepared; it is checked as soon as it is ready. Nothing was checked.")
        )
