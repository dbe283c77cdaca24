"""Events: which there are for a person, scheduling one, and its clock."""

from typing import Any, Literal

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import AwareDatetime, Field

from accounts.api.pages import PageQuery, a_page
from accounts.api.problems import ApiProblem, answers, checked
from accounts.api.signing_in import PersonRequest, by
from accounts.api.words import Body, Moment, Reason, Slug, Text
from accounts.enums import Scope
from quests.api.lookup import event_for, organized_event
from quests.domain import events as domain
from quests.domain import pauses
from quests.domain.queries.events import roles_in, seen_by
from quests.forms.events import EventForm
from quests.models import Event
from quests.permissions import may_organize, may_schedule

router = Router(tags=["events"])


class EventDocument(Schema):
    """An event, as the person who asks may see it."""

    slug: str
    name: str
    state: str
    pack: str
    release: str = Field(description="The version of the pack that is played.")
    starts_at: Moment
    ends_at: Moment
    time_zone: str
    paused_at: Moment | None
    planned_teams: int
    team_size_max: int
    brackets: list[str]
    board_frozen_at: Moment | None
    clock_version: int = Field(description="Send it with an act on the clock: two people never undo each other.")
    roles: list[str] = Field(description="What the person is in it: organizer, coach, participant, staff.")
    team: str | None = Field(description="The id of the person's own team.")
    join_code: str | None = Field(None, description="For those who run the event.")


class Events(Schema):
    """A page of events."""

    events: list[EventDocument]
    next: str | None


class NewEvent(Body):
    """A new event; the start is local to the time zone."""

    name: Text
    pack: Text = Field(description="The pack's slug.")
    version: Text = Field(description="Of the pack.")
    starts_at: Text = Field(description="As a clock on the wall there shows it: 2026-05-04T09:30.")
    time_zone: Text
    duration_minutes: int
    planned_teams: int
    spares: int = 1
    team_size_max: int
    warmup_minutes: int = 30
    join_code: Text = ""


class Version(Body):
    """As of which version of the clock somebody acts."""

    clock_version: int = Field(ge=0, le=2**31 - 1, description="Of the event as it was last read.")


class PauseBody(Version):
    """Why the clock stops, since when, and what becomes of access."""

    reason: Reason
    access: Literal["keep", "freeze"] = "keep"
    as_of: AwareDatetime | None = Field(None, description="What teams lost by themselves since then is given back.")


class ExtendBody(Version):
    """By how much the event is longer, and why."""

    minutes: int = Field(ge=1, le=2880)
    reason: Reason


class EndBody(Version):
    """The event's name confirms that it ends for everybody."""

    confirm: Text


@router.get("events", response=answers(Events), auth=by(Scope.READ), url_name="api_events")
def index(request: PersonRequest, response: HttpResponse, query: Query[PageQuery]) -> Any:
    """List the person's events, the latest start first; staff see every event."""
    rows, following = a_page(request, response, query, seen_by(request.user), key="starts_at")
    return {"events": _documents(request, rows), "next": following}


@router.post("events", response=answers(EventDocument, 201), auth=by(Scope.EVENTS), url_name="api_events")
def create(request: PersonRequest, body: NewEvent) -> Any:
    """Schedule an event: its places are booked and its clock is set."""
    if not may_schedule(request.user):
        raise ApiProblem(403, "NotAllowed", "Only organizers and staff can schedule events.")
    data = body.model_dump(exclude={"pack", "version"})
    form = EventForm(data)
    releases = form.fields["release"].queryset  # type: ignore[attr-defined]
    release = releases.filter(pack__slug=body.pack, version=body.version).first()
    form = EventForm({**data, "release": release.pk if release else None})
    checked(form)
    event = domain.schedule_event(now=timezone.now(), plan=form.plan(), organizer=request.user)
    return Status(201, _document(request, event))


@router.get("events/{event}", response=answers(EventDocument), auth=by(Scope.READ), url_name="api_event")
def show(request: PersonRequest, event: Slug) -> Any:
    """Return one event."""
    return _document(request, event_for(request, event))


@router.post("events/{event}/pause", response=answers(EventDocument), auth=by(Scope.EVENTS), url_name="api_pause")
def pause(request: PersonRequest, event: Slug, body: PauseBody) -> Any:
    """Stop the clock for all teams."""
    found = organized_event(request, event)
    plan = pauses.PausePlan(reason=body.reason, freezes=body.access == "freeze", as_of=body.as_of)
    pauses.pause_event(now=timezone.now(), event=found, version=body.clock_version, plan=plan, actor=request.user)
    return _again(request, found)


@router.post("events/{event}/resume", response=answers(EventDocument), auth=by(Scope.EVENTS), url_name="api_resume")
def resume(request: PersonRequest, event: Slug, body: Version) -> Any:
    """Let the clock go on where it stood; the end moves by the pause."""
    found = organized_event(request, event)
    pauses.resume_event(now=timezone.now(), event=found, version=body.clock_version, actor=request.user)
    return _again(request, found)


@router.post("events/{event}/extend", response=answers(EventDocument), auth=by(Scope.EVENTS), url_name="api_extend")
def extend(request: PersonRequest, event: Slug, body: ExtendBody) -> Any:
    """Move the end, and what comes after it."""
    found = organized_event(request, event)
    pauses.extend_event(
        now=timezone.now(),
        event=found,
        version=body.clock_version,
        minutes=body.minutes,
        reason=body.reason,
        actor=request.user,
    )
    return _again(request, found)


@router.post("events/{event}/end", response=answers(EventDocument), auth=by(Scope.EVENTS), url_name="api_end")
def end(request: PersonRequest, event: Slug, body: EndBody) -> Any:
    """End the event for everybody: scoring stops, access ends and every sandbox is torn down."""
    found = organized_event(request, event)
    if body.confirm != found.name:
        raise ApiProblem(422, "InvalidInput", "confirm: send the event's name to end it. Nothing was changed.")
    domain.end_event(now=timezone.now(), event=found, actor=request.user, version=body.clock_version)
    return _again(request, found)


def _again(request: PersonRequest, event: Event) -> dict[str, Any]:
    return _document(request, event_for(request, event.slug))


def _document(request: PersonRequest, event: Event) -> dict[str, Any]:
    return _documents(request, [event])[0]


def _documents(request: PersonRequest, events: list[Event]) -> list[dict[str, Any]]:
    standings = {mine.event.pk: mine for mine in roles_in(request.user, events)}
    return [
        {
            **{name: getattr(event, name) for name in _PLAIN},
            "pack": event.release.pack.slug,
            "release": event.release.version,
            "roles": standings[event.pk].roles,
            "team": str(team.pk) if (team := standings[event.pk].enrollment) else None,
            "join_code": event.join_code if may_organize(request.user, event) else None,
        }
        for event in events
    ]


_PLAIN = (
    "slug",
    "name",
    "state",
    "starts_at",
    "ends_at",
    "time_zone",
    "paused_at",
    "planned_teams",
    "team_size_max",
    "brackets",
    "board_frozen_at",
    "clock_version",
)
