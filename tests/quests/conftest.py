"""People and events to play with, on the real database."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress

from accounts.models import User
from quests.domain.clock import run_action
from quests.domain.events import EventPlan, schedule_event
from quests.domain.joining import create_team, join_event
from quests.domain.packs import load_pack
from quests.domain.planning import plan_checks
from quests.enums import ActionKind
from quests.models import Enrollment, Event, PackRelease, QuestUnlock

FIRST_FLIGHT = Path(__file__).resolve().parents[2] / "packs" / "first-flight"
_numbers = count(1)

MakePerson = Callable[..., User]
MakeTeam = Callable[..., Enrollment]


def new_person(name: str = "", **flags: bool) -> User:
    """Create a person with a confirmed address."""
    number = next(_numbers)
    user = User.objects.create_user(
        f"person{number}@example.com", "a-good-password", name=name or f"P{number}", **flags
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def make_person(db: None) -> MakePerson:
    return new_person


@pytest.fixture
def release(db: None, now: datetime) -> PackRelease:
    return load_pack(now=now, folder=FIRST_FLIGHT)[0]


@pytest.fixture
def organizer(make_person: MakePerson) -> User:
    return make_person("Olive")


def new_event(*, now: datetime, release: PackRelease, organizer: User, **changes: object) -> Event:
    """Schedule an event that starts now and lasts an hour."""
    fields: dict[str, object] = {
        "name": "Test flight",
        "release": release,
        "starts_at": now,
        "duration": timedelta(hours=1),
        "time_zone": "Europe/Berlin",
        "planned_teams": 2,
        "spares": 1,
        "team_size_max": 2,
    }
    return schedule_event(now=now, plan=EventPlan(**fields | changes), organizer=organizer)  # type: ignore[arg-type]


@pytest.fixture
def event(now: datetime, release: PackRelease, organizer: User) -> Event:
    return new_event(now=now, release=release, organizer=organizer)


def run_actions(event: Event, now: datetime, *kinds: ActionKind) -> None:
    """Do these of the event's actions, as the clock would."""
    for kind in kinds:
        assert run_action(now=now, action_id=event.actions.get(kind=kind).pk)
    event.refresh_from_db()


@pytest.fixture
def open_event(event: Event, now: datetime) -> Event:
    run_actions(event, now, ActionKind.VEND, ActionKind.OPEN)
    return event


def new_team(event: Event, now: datetime, name: str, captain: User) -> Enrollment:
    """Let the captain join and found a team."""
    participation = join_event(now=now, code=event.join_code, user=captain)
    return create_team(now=now, participation=participation, name=name)


def unlock(team: Enrollment, now: datetime, slug: str) -> None:
    """Open a quest to the team whatever it requires, and plan its checks."""
    QuestUnlock.objects.create(enrollment=team, quest=team.event.release.quests.get(slug=slug), at=now)
    plan_checks(now=now, event=team.event, enrollments=[team])


@pytest.fixture
def team(open_event: Event, now: datetime, make_person: MakePerson) -> Enrollment:
    return new_team(open_event, now, "Hippo Ballerinas", make_person("Ada"))
