"""Finding what an address names, for this person: what they may not see does not exist."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from accounts.api.problems import ApiProblem
from accounts.api.signing_in import PersonRequest
from quests.models import Enrollment, Event, Participation, Quest, Task
from quests.permissions import Viewer, may_coach, may_organize, participation_of, takes_part

Row = TypeVar("Row")
NO_EVENT = "There is no such event for you."


def event_for(request: PersonRequest, slug: str, allowed: Callable[[Viewer, Event], bool] = takes_part) -> Event:
    """Return the event, for people whom `allowed` lets in; raise ApiProblem (404) for all others."""
    found = Event.objects.select_related("release__pack", "release__blueprint").filter(slug=slug).first()
    if found is None or not allowed(request.user, found):
        raise ApiProblem(404, "NotFound", NO_EVENT)
    return found


def organized_event(request: PersonRequest, slug: str) -> Event:
    """Return the event, for those who run it; for all others it does not exist."""
    return event_for(request, slug, may_organize)


def participation_in(request: PersonRequest, event: Event) -> Participation:
    """Return the person's participation; raise ApiProblem for those who watch over the event only."""
    found = participation_of(request.user, event)
    if found is None:
        raise ApiProblem(404, "NotFound", "You do not play in this event.")
    return found


def own_team(request: PersonRequest, slug: str) -> Enrollment:
    """Return the person's own team in the event; raise ApiProblem without one."""
    event = event_for(request, slug)
    participation = participation_of(request.user, event)
    if participation is None or participation.enrollment is None:
        raise ApiProblem(409, "NoTeam", "Join or create a team first.")
    return participation.enrollment


def team_of(request: PersonRequest, event: Event, team: UUID) -> Enrollment:
    """Return a team, for its members and those who watch over the event; for all others it does not exist."""
    found = team_in(event, team)
    own = participation_of(request.user, event)
    if not may_coach(request.user, event) and (own is None or own.enrollment_id != found.pk):
        raise ApiProblem(404, "NotFound", "There is no such team for you.")
    return found


def team_in(event: Event, team: UUID) -> Enrollment:
    """Return a team of the event."""
    return _found(event.enrollments.select_related("event__release").filter(pk=team).first(), "team")


def quest_in(event: Event, slug: str) -> Quest:
    """Return a quest of the event."""
    return _found(Quest.objects.filter(release=event.release_id, slug=slug).first(), "quest")


def task_in(event: Event, quest: str, task: str) -> Task:
    """Return a task of the event."""
    tasks = Task.objects.filter(quest__release=event.release_id, quest__slug=quest, slug=task)
    return _found(tasks.select_related("quest").first(), "task")


def _found(row: Row | None, kind: str) -> Row:
    if row is None:
        raise ApiProblem(404, "NotFound", f"There is no such {kind} in this event.")
    return row
