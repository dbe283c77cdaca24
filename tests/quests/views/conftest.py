"""A world with everybody in it, on today's clock: views read the wall clock."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.test import Client

from accounts.models import User
from quests.domain.events import add_coach
from quests.domain.joining import join_event
from quests.enums import ActionKind
from quests.models import Enrollment, Event, PackRelease
from tests.quests.conftest import new_event, new_person, new_team, run_actions, unlock


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class World:
    """One event that is open, another one beside it, and a person for every way to stand to the first."""

    event: Event
    team: Enrollment
    people: dict[str, User | None]

    def client(self, who: str, *, check_csrf: bool = False) -> Client:
        """Return a browser of this person."""
        client = Client(enforce_csrf_checks=check_csrf)
        person = self.people[who]
        if person is not None:
            client.force_login(person)
        return client


def people_around(*, now: datetime, release: PackRelease, organizer: User, open_event: Event) -> World:
    """Add a person for every way to stand to the event."""
    others = {name: new_person(name.title()) for name in ("member", "other_team", "other_event", "other_organizer")}
    teamless, coach = new_person("Teamless"), new_person("Coach")
    elsewhere = new_event(now=now, release=release, organizer=others["other_organizer"], name="Elsewhere")
    run_actions(elsewhere, now, ActionKind.VEND, ActionKind.OPEN)
    new_team(elsewhere, now, "Far Away", others["other_event"])
    team = new_team(open_event, now, "Hippo Ballerinas", others["member"])
    rivals = new_team(open_event, now, "Other Birds", others["other_team"])
    for each in (team, rivals):
        unlock(each, now, "double-dodo")
    join_event(now=now, code=open_event.join_code, user=teamless)
    add_coach(now=now, event=open_event, user=coach, actor=organizer)
    people: dict[str, User | None] = {
        "anonymous": None,
        "outsider": new_person("Outsider"),
        "teamless": teamless,
        "coach": coach,
        "organizer": organizer,
        "staff": new_person("Staff", is_staff=True),
        **others,
    }
    return World(open_event, team, people)


@pytest.fixture
def world(now: datetime, release: PackRelease, organizer: User, open_event: Event) -> World:
    return people_around(now=now, release=release, organizer=organizer, open_event=open_event)
