"""The help desk of an event: who lost a way in gets another one, and teams get cards to read from."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain import codes
from accounts.domain import refusals as account_refusals
from accounts.models import User
from quests.domain.refusals import UnableToIssue
from quests.models import Event, EventRole, Participation


@dataclass(frozen=True)
class CardPerson:
    """One person on a team's card; `return_code` is empty for those who sign in by e-mail."""

    name: str
    return_code: str


@dataclass(frozen=True)
class TeamCard:
    """What a team reads from paper; people without a team share the last card, whose name is empty."""

    name: str
    people: list[CardPerson]


def issue_sign_in_code(*, now: datetime, event: Event, person: uuid.UUID, actor: User) -> tuple[User, str]:
    """Return the participant and a code that signs the person in once within a quarter of an hour.

    Raises UnableToIssue for people who run anything here: a code at the desk would be a way around their second factor
    and into what they may do.
    """
    participation = Participation.objects.select_related("user").filter(event=event, user_id=person).first()
    if participation is None:
        raise UnableToIssue(_("This person does not take part in the event. Nothing was changed."))
    user = participation.user
    if _runs_something(user) or not user.is_active:
        raise UnableToIssue(
            _("%(name)s runs events here, or may not sign in: no codes at the desk. Nothing was changed.")
            % {"name": user.name}
        )
    return user, codes.issue_one_time_code(now=now, user=user, scope=event.id, actor=actor.id)


def make_team_cards(*, now: datetime, event: Event, actor: User) -> list[TeamCard]:
    """Return a card for each team, with a new return code for every guest; the guests' former codes end.

    Only digests of codes are stored, so a card cannot repeat a code that was shown before.
    """
    with transaction.atomic():
        people = (
            Participation.objects.filter(event=event)
            .select_related("user", "enrollment")
            .order_by("enrollment__name", "user__name")
        )
        rows: dict[str, list[CardPerson]] = {}
        for participation in people:
            team = participation.enrollment.name if participation.enrollment else ""
            rows.setdefault(team, []).append(CardPerson(participation.user.name, _code(now, participation, actor)))
    return [TeamCard(name, members) for name, members in sorted(rows.items(), key=lambda row: (not row[0], row[0]))]


def _runs_something(user: User) -> bool:
    return user.is_staff or EventRole.objects.filter(user=user).exists()


def _code(now: datetime, participation: Participation, actor: User) -> str:
    user = participation.user
    if user.email or not user.is_active or _runs_something(user):
        return ""
    try:
        return codes.issue_return_code(now=now, user=user, scope=participation.event_id, actor=actor.id)
    except account_refusals.UnableToIssue:
        # The guest proved an address at this very moment.
        return ""
