"""What a team hands in: remembered, replaced while it may be, and locked once it has done its work."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from quests.domain.answers import count_answer
from quests.domain.live import team_changed
from quests.domain.openings import require_unlocked
from quests.domain.own_services import settle_own_services
from quests.domain.playing import require_open
from quests.domain.refusals import InputLocked
from quests.enums import QuestKind
from quests.models import Enrollment, InputValue, Quest, Task, TaskProgress
from quests.pack import placeholders


@dataclass(frozen=True)
class Saved:
    """What is remembered now, and the value that a team-mate had saved since the person's page was made."""

    value: InputValue
    replaced: str = ""
    replaced_by: str = ""


def save_input(
    *, now: datetime, enrollment: Enrollment, quest: Quest, name: str, value: str, user: User, seen: str = ""
) -> Saved:
    """Remember what the team hands in; the last one to save wins, and is told what a team-mate had saved meanwhile.

    `seen` is the revision of the value (see `revision_of`) that the person's page showed, empty for none. Raises
    EventNotOpen, QuestLocked, InputLocked, NoAttemptLeft, AnswerTooSoon or AddressTaken; nothing is changed then.
    """
    require_open(now=now, enrollment=enrollment)
    require_unlocked(enrollment=enrollment, quest=quest)
    with transaction.atomic():
        # Members who save at once take turns here.
        Enrollment.objects.select_for_update(no_key=True).get(pk=enrollment.pk)
        require_editable(enrollment=enrollment, quest=quest, name=name)
        before = InputValue.objects.filter(enrollment=enrollment, quest=quest, name=name).first()
        count_answer(now=now, enrollment=enrollment, quest=quest, name=name, value=value, user=user)
        saved, _created = InputValue.objects.update_or_create(
            enrollment=enrollment,
            quest=quest,
            name=name,
            defaults={"value": value, "saved_by": user.id, "saved_at": now},
        )
        settle_own_services(now=now, enrollment=enrollment)
        team_changed(enrollment=enrollment)
    if before and before.value != value and before.saved_by != user.id and revision_of(before) != seen:
        person = User.objects.filter(pk=before.saved_by).first()
        return Saved(saved, before.value, person.name if person else "")
    return Saved(saved)


def revision_of(value: InputValue | None) -> str:
    """Return what tells one saving of an input from the next."""
    return value.saved_at.isoformat() if value else ""


def require_editable(*, enrollment: Enrollment, quest: Quest, name: str) -> None:
    """Raise InputLocked once every task that uses the input is passed; a continuous quest goes on using it."""
    if is_locked(enrollment=enrollment, quest=quest, name=name):
        raise InputLocked(_("The tasks that use this are passed, so it stays as it is."))


def is_locked(*, enrollment: Enrollment, quest: Quest, name: str) -> bool:
    """Tell whether every task that uses the input is passed."""
    if quest.kind == QuestKind.CONTINUOUS:
        return False
    using = [task.pk for task in tasks_using(enrollment.event.release.document, quest.tasks.all(), name)]
    passed = TaskProgress.objects.filter(enrollment=enrollment, task__in=using, passed_at__isnull=False).count()
    return bool(using) and passed == len(using)


def tasks_using(document: dict[str, Any], tasks: Iterable[Task], name: str) -> list[Task]:
    """Return the tasks whose checks need the input; `document` is the release's."""
    return [task for task in tasks if any(_uses(document["probes"].get(check, {}), name) for check in task.checks)]


def _uses(probe: dict[str, Any], name: str) -> bool:
    return f"inputs.{name}" in placeholders(probe) or (probe.get("type") == "answer" and probe["input"] == name)
