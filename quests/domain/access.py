"""Ending one person's access to the team's sandbox while the team plays on, and giving it back.

Whatever takes a person out of a team calls `stop_access` in the same transaction: the person's keys end with it.
"""

import uuid
from datetime import datetime

from accounts.models import User
from provisioning.domain import stops
from provisioning.domain.access import AccessEnded
from provisioning.models import AccessStop, Lease
from quests.domain.refusals import UnableToRemedy
from quests.models import Participation

# By this sentence a stop is known that ends when the person comes into a team again.
LEFT = "You are not in this team any more"


def stop_access(*, now: datetime, participation: Participation, actor: uuid.UUID | None, reason: str) -> None:
    """Stop a person's access to the sandbox of the person's team. Raises UnableToRemedy when there is none to stop."""
    try:
        stops.stop_person(
            now=now, lease=_lease(participation), person=participation.user_id, actor=actor, reason=reason
        )
    except AccessEnded as error:
        raise UnableToRemedy(f"Nothing was changed. {error}") from error


def allow_access(*, now: datetime, participation: Participation, actor: uuid.UUID | None, reason: str) -> None:
    """Let a stopped person in again, with new keys. Raises UnableToRemedy when nothing was stopped."""
    try:
        was_stopped = stops.allow_person(
            now=now, lease=_lease(participation), person=participation.user_id, actor=actor, reason=reason
        )
    except AccessEnded as error:
        raise UnableToRemedy(f"Nothing was changed. {error}") from error
    if not was_stopped:
        raise UnableToRemedy("This person's access is not stopped. Nothing was changed.")


def stop_access_everywhere(*, now: datetime, user: User, reason: str) -> None:
    """Stop a person's access to every sandbox that the person is in, as when the person's account is closed."""
    for participation in user.participations.select_related("enrollment__place__lease"):
        leave_sandbox(now=now, participation=participation, reason=reason)


def leave_sandbox(*, now: datetime, participation: Participation, reason: str, actor: uuid.UUID | None = None) -> None:
    """Stop the access of somebody who is leaving, if there is any; without an actor the platform itself acts."""
    try:
        stop_access(now=now, participation=participation, actor=actor, reason=reason)
    except UnableToRemedy:
        return


def let_back(*, now: datetime, participation: Participation, actor: uuid.UUID | None) -> None:
    """Give somebody who comes into a team the access that ended with leaving it.

    A stop of another reason goes along: changing teams is no way around it.
    """
    place = participation.enrollment.place if participation.enrollment else None
    if place is None or place.lease is None:
        return
    stops_here = AccessStop.objects.filter(lease__scope=participation.event_id, person=participation.user_id)
    last = stops_here.exclude(reason=LEFT).order_by("-at", "-pk").first()
    try:
        if last is not None and last.lifted_at is None:
            stop_access(now=now, participation=participation, actor=last.actor, reason=last.reason)
        elif stops_here.filter(lease=place.lease, lifted_at=None).exists():
            allow_access(now=now, participation=participation, actor=actor, reason="in the team again")
    except UnableToRemedy:
        # The sandbox is over: nobody gets in anyway.
        return


def _lease(participation: Participation) -> Lease:
    place = participation.enrollment.place if participation.enrollment else None
    if place is None or place.lease is None:
        raise UnableToRemedy("This person's team has no sandbox. Nothing was changed.")
    return place.lease
