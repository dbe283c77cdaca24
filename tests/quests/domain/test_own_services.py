"""Services that teams run by themselves: a port of this machine is one team's, and the first one's."""

import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connections
from pytest_django import Settings

from accounts.models import User
from quests.domain.inputs import save_input
from quests.domain.packs import load_pack
from quests.domain.reference_services import addresses_by_team
from quests.domain.refusals import AddressTaken, Refusal
from quests.enums import ActionKind, EventState
from quests.models import Enrollment, Event, InputValue, OwnService
from tests.quests.conftest import new_event, new_person, new_team, run_actions

pytestmark = [pytest.mark.services, pytest.mark.django_db]
MARKET = Path(__file__).parents[3] / "packs" / "dodo-market"


@pytest.fixture(autouse=True)
def ports(settings: Settings) -> None:
    settings.OWN_SERVICE_PORTS = set(range(8_000, 9_000)) - {8_500}
    settings.REFERENCE_PORTS = [32_901]


def market_day(now: datetime, organizer: User, name: str = "Market day") -> Event:
    release = load_pack(now=now, folder=MARKET)[0]
    event = new_event(now=now, release=release, organizer=organizer, name=name)
    run_actions(event, now, ActionKind.VEND, ActionKind.OPEN)
    return event


@pytest.fixture
def event(now: datetime, organizer: User) -> Event:
    return market_day(now, organizer)


@pytest.fixture
def birds(event: Event, now: datetime) -> Enrollment:
    return new_team(event, now, "Birds", new_person("Pip"))


@pytest.fixture
def rivals(event: Event, now: datetime) -> Enrollment:
    return new_team(event, now, "Rivals", new_person("Quill"))


def hand_in(team: Enrollment, now: datetime, value: str, quest: str = "open-stall") -> None:
    save_input(
        now=now,
        enrollment=team,
        quest=team.event.release.quests.get(slug=quest),
        name="endpoint",
        value=value,
        user=team.participations.get().user,
    )


def own(team: Enrollment) -> set[str]:
    return addresses_by_team([team.pk])[team.pk]


def test_what_a_team_hands_in_first_is_its_own(birds: Enrollment, now: datetime) -> None:
    hand_in(birds, now, "http://127.0.0.1:8282")
    hand_in(birds, now, "http://localhost:8282/")
    assert own(birds) == {"127.0.0.1:8282"}


@pytest.mark.parametrize("value", ["http://127.0.0.1:8282", "http://localhost:8282", "https://127.0.0.1:8282/stall"])
def test_the_second_team_is_refused_and_keeps_what_it_had(
    birds: Enrollment, rivals: Enrollment, now: datetime, value: str
) -> None:
    hand_in(birds, now, "http://127.0.0.1:8282")
    hand_in(rivals, now, "http://127.0.0.1:8383")
    with pytest.raises(AddressTaken, match="Another team has handed in port 8282 of this machine first"):
        hand_in(rivals, now, value)
    assert InputValue.objects.get(enrollment=rivals).value == "http://127.0.0.1:8383"
    assert (own(birds), own(rivals)) == ({"127.0.0.1:8282"}, {"127.0.0.1:8383"})


def test_an_address_that_is_replaced_is_free_for_others(birds: Enrollment, rivals: Enrollment, now: datetime) -> None:
    hand_in(birds, now, "http://127.0.0.1:8282")
    hand_in(birds, now, "https://shop.example.org")
    hand_in(rivals, now, "http://127.0.0.1:8282")
    assert (own(birds), own(rivals)) == (set(), {"127.0.0.1:8282"})


def test_when_the_event_is_over_its_ports_are_free(
    birds: Enrollment, event: Event, now: datetime, organizer: User
) -> None:
    hand_in(birds, now, "http://127.0.0.1:8282")
    other = new_team(market_day(now, organizer, "Next day"), now, "Others", new_person("Mo"))
    with pytest.raises(AddressTaken):
        hand_in(other, now, "http://127.0.0.1:8282")
    Event.objects.filter(pk=event.pk).update(state=EventState.PAUSED, paused_at=now, ends_at=now + timedelta(minutes=1))
    with pytest.raises(AddressTaken):
        hand_in(other, now + timedelta(minutes=2), "http://127.0.0.1:8282")
    Event.objects.filter(pk=event.pk).update(state=EventState.CLOSED, paused_at=None)
    hand_in(other, now, "http://127.0.0.1:8282")
    assert (own(birds), own(other)) == (set(), {"127.0.0.1:8282"})


@pytest.mark.parametrize("value", ["http://127.0.0.1:8500", "http://localhost", "http://127.0.0.1:20500"])
def test_ports_that_are_not_for_teams_are_refused(birds: Enrollment, now: datetime, value: str) -> None:
    with pytest.raises(AddressTaken, match=r"is not for teams\. Start yours on another, from 8000 to 8999"):
        hand_in(birds, now, value)
    assert not InputValue.objects.exists()


def test_a_port_of_packs_services_is_nobodys_by_handing_it_in(birds: Enrollment, now: datetime) -> None:
    hand_in(birds, now, "http://127.0.0.1:32901")
    assert own(birds) == set()


@pytest.mark.parametrize(("mode", "allowed"), [("aws", {8_282}), ("simulator", set())])
def test_elsewhere_nothing_on_this_machine_is_a_teams(
    birds: Enrollment, now: datetime, settings: Settings, mode: str, allowed: set[int]
) -> None:
    settings.AWS_MODE, settings.OWN_SERVICE_PORTS = mode, allowed
    hand_in(birds, now, "http://127.0.0.1:8282")
    assert own(birds) == set()


@pytest.mark.django_db(transaction=True)
def test_of_two_teams_at_once_one_gets_the_port(birds: Enrollment, rivals: Enrollment, now: datetime) -> None:
    start, said = threading.Barrier(2), []

    def race(team: Enrollment) -> None:
        try:
            start.wait()
            hand_in(team, now, "http://127.0.0.1:8282")
            said.append("saved")
        except Refusal as refusal:
            said.append(type(refusal).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=race, args=[team]) for team in (birds, rivals)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["AddressTaken", "saved"]
    assert (OwnService.objects.count(), InputValue.objects.count()) == (1, 1)
