"""Reads of questions and their threads: for the team that asked, and for all coaches."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from accounts.models import User
from quests.enums import Role
from quests.models import Enrollment, Event, HelpMessage, HelpRequest

CLOSED_SHOWN = 5


@dataclass(frozen=True)
class MessageView:
    """One thing said, by name."""

    by: str
    from_coach: bool
    text: str
    at: datetime


@dataclass(frozen=True)
class RequestView:
    """A question with its first words, who has it and since when; `state` is waiting, taken or closed.

    `waits` tells that the last word is the team's.
    """

    id: UUID
    team: UUID
    team_name: str
    quest: str
    quest_title: str
    about_score: bool
    state: str
    opened_at: datetime
    opened_by: str
    coach_id: UUID | None
    coach: str
    taken_at: datetime | None
    closed_at: datetime | None
    text: str
    waits: bool


def requests_of(*, enrollment: Enrollment) -> list[RequestView]:
    """Return the team's open questions, and its last closed ones after them."""
    asked = _with_words(HelpRequest.objects.filter(enrollment=enrollment))
    closed = asked.filter(closed_at__isnull=False).order_by("-closed_at")[:CLOSED_SHOWN]
    return _views(enrollment.event, [*asked.filter(closed_at=None), *closed])


def queue_of(*, event: Event) -> list[RequestView]:
    """Return the event's open questions: those that nobody has first, each group by age."""
    views = _views(event, list(_with_words(HelpRequest.objects.filter(enrollment__event=event, closed_at=None))))
    return sorted(views, key=lambda view: (view.state != "waiting", view.opened_at))


def request_view(*, request: HelpRequest) -> RequestView:
    """Return one question."""
    return _views(request.enrollment.event, list(_with_words(HelpRequest.objects.filter(pk=request.pk))))[0]


def thread_of(*, request: HelpRequest) -> list[MessageView]:
    """Return everything said in the thread, the oldest first."""
    said = list(request.messages.all())
    names = _names({message.by for message in said})
    return [MessageView(names.get(row.by, ""), row.from_coach, row.text, row.at) for row in said]


def coaches_of(*, event: Event) -> QuerySet[User]:
    """Return who may have a question of this event, by name."""
    roles = event.roles.filter(user=OuterRef("pk"), role__in=(Role.COACH, Role.ORGANIZER))
    return User.objects.filter(Q(Exists(roles))).order_by("name", "pk")


def _with_words(rows: QuerySet[HelpRequest]) -> QuerySet[HelpRequest]:
    said = HelpMessage.objects.filter(request=OuterRef("pk"))
    return rows.select_related("enrollment").annotate(
        first_text=Subquery(said.order_by("at", "id").values("text")[:1]),
        last_from_coach=Subquery(said.order_by("-at", "-id").values("from_coach")[:1]),
    )


def _views(event: Event, rows: list[HelpRequest]) -> list[RequestView]:
    people = {person for row in rows for person in (row.opened_by, row.coach) if person}
    names = _names(people)
    titles = dict(event.release.quests.values_list("slug", "title"))
    return [
        RequestView(
            id=row.pk,
            team=row.enrollment_id,
            team_name=row.enrollment.name,
            quest=row.quest if row.quest in titles else "",
            quest_title=titles.get(row.quest, ""),
            about_score=row.about_score,
            state="closed" if row.closed_at else "taken" if row.coach else "waiting",
            opened_at=row.opened_at,
            opened_by=names.get(row.opened_by, ""),
            coach_id=row.coach,
            coach=names.get(row.coach, "") if row.coach else "",
            taken_at=row.taken_at,
            closed_at=row.closed_at,
            text=getattr(row, "first_text", None) or "",
            waits=not getattr(row, "last_from_coach", False),
        )
        for row in rows
    ]


def _names(people: set[UUID]) -> dict[UUID, str]:
    return dict(User.objects.filter(pk__in=people).values_list("pk", "name")) if people else {}
