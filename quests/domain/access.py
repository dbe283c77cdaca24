"""Ending one person's access to the team's sandbox while the team plays on, and giving it back.

Whatever takes a person out of a team calls `stop_access` in the same transaction: the person's keys end with it.
"""

import uuid
from datetime import datetime

from accounts.models import User
from provisioning.domain import stops
from provisioning.domain.access import AccessEnded
from provisioning.models import Lease
from quests.domain.refusals import UnableToRemedy
from quests.models import Participation


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


def leave_sandbox(*, now: datetime, participation: Participation, reason: str) -> None:
    """Stop the access of somebody who is leaving, if there is any; the platform itself acts."""
    try:
        stop_access(now=now, participation=participation, actor=None, reason=reason)
    except UnableToRemedy:
        return


def _lease(participation: Participation) -> Lease:
    place = participation.enrollment.place if participation.enrollment else None
    if place is None or place.lease is None:
        raise UnableToRemedy("This person's team has no sandbox. Nothing was changed.")
    return place.lease
