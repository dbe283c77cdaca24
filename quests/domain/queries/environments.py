"""What pages show of a quest's own stack: where it stands, what is in it, and who asks for it to be started again."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from provisioning.enums import ExtraStackState
from quests.domain.environments import stack_state
from quests.domain.queries.console import quest_document
from quests.domain.resets import may_reset
from quests.models import Enrollment, Event, Quest, ResetRequest
from quests.pack.template import read_template

_SHOWN = {ExtraStackState.STANDING: "ready", ExtraStackState.FAILED: "failed"}


@dataclass(frozen=True)
class Asking:
    """A request to start again: who asked and when; once decided, how, by whom and why."""

    by: str
    at: datetime
    decision: str
    decided_by: str
    decided_at: datetime | None
    reason: str


@dataclass(frozen=True)
class Environment:
    """A quest's own stack: `state` is preparing, ready or failed.

    `holds` names what is in it and is lost when it is started again.
    """

    state: str
    said: str
    holds: list[str]
    can_start_again: bool
    waiting: Asking | None
    last: Asking | None


@dataclass(frozen=True)
class Waiting:
    """A team that waits for somebody to decide."""

    team: Enrollment
    quest: Quest
    at: datetime


def environment_of(*, enrollment: Enrollment, quest: Quest) -> Environment | None:
    """Return the quest's environment in the team's sandbox; None when the quest has no stack of its own there."""
    state = stack_state(enrollment=enrollment, quest=quest)
    lease = enrollment.place.lease if enrollment.place else None
    if not state or lease is None:
        return None
    requests = list(ResetRequest.objects.filter(enrollment=enrollment, quest=quest))
    people = {each for row in requests for each in (row.asked_by, row.decided_by) if each}
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "name"))
    asked = [
        Asking(
            by=names.get(row.asked_by, ""),
            at=row.asked_at,
            decision=row.decision,
            decided_by=names.get(row.decided_by, "") if row.decided_by else "",
            decided_at=row.decided_at,
            reason=row.reason,
        )
        for row in requests
    ]
    return Environment(
        state=_SHOWN.get(ExtraStackState(state), "preparing"),
        said=lease.extra_stacks[quest.slug]["said"],
        holds=_holds(quest_document(enrollment, quest).get("stack_template", "")),
        can_start_again=may_reset(enrollment=enrollment, quest=quest),
        waiting=next((each for each in asked if not each.decision), None),
        last=next((each for each in reversed(asked) if each.decision), None),
    )


def waiting_resets(event: Event) -> list[Waiting]:
    """Return who waits for a decision, the longest first."""
    rows = ResetRequest.objects.filter(enrollment__event=event, decision="").select_related("enrollment", "quest")
    return [Waiting(row.enrollment, row.quest, row.asked_at) for row in rows]


def _holds(template: str) -> list[str]:
    found, _ = read_template("stack.yaml", template.encode())
    return [f"{each.name} ({each.type.removeprefix('AWS::').replace('::', ' ')})" for each in found.resources]
