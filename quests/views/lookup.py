"""Finding what an address names, for this person: what they may not see does not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.models import User
from quests.models import Enrollment, Event, Participation
from quests.permissions import Viewer, may_coach, may_organize, participation_of, takes_part


class SignedInRequest(HttpRequest):
    """A request behind `login_required`: its user is a person."""

    user: User


EventView = Callable[Concatenate[SignedInRequest, Event, ...], HttpResponse]
SlugView = Callable[Concatenate[HttpRequest, str, ...], HttpResponse]


def signed_in(view: Callable[Concatenate[SignedInRequest, ...], HttpResponse]) -> Callable[..., HttpResponse]:
    """Lead strangers to the sign-in page, and tell the type checker that the others are people."""
    return login_required(cast(Callable[..., HttpResponse], view))


def event_for(allowed: Callable[[Viewer, Event], bool]) -> Callable[[EventView], SlugView]:
    """Resolve the address's event for signed-in people whom `allowed` lets in; 404 for all others."""

    def decorate(view: EventView) -> SlugView:
        @login_required
        @wraps(view)
        def wrapped(request: HttpRequest, event: str, **arguments: Any) -> HttpResponse:
            found = get_object_or_404(Event.objects.select_related("release__pack", "release__blueprint"), slug=event)
            if not allowed(request.user, found):
                raise Http404
            return view(cast(SignedInRequest, request), found, **arguments)

        return wrapped

    return decorate


organizers_only = event_for(may_organize)
coaches_only = event_for(may_coach)
members_only = event_for(takes_part)

TeamView = Callable[Concatenate[SignedInRequest, Enrollment, ...], HttpResponse]


def team_only(view: TeamView) -> SlugView:
    """Resolve the person's own team in the address's event; without a team lead to the event's page."""

    @members_only
    @wraps(view)
    def wrapped(request: SignedInRequest, event: Event, **arguments: Any) -> HttpResponse:
        participation: Participation | None = participation_of(request.user, event)
        if participation is None or participation.enrollment is None:
            messages.info(request, _("Join or create a team first."))
            return redirect("event", event.slug)
        return view(request, participation.enrollment, **arguments)

    return wrapped
