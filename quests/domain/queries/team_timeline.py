"""What a team did and what happened to it, as one list: for its coaches all of it, for itself what it may see."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, Window
from django.db.models.functions import Lag
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import AuditEntry, User
from provisioning.models import LeaseMove
from quests.enums import Outcome
from quests.models import (
    Announcement,
    AnswerAttempt,
    Enrollment,
    HelpMessage,
    HintReveal,
    InputValue,
    ProbeRun,
    QuestStart,
    ReferenceService,
    ScoreEntry,
)

ACCESS: dict[str, Any] = {
    "access.token": gettext_lazy("made a shell block"),
    "access.credentials": gettext_lazy("got credentials"),
    "access.console": gettext_lazy("opened the AWS console"),
    "access.stop": gettext_lazy("stopped somebody's access"),
    "access.allow": gettext_lazy("allowed somebody's access again"),
    "workbench.call": gettext_lazy("made a call in the workbench"),
}


@dataclass(frozen=True)
class Happening:
    """One thing: who did it (empty for nobody), what, more about it, its points; `state` says how it looks."""

    at: datetime
    state: str
    text: str
    by: str = ""
    detail: str = ""
    quest: str = ""
    points: int | None = None
    person: UUID | None = None


@dataclass(frozen=True)
class Page:
    """The newest happenings before a moment, and the moment before which the next page begins, if there is one."""

    happenings: list[Happening]
    older: datetime | None


def timeline_of_team(*, enrollment: Enrollment, limit: int, before: datetime | None = None) -> Page:
    """Return a page of everything about the team, the newest first."""
    until = Q(at__lt=before) if before else Q()
    return _page(
        [
            *_played(enrollment, until, limit),
            *_turns(enrollment, until, limit),
            *_said(enrollment, until, limit),
            *_services(enrollment, before, limit),
            *_sandbox(enrollment, until, limit),
            *_access(enrollment, until, limit),
        ],
        limit,
    )


def feed_of_team(*, enrollment: Enrollment, person: UUID, limit: int) -> list[Happening]:
    """Return the last happenings as the team itself sees them, with the announcements that this person got."""
    told = Announcement.objects.filter(event=enrollment.event_id, withdrawn_at=None).filter(
        Q(enrollment=None, person=None) | Q(enrollment=enrollment) | Q(person=person)
    )
    found = [
        *_played(enrollment, Q(), limit),
        *_services(enrollment, None, limit),
        *(Happening(row.at, row.level, row.text, person=row.by) for row in told[:limit]),
    ]
    return _page(found, limit).happenings[:limit]


def _page(found: Iterable[Happening], limit: int) -> Page:
    ranked = sorted(found, key=lambda each: each.at, reverse=True)
    # What happened at one moment stays on one page: the next one begins before it.
    while limit < len(ranked) and ranked[limit].at == ranked[limit - 1].at:
        limit += 1
    shown = ranked[:limit]
    people = User.objects.filter(pk__in={each.person for each in shown if each.person})
    names = dict(people.values_list("pk", "name"))
    left = _("somebody who has left")
    named = [replace(each, by=names.get(each.person, left)) if each.person else each for each in shown]
    return Page(named, shown[-1].at if len(ranked) > limit else None)


def _newest(rows: Any, until: Q, limit: int, field: str = "at") -> Any:
    return rows.filter(until).order_by(f"-{field}")[: limit + 1]


def _played(enrollment: Enrollment, until: Q, limit: int) -> list[Happening]:
    starts = QuestStart.objects.filter(enrollment=enrollment).select_related("quest")
    reveals = HintReveal.objects.filter(enrollment=enrollment).select_related("hint__quest")
    attempts = AnswerAttempt.objects.filter(enrollment=enrollment).select_related("quest")
    inputs = InputValue.objects.filter(enrollment=enrollment).annotate(at=F("saved_at")).select_related("quest")
    entries = ScoreEntry.objects.filter(enrollment=enrollment)
    return [
        *(
            Happening(row.at, "started", _("began “%(quest)s”") % {"quest": row.quest.title}, quest=row.quest.slug)
            for row in _newest(starts, until, limit)
        ),
        *(_reveal(row) for row in _newest(reveals, until, limit)),
        *(
            Happening(
                row.at,
                "open",
                _("answer %(number)s in “%(quest)s”") % {"number": row.number, "quest": row.quest.title},
                quest=row.quest.slug,
                detail=row.answer,
                person=row.by,
            )
            for row in _newest(attempts, until, limit)
        ),
        *(
            Happening(
                row.at,
                "success",
                _("handed in “%(name)s” in “%(quest)s”") % {"name": row.name, "quest": row.quest.title},
                quest=row.quest.slug,
                detail=row.value,
                person=row.saved_by,
            )
            for row in _newest(inputs, until, limit)
        ),
        *(
            Happening(row.at, "fail" if row.points < 0 else "done", row.sentence, points=row.points)
            for row in _newest(entries, until, limit)
        ),
    ]


def _reveal(row: HintReveal) -> Happening:
    said = {"number": row.hint.number, "quest": row.hint.quest.title}
    text = _("released hint %(number)s of “%(quest)s”") if row.released else _("opened hint %(number)s of “%(quest)s”")
    return Happening(row.at, "info", text % said, quest=row.hint.quest.slug, person=row.by)


def _turns(enrollment: Enrollment, until: Q, limit: int) -> list[Happening]:
    """Return the verdicts that said something else than the one before."""
    before = Window(Lag("outcome"), partition_by=[F("task"), F("probe")], order_by=[F("at").asc(), F("id").asc()])
    runs = (
        ProbeRun.objects.filter(enrollment=enrollment)
        .annotate(before=before)
        .filter(Q(before=None) | ~Q(before=F("outcome")))
        .select_related("task__quest")
    )
    words = {
        Outcome.PASS: _("passes now: %(task)s"),
        Outcome.FAIL: _("does not pass: %(task)s"),
        Outcome.ERROR: _("could not be checked: %(task)s"),
    }
    return [
        Happening(
            row.at,
            row.outcome,
            words[Outcome(row.outcome)] % {"task": row.task.title},
            detail=row.summary,
            quest=row.task.quest.slug,
        )
        for row in _newest(runs, until, limit)
    ]


def _said(enrollment: Enrollment, until: Q, limit: int) -> list[Happening]:
    messages = HelpMessage.objects.filter(request__enrollment=enrollment).select_related("request")
    return [
        Happening(
            row.at,
            "answered" if row.from_coach else "waiting",
            _("answered") if row.from_coach else _("asked the coaches"),
            detail=row.text,
            quest=row.request.quest,
            person=row.by,
        )
        for row in _newest(messages, until, limit)
    ]


def _services(enrollment: Enrollment, before: datetime | None, limit: int) -> list[Happening]:
    found = []
    for row in ReferenceService.objects.filter(enrollment=enrollment)[: limit + 1]:
        said = {"service": row.slug}
        found.append(Happening(row.launched_at, "info", _("launched “%(service)s”") % said, person=row.launched_by))
        if row.ended_at:
            found.append(Happening(row.ended_at, "over", _("“%(service)s” ended") % said, detail=row.reason))
    return [each for each in found if before is None or each.at < before]


def _sandbox(enrollment: Enrollment, until: Q, limit: int) -> list[Happening]:
    if enrollment.place is None or enrollment.place.lease_id is None:
        return []
    moves = LeaseMove.objects.filter(lease=enrollment.place.lease_id).exclude(from_state=F("to_state"))
    return [
        Happening(
            row.at,
            row.to_state,
            _("the sandbox: %(state)s") % {"state": row.get_to_state_display().lower()},
            detail=row.reason,
            person=row.actor,
        )
        for row in _newest(moves, until, limit)
    ]


def _access(enrollment: Enrollment, until: Q, limit: int) -> list[Happening]:
    if enrollment.place is None or enrollment.place.lease_id is None:
        return []
    entries = AuditEntry.objects.filter(subject=f"lease:{enrollment.place.lease_id}", action__in=ACCESS)
    return [
        Happening(
            row.at,
            "active",
            str(ACCESS[row.action]),
            detail=" ".join(filter(None, (row.details.get("service"), row.details.get("operation")))),
            person=row.actor,
        )
        for row in _newest(entries, until, limit)
    ]
