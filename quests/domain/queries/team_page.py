"""A team as its coaches see it: who, what stands in the sandbox, notes, and where it is in each quest."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max

from accounts.models import AuditEntry, User
from provisioning.domain.queries.costs import LeaseCost, estimate_of
from provisioning.models import Lease
from quests.domain.queries.console import QuestCard, quest_cards
from quests.models import AnswerAttempt, Enrollment, HelpMessage, HintReveal, InputValue, TeamNote


@dataclass(frozen=True)
class Member:
    """Somebody of the team, and when the person last did anything here."""

    name: str
    discipline: str
    last_sign_at: datetime | None


@dataclass(frozen=True)
class NoteView:
    """A note and who wrote it."""

    text: str
    by: str
    at: datetime


@dataclass(frozen=True)
class TeamPage:
    """What stands beside a team's timeline; `inventory` is the last stored estimate with what it counted."""

    members: list[Member]
    lease: Lease | None
    inventory: LeaseCost | None
    notes: list[NoteView]
    quests: list[QuestCard]


def team_page(*, now: datetime, enrollment: Enrollment) -> TeamPage:
    """Return the team's page; AWS is not asked."""
    lease = enrollment.place.lease if enrollment.place else None
    notes = list(TeamNote.objects.filter(enrollment=enrollment))
    authors = dict(User.objects.filter(pk__in={note.by for note in notes}).values_list("pk", "name"))
    return TeamPage(
        members=_members(enrollment),
        lease=lease,
        inventory=estimate_of(now=now, lease=lease) if lease else None,
        notes=[NoteView(note.text, authors.get(note.by, ""), note.at) for note in notes],
        quests=quest_cards(now=min(now, enrollment.event.ends_at), enrollment=enrollment),
    )


def _members(enrollment: Enrollment) -> list[Member]:
    people = [row.user for row in enrollment.participations.select_related("user").order_by("user__name")]
    own: list[tuple[Any, str, str]] = [
        (AuditEntry.objects.filter(scope=enrollment.event_id), "actor", "at"),
        (InputValue.objects.filter(enrollment=enrollment), "saved_by", "saved_at"),
        (HintReveal.objects.filter(enrollment=enrollment), "by", "at"),
        (AnswerAttempt.objects.filter(enrollment=enrollment), "by", "at"),
        (HelpMessage.objects.filter(request__enrollment=enrollment), "by", "at"),
    ]
    last: dict[UUID, datetime] = {}
    for rows, person, at in own:
        found = rows.filter(**{f"{person}__in": [user.pk for user in people]}).order_by().values_list(person)
        for who, when in found.annotate(last=Max(at)):
            last[who] = max(when, last.get(who, when))
    return [Member(user.name, ", ".join(user.disciplines), last.get(user.pk)) for user in people]
