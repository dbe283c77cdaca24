"""Guests: people who come into an event without an e-mail address, and come back with a code of their own."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain import codes
from accounts.domain import refusals as account_refusals
from accounts.domain.audit import record
from accounts.models import User
from quests.domain.joining import ENDED, join_event
from quests.domain.refusals import UnableToJoin
from quests.models import Event, Participation

GUESTS_PER_MINUTE = 300


def join_as_guest(*, now: datetime, code: str, name: str) -> tuple[Participation, str]:
    """Make a person without an address who takes part in the code's event, and return the return code, for once.

    Raises UnableToJoin for an unknown code, an event that has ended or takes no guests, and when a flood comes in.
    """
    event = event_of(code)
    if event.state in ENDED:
        raise UnableToJoin(_("%(event)s has ended.") % {"event": event.name})
    if not event.guests:
        raise UnableToJoin(
            _("%(event)s takes no guests: sign in or sign up with your e-mail address.") % {"event": event.name}
        )
    try:
        codes.hold_back(now=now, what=f"guests:{event.id}", limit=GUESTS_PER_MINUTE)
    except account_refusals.TooManyAttempts as refusal:
        raise UnableToJoin(str(refusal)) from refusal
    with transaction.atomic():
        user = User.objects.create_user(name=" ".join(name.split()), time_zone=event.time_zone)
        participation = join_event(now=now, code=event.join_code, user=user)
        return_code = codes.issue_return_code(now=now, user=user, scope=event.id, actor=user.id)
    return participation, return_code


def come_back(*, now: datetime, code: str, personal: str) -> tuple[Event, User]:
    """Return the event and the person whom a return code or a help desk's code signs in. Raises UnableToJoin."""
    event = event_of(code)
    try:
        return event, codes.redeem_code(now=now, scope=event.id, code=personal)
    except account_refusals.Refusal as refusal:
        raise UnableToJoin(str(refusal)) from refusal


def renew_return_code(*, now: datetime, participation: Participation, actor: User) -> str:
    """Give a guest a new return code and return it, for once. Raises UnableToJoin for somebody with an address."""
    try:
        return codes.issue_return_code(now=now, user=participation.user, scope=participation.event_id, actor=actor.id)
    except account_refusals.Refusal as refusal:
        raise UnableToJoin(str(refusal)) from refusal


def allow_guests(*, now: datetime, event: Event, allowed: bool, actor: User) -> None:
    """Let guests into the event, or no further ones; those who are in stay."""
    Event.objects.filter(pk=event.pk).update(guests=allowed)
    record(now=now, actor=actor.id, action="event.guests", subject=event.slug, scope=event.id, allowed=allowed)


def event_of(code: str) -> Event:
    """Return the event of a join code. Raises UnableToJoin when there is none."""
    event = Event.objects.filter(join_code=code.strip().upper()).first()
    if event is None:
        raise UnableToJoin(_("No event has this join code. Check it with your organizer; letters may be typed small."))
    return event
