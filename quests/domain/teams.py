"""What a team decides about itself, and organizers about it: its name, where it is, its captain, who leaves."""

import re
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.models import Membership, User
from quests.domain.joining import ENDED, name_taken
from quests.domain.live import event_changed, team_changed
from quests.domain.refusals import UnableToChangeTeam
from quests.domain.seats import captain_of, unseat_person
from quests.models import Enrollment, Event, Participation
from quests.permissions import may_organize

CALL_LINK = re.compile(r"(https://|tel:|sips?:)\S+")


def rename_team(*, now: datetime, enrollment: Enrollment, name: str, seen: str, actor: User) -> None:
    """Give the team another name; `seen` is the one that the person wanted to change.

    Raises UnableToChangeTeam, also when somebody else has renamed the team meanwhile, or TeamNameTaken.
    """
    name = " ".join(name.split())
    with transaction.atomic():
        team = lock_team(enrollment)
        _refuse_others(team, actor)
        if team.name != seen:
            raise UnableToChangeTeam(
                _("Meanwhile the team was renamed: it is called %(name)s now. Nothing was changed.")
                % {"name": team.name}
            )
        if team.name == name:
            return
        team.name = name
        try:
            with transaction.atomic():
                team.save(update_fields=["name"])
        except IntegrityError as error:
            raise name_taken(name) from error
        _journal(now, team, actor, "rename", reason=f"{seen} → {name}")
        event_changed(event_id=team.event_id)
        team_changed(enrollment=team)


def say_where(*, now: datetime, enrollment: Enrollment, table: str, call_link: str, actor: User) -> None:
    """Say at which table the team sits and how to call it. Raises UnableToChangeTeam; an address must be safe."""
    if call_link and not CALL_LINK.fullmatch(call_link):
        raise UnableToChangeTeam(
            _("A call link begins with https://, tel: or sip: and has no spaces. Nothing was changed.")
        )
    with transaction.atomic():
        team = lock_team(enrollment)
        if actor.pk not in set(team.participations.values_list("user_id", flat=True)):
            _refuse_others(team, actor)
        if (team.table, team.call_link) == (table, call_link):
            return
        team.table, team.call_link = table, call_link
        team.save(update_fields=["table", "call_link"])
        _journal(now, team, actor, "where", reason=" · ".join(filter(None, (table, call_link))) or "–")
        event_changed(event_id=team.event_id)
        team_changed(enrollment=team)


def hand_over(*, now: datetime, enrollment: Enrollment, to: Participation, actor: User) -> None:
    """Make another member the captain: the captain may, and an organizer in place of an absent one.

    Raises UnableToChangeTeam; of two who hand over at once the first one counts unless an organizer comes second.
    """
    with transaction.atomic():
        team = lock_team(enrollment)
        _refuse_others(team, actor)
        heir = Membership.objects.filter(team=team.team_id, user=to.user_id).select_related("user").first()
        if heir is None or not team.participations.filter(pk=to.pk).exists():
            raise UnableToChangeTeam(
                _("%(name)s is not in %(team)s any more. Nothing was changed.")
                % {"name": to.user.name, "team": team.name}
            )
        if heir.is_captain:
            return
        Membership.objects.filter(team=team.team_id, is_captain=True).update(is_captain=False)
        heir.is_captain = True
        heir.save(update_fields=["is_captain"])
        _journal(now, team, actor, "captain", person=str(heir.user_id), reason=f"{team.name}: {heir.user_id}")
        event_changed(event_id=team.event_id)
        team_changed(enrollment=team)


def leave_team(*, now: datetime, participation: Participation) -> Membership | None:
    """Take the person out of the team at its own wish; return who is captain instead, if that changed.

    Keys end with it; points, hints and inputs stay with the team. Raises UnableToChangeTeam.
    """
    if participation.enrollment is None:
        raise UnableToChangeTeam(_("You are in no team. Nothing was changed."))
    with transaction.atomic():
        team = lock_team(participation.enrollment)
        own = Participation.objects.select_for_update(of=("self",)).select_related("user", "enrollment__place__lease")
        participation = own.get(pk=participation.pk)
        if participation.enrollment_id != team.pk:
            raise UnableToChangeTeam(_("Meanwhile you were taken out of %(team)s.") % {"team": team.name})
        if team.event.state in ENDED:
            raise UnableToChangeTeam(_("%(event)s has ended: teams stay as they are.") % {"event": team.event.name})
        heir = unseat_person(now=now, participation=participation, actor=participation.user_id)
        _journal(now, team, participation.user, "leave")
        event_changed(event_id=team.event_id)
        team_changed(enrollment=team)
    return heir


def lock_team(enrollment: Enrollment) -> Enrollment:
    """Return the team, locked as it is now: its size, captain and name hold until the transaction ends."""
    found = Enrollment.objects.select_for_update(of=("self",)).select_related("event", "place__lease")
    return found.get(pk=enrollment.pk)


def may_lead(user: User, enrollment: Enrollment, event: Event) -> bool:
    """Tell whether the person decides for the team: its captain, and who runs the event."""
    captain = captain_of(enrollment)
    return (captain is not None and captain.user_id == user.pk) or may_organize(user, event)


def _refuse_others(team: Enrollment, actor: User) -> None:
    if team.closed_at is not None:
        raise UnableToChangeTeam(_("%(team)s is closed. Nothing was changed.") % {"team": team.name})
    if not may_lead(actor, team, team.event):
        captain = captain_of(team)
        raise UnableToChangeTeam(
            _("Only the captain can do this, who is %(name)s. Nothing was changed.")
            % {"name": captain.user.name if captain else "–"}
        )
    if team.event.state in ENDED:
        raise UnableToChangeTeam(_("%(event)s has ended: teams stay as they are.") % {"event": team.event.name})


def _journal(now: datetime, team: Enrollment, actor: User, verb: str, **details: str) -> None:
    record(now=now, actor=actor.id, action=f"team.{verb}", subject=str(team.pk), scope=team.event_id, **details)
