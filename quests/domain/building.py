"""Teams for people who have none: a proposal that mixes disciplines and experience, and its founding."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from math import ceil
from statistics import mean
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.models import User
from quests.domain.joining import ENDED, found_team
from quests.domain.live import event_changed
from quests.domain.refusals import Refusal, UnableToBuild
from quests.domain.seats import seat_person
from quests.models import Event, Participation, Place

# Who says nothing about experience is taken to be in the middle.
MIDDLE = 3
# A look is some microseconds, and the page waits for them.
MOST_SWAPS = 40_000


@dataclass(frozen=True)
class Candidate:
    """Somebody without a team; experience is 1 to 5."""

    key: int
    name: str
    disciplines: frozenset[str]
    experience: int

    @property
    def disciplines_shown(self) -> str:
        """Return the disciplines in a stable order."""
        return ", ".join(sorted(self.disciplines))


@dataclass(frozen=True)
class Figures:
    """How alike teams are: mean experience of the weakest and the strongest, disciplines of the poorest team."""

    weakest: float
    strongest: float
    fewest_disciplines: int
    smallest: int
    largest: int

    @property
    def spread(self) -> float:
        """Return how far the means of experience are apart."""
        return self.strongest - self.weakest


Teams = list[list[Candidate]]


def candidates(event: Event) -> list[Candidate]:
    """Return who takes part in the event and has no team, in the order in which they came."""
    rows = event.participations.filter(enrollment=None, user__is_active=True).select_related("user")
    return [
        Candidate(row.pk, row.user.name, frozenset(row.user.disciplines), row.user.experience or MIDDLE)
        for row in rows.order_by("joined_at", "pk")
    ]


def fewest_teams(event: Event, people: Sequence[Candidate]) -> int:
    """Return into how many teams these people fit at least."""
    return max(1, ceil(len(people) / event.team_size_max))


def free_places(event: Event) -> int:
    """Return how many teams can still be founded."""
    return Place.objects.filter(event=event, enrollment__isnull=True).count()


def split_as_they_came(people: Sequence[Candidate], teams: int) -> Teams:
    """Return the people dealt out in the order in which they came: what a proposal is compared with."""
    return [list(people[start::teams]) for start in range(teams)]


def propose_teams(people: Sequence[Candidate], *, teams: int, seed: int) -> Teams:
    """Return teams whose sizes differ by one at most, with like experience and a mix of disciplines.

    The same people and seed give the same proposal. It begins with a deal from the most to the least experienced, to
    and fro, and then swaps two people of different teams as long as that makes the teams more alike.
    """
    chance = random.Random(seed)
    dealt = sorted(people, key=lambda person: person.key)
    chance.shuffle(dealt)
    dealt.sort(key=lambda person: -person.experience)
    split: Teams = [[] for _ in range(teams)]
    for start in range(0, len(dealt), teams):
        row = dealt[start : start + teams]
        order = range(teams) if start // teams % 2 == 0 else reversed(range(teams))
        for team, person in zip(order, row, strict=False):
            split[team].append(person)
    _swap(split, people)
    return split


def figures(split: Teams) -> Figures:
    """Return how alike the teams are; empty ones are left out."""
    filled = [team for team in split if team]
    means = [mean(person.experience for person in team) for team in filled]
    return Figures(
        weakest=min(means, default=0),
        strongest=max(means, default=0),
        fewest_disciplines=min((len(disciplines_of(team)) for team in filled), default=0),
        smallest=min(map(len, filled), default=0),
        largest=max(map(len, filled), default=0),
    )


def disciplines_of(team: Sequence[Candidate]) -> list[str]:
    """Return the disciplines that a team has, each once."""
    return sorted({name for person in team for name in person.disciplines})


def free_names(event: Event, teams: int) -> list[str]:
    """Return names for new teams that no team of the event has."""
    taken = {name.casefold() for name in event.enrollments.values_list("name", flat=True)}
    numbered = (_("Team %(number)d") % {"number": number} for number in count(1))
    free = (name for name in numbered if name.casefold() not in taken)
    return [next(free) for _unused in range(teams)]


def build_teams(*, now: datetime, event: Event, teams: Sequence[tuple[str, Sequence[int]]], actor: User) -> list[UUID]:
    """Found these teams, each a name and its people's participations, all of them or none.

    Raises UnableToBuild when somebody has found a team meanwhile, or is gone, and whatever keeps a team from being
    founded or somebody from a seat.
    """
    teams = [(name, members) for name, members in teams if members]
    with transaction.atomic():
        event = Event.objects.select_for_update(no_key=True).select_related("release").get(pk=event.pk)
        if event.state in ENDED:
            raise UnableToBuild(_("%(event)s has ended. Nothing was changed.") % {"event": event.name})
        people = _lock_people(event, [key for _name, members in teams for key in members])
        founded = []
        try:
            for name, members in teams:
                enrollment = found_team(now=now, event=event, name=" ".join(name.split()))
                for key in members:
                    seat_person(now=now, participation=people[key], enrollment=enrollment, actor=actor.id)
                founded.append(enrollment.pk)
        except Refusal as refusal:
            raise UnableToBuild(_("No team was founded: %(why)s") % {"why": refusal}) from refusal
        record(
            now=now,
            actor=actor.id,
            action="event.build_teams",
            subject=event.slug,
            scope=event.id,
            teams=[str(key) for key in founded],
            reason=", ".join(name for name, _members in teams),
        )
        event_changed(event_id=event.id)
    return founded


def _lock_people(event: Event, keys: list[int]) -> dict[int, Participation]:
    rows = (
        Participation.objects.select_for_update(of=("self",))
        .select_related("user", "enrollment")
        .filter(event=event, pk__in=keys)
        .order_by("pk")
    )
    people = {row.pk: row for row in rows}
    if len(people) != len(keys):
        raise UnableToBuild(
            _("Somebody of the proposal has left the event meanwhile, or stands in it twice. Look at a new one.")
        )
    settled = [f"{row.user.name} ({row.enrollment.name})" for row in people.values() if row.enrollment]
    if settled:
        raise UnableToBuild(
            _("Meanwhile these have found a team: %(people)s. No team was founded: look at a new proposal.")
            % {"people": ", ".join(settled)}
        )
    return people


def _swap(split: Teams, people: Sequence[Candidate]) -> None:
    """Swap people between teams while the teams become more alike, looking at a bounded number of pairs."""
    share = _Share(people, len(split))
    costs = [share.cost(team) for team in split]
    looked = 0
    better = True
    while better:
        better = False
        for first in range(len(split)):
            for second in range(first + 1, len(split)):
                for a in range(len(split[first])):
                    for b in range(len(split[second])):
                        looked += 1
                        if looked > MOST_SWAPS:
                            return
                        one, other = split[first], split[second]
                        one[a], other[b] = other[b], one[a]
                        costs_now = share.cost(one), share.cost(other)
                        if sum(costs_now) < costs[first] + costs[second] - 1e-9:
                            costs[first], costs[second] = costs_now
                            better = True
                        else:
                            one[a], other[b] = other[b], one[a]


class _Share:
    """What each team would have if all were alike, and how far a team is from it."""

    def __init__(self, people: Sequence[Candidate], teams: int) -> None:
        self.experience = mean(person.experience for person in people) if people else MIDDLE
        named = [name for person in people for name in person.disciplines]
        self.disciplines = {name: named.count(name) / teams for name in sorted(set(named))}

    def cost(self, team: Sequence[Candidate]) -> float:
        """Return the squared distances in experience and in each discipline, summed."""
        beside = sum(person.experience - self.experience for person in team)
        found = sum(
            (sum(name in person.disciplines for person in team) - share) ** 2
            for name, share in self.disciplines.items()
        )
        return beside**2 + found
