"""What rearranging people would do, told before it is done: to credentials, points, hints and places."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from quests.domain.moving import was_used
from quests.domain.queries.effects import Effect
from quests.domain.seats import captain_of, heir_of
from quests.enums import Role
from quests.models import Enrollment, Event, HintReveal, Participation, Standing


def of_move(*, participation: Participation, to: Enrollment | None) -> Effect:
    """Tell what moving a person would do."""
    person, old = participation.user.name, participation.enrollment
    said = []
    if old is not None:
        said += [_keys_end(person, old), _stays(old), *_office(participation, old)]
    if to is not None:
        said += [
            _("%(name)s plays with the points, hints and inputs of %(team)s, and gets keys to its sandbox.")
            % {"name": person, "team": to.name},
            _("%(team)s then has %(count)s of at most %(limit)s people.")
            % {"team": to.name, "count": to.participations.count() + 1, "limit": to.event.team_size_max},
        ]
    else:
        said.append(_("%(name)s stays in the event, without a team.") % {"name": person})
    return Effect(said)


def of_merge(*, old: Enrollment, into: Enrollment) -> Effect:
    """Tell what merging one team into another would do."""
    people = _names(old.participations.all())
    count = old.participations.count()
    said = [
        _("%(people)s move from %(old)s to %(into)s, which then has %(count)s of at most %(limit)s people.")
        % {
            "people": people,
            "old": old.name,
            "into": into.name,
            "count": count + into.participations.count(),
            "limit": into.event.team_size_max,
        },
        _("Their keys to the sandbox of %(old)s end at once; they get keys to that of %(into)s.")
        % {"old": old.name, "into": into.name},
        _("Only the points and hints of %(into)s count on: %(points)s points, %(hints)s hints opened.")
        % {"into": into.name, "points": _points(into), "hints": _hints(into)},
        *_closing(old),
    ]
    return Effect(said)


def of_freeing(*, enrollment: Enrollment) -> Effect:
    """Tell what freeing the place of a team that has not come would do."""
    people = _names(enrollment.participations.all())
    said = []
    if people:
        said.append(
            _("%(people)s are without a team then. Whoever comes later joins another one, or founds one.")
            % {"people": people}
        )
    return Effect([*said, *_closing(enrollment)])


def of_role(*, user: User, role: Role, event: Event, removed: bool) -> Effect:
    """Tell what giving or taking a role would do."""
    name = {"name": user.name}
    if removed:
        said = [_("%(name)s sees the event as a participant, or not at all.") % name]
        if user.participations.filter(event=event).exists():
            said.append(_("%(name)s still takes part in it.") % name)
        return Effect(said)
    if role == Role.COACH:
        return Effect([_("%(name)s sees every team, its checks and its hints, and never changes points.") % name])
    return Effect(
        [
            _("%(name)s may do everything that you may: the clock, the points, the people, ending the event.") % name,
            _("Every act stands in the journal with the name of who did it."),
        ]
    )


def _keys_end(person: str, team: Enrollment) -> str:
    if team.place is None or team.place.lease is None:
        return _("%(name)s leaves %(team)s, which has no sandbox: there are no keys to end.") % {
            "name": person,
            "team": team.name,
        }
    return _(
        "The keys of %(name)s to the sandbox of %(team)s end at once, and sessions that are open in AWS within moments."
    ) % {"name": person, "team": team.name}


def _stays(team: Enrollment) -> str:
    return _("%(team)s keeps its %(points)s points, %(hints)s opened hints and all that it handed in.") % {
        "team": team.name,
        "points": _points(team),
        "hints": _hints(team),
    }


def _office(participation: Participation, team: Enrollment) -> list[str]:
    captain, heir = captain_of(team), heir_of(team, participation)
    if heir is None:
        return [
            _("Nobody is in %(team)s then. It stays, with its place, until somebody joins or you free the place.")
            % {"team": team.name}
        ]
    if captain is not None and captain.user_id == participation.user_id:
        return [
            _("%(heir)s, who has been in %(team)s for longest, becomes its captain.")
            % {"heir": heir.user.name, "team": team.name}
        ]
    return []


def _closing(team: Enrollment) -> list[str]:
    said = [
        _("%(team)s is closed: it leaves the board with its %(points)s points, which stay on the record.")
        % {"team": team.name, "points": _points(team)}
    ]
    if team.place is None:
        return said
    if was_used(team):
        said.append(
            _("Somebody has been in its sandbox (place %(number)s): it is emptied, and a new place is prepared.")
            % {"number": team.place.number}
        )
    else:
        said.append(
            _("Place %(number)s is free at once, with its sandbox, for the next team.") % {"number": team.place.number}
        )
    return said


def _points(team: Enrollment) -> int:
    standing = Standing.objects.filter(enrollment=team).first()
    return standing.points if standing else 0


def _hints(team: Enrollment) -> int:
    return HintReveal.objects.filter(enrollment=team).count()


def _names(people: QuerySet[Participation]) -> str:
    return ", ".join(row.user.name for row in people.select_related("user").order_by("joined_at", "pk"))
