"""What a coach sees of one team in one quest: all evidence, every hint, what good looks like."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from provisioning.domain.placeholders import variables as lease_variables
from quests.domain.answers import Attempts, attempts_of
from quests.domain.inputs import is_locked
from quests.domain.openings import what_opens
from quests.domain.queries.console import TaskView, quest_document, task_views
from quests.domain.queries.images import images_of
from quests.domain.timeline import timeline_of
from quests.domain.timers import takes_too_long
from quests.models import AttemptGrant, Enrollment, HintReveal, InputValue, Quest, QuestStart
from quests.pack import render_markdown


@dataclass(frozen=True)
class CoachHint:
    """A hint with its text; `state` is revealed, released (for nothing), next or locked."""

    number: int
    state: str
    text_html: str
    cost_points: int
    at: datetime | None = None
    by: str = ""


@dataclass(frozen=True)
class CoachInput:
    """What the team has handed in under a label."""

    label: str
    value: str
    by: str
    at: datetime | None
    locked: bool
    attempts: Attempts | None


@dataclass(frozen=True)
class TeamQuest:
    """One team in one quest; minutes are whole minutes since its first member opened it."""

    team: Enrollment
    members: list[str]
    quest: Quest
    opens: list[str]
    minutes: int | None
    late: bool
    tasks: list[TaskView]
    hints: list[CoachHint]
    inputs: list[CoachInput]
    grants: list[AttemptGrant]
    coach_html: str


def team_quest(*, now: datetime, enrollment: Enrollment, quest: Quest) -> TeamQuest:
    """Return the team's quest for its coach, with the evidence of secret checks too."""
    document = quest_document(enrollment, quest)
    lease = enrollment.place.lease if enrollment.place else None
    known = lease_variables(lease) if lease else {}
    start = QuestStart.objects.filter(enrollment=enrollment, quest=quest).first()
    tasks = task_views(enrollment=enrollment, quest=quest, everything=True)
    done = all(task.passed_at for task in tasks)
    until = max(filter(None, (task.passed_at for task in tasks))) if done else min(now, enrollment.event.ends_at)
    minutes = timeline_of(enrollment.event).minutes(start.at, until) if start else None
    people = {row.user_id: row.user.name for row in enrollment.participations.select_related("user")}
    return TeamQuest(
        team=enrollment,
        members=list(people.values()),
        quest=quest,
        opens=what_opens(enrollment).get(quest.slug, []),
        minutes=minutes,
        late=not done and takes_too_long(quest=quest, minutes=minutes),
        tasks=tasks,
        hints=_hints(enrollment, quest, known),
        inputs=_inputs(enrollment, quest, document["inputs"]),
        grants=list(AttemptGrant.objects.filter(enrollment=enrollment, quest=quest).order_by("at")),
        coach_html=render_markdown(document["coach"], known, images_of(enrollment.event, quest.slug)),
    )


def _hints(enrollment: Enrollment, quest: Quest, known: dict[str, Any]) -> list[CoachHint]:
    reveals = {row.hint_id: row for row in HintReveal.objects.filter(enrollment=enrollment, hint__quest=quest)}
    names = _names(row.by for row in reveals.values())
    images = images_of(enrollment.event, quest.slug)
    hints = []
    turn = True
    for hint in quest.hints.all():
        reveal = reveals.get(hint.pk)
        text = render_markdown(hint.text, known, images)
        if reveal:
            state = "released" if reveal.released else "revealed"
            by = names.get(reveal.by, "")
            hints.append(CoachHint(hint.number, state, text, hint.cost_points, reveal.at, by))
            continue
        hints.append(CoachHint(hint.number, "next" if turn else "locked", text, hint.cost_points))
        turn = False
    return hints


def _inputs(enrollment: Enrollment, quest: Quest, definitions: list[dict[str, Any]]) -> list[CoachInput]:
    saved = {value.name: value for value in InputValue.objects.filter(enrollment=enrollment, quest=quest)}
    names = _names(value.saved_by for value in saved.values())
    inputs = []
    for definition in definitions:
        name = definition["name"]
        value = saved.get(name)
        inputs.append(
            CoachInput(
                label=definition["label"],
                value=value.value if value else "",
                by=names.get(value.saved_by, _("somebody")) if value else "",
                at=value.saved_at if value else None,
                locked=is_locked(enrollment=enrollment, quest=quest, name=name),
                attempts=attempts_of(enrollment=enrollment, quest=quest, name=name),
            )
        )
    return inputs


def _names(people: Any) -> dict[Any, str]:
    return dict(User.objects.filter(pk__in=set(people)).values_list("pk", "name"))
