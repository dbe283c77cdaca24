"""Seats in teams: who comes into one, who goes, and that a team with people in it has a captain.

Callers hold the team's row, which makes its size hold, and say in the journal why it happened.
"""

import uuid
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Membership
from quests.domain.access import LEFT, leave_sandbox, let_back
from quests.domain.refusals import UnableToJoin
from quests.models import Enrollment, Participation


def seat_person(
    *, now: datetime, participation: Participation, enrollment: Enrollment, actor: uuid.UUID | None
) -> None:
    """Put a person without a team into a locked one while it has room; the first one in it is its captain.

    Raises UnableToJoin for a team that is full or closed.
    """
    if enrollment.closed_at is not None:
        raise UnableToJoin(_("%(team)s is closed: choose another team.") % {"team": enrollment.name})
    limit = enrollment.event.team_size_max
    if enrollment.participations.count() >= limit:
        raise UnableToJoin(
            ngettext(
                "%(team)s is full: a team here has at most %(limit)d person.",
                "%(team)s is full: a team here has at most %(limit)d people.",
                limit,
            )
            % {"team": enrollment.name, "limit": limit}
        )
    participation.enrollment = enrollment
    participation.save(update_fields=["enrollment"])
    first = not Membership.objects.filter(team=enrollment.team_id, is_captain=True).exists()
    Membership.objects.get_or_create(
        team=enrollment.team, user=participation.user, defaults={"joined_at": now, "is_captain": first}
    )
    let_back(now=now, participation=participation, actor=actor)


def unseat_person(*, now: datetime, participation: Participation, actor: uuid.UUID | None) -> Membership | None:
    """Take a person out of a locked team: the keys end, and a captain's office goes on. Return the new captain."""
    enrollment = participation.enrollment
    assert enrollment is not None
    leave_sandbox(now=now, participation=participation, reason=LEFT, actor=actor)
    own = Membership.objects.filter(team=enrollment.team_id, user=participation.user_id).first()
    heir = heir_of(enrollment, participation) if own is None or own.is_captain else None
    if own is not None:
        own.delete()
    if heir is not None:
        heir.is_captain = True
        heir.save(update_fields=["is_captain"])
    participation.enrollment = None
    participation.save(update_fields=["enrollment"])
    return heir


def captain_of(enrollment: Enrollment) -> Membership | None:
    """Return the captain, or None for a team that nobody is in."""
    return Membership.objects.filter(team=enrollment.team_id, is_captain=True).select_related("user").first()


def heir_of(enrollment: Enrollment, leaving: Participation) -> Membership | None:
    """Return who is captain once this one is gone: whoever has been in the team for longest."""
    return (
        Membership.objects.filter(team=enrollment.team_id)
        .exclude(user=leaving.user_id)
        .select_related("user")
        .order_by("joined_at", "pk")
        .first()
    )
