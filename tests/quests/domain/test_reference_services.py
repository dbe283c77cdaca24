"""What a team's wish for a pack's service leads to: one row, one port, one runner, and an end."""

from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from accounts.models import User
from provisioning.enums import LeaseState
from quests.domain import reference_services as domain
from quests.domain.refusals import EventNotOpen, UnableToServe
from quests.enums import EventState, ServiceState
from quests.models import Enrollment, Event, InputValue, ReferenceService
from tests.quests.conftest import new_person, new_team

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def two_ports(settings: Settings) -> None:
    settings.REFERENCE_PORTS = [32_901, 32_902]


@pytest.fixture
def person() -> User:
    return new_person("Pip")


@pytest.fixture
def team(open_event: Event, now: datetime, person: User) -> Enrollment:
    return ready(new_team(open_event, now, "Birds", person))


def ready(team: Enrollment) -> Enrollment:
    assert team.place and team.place.lease
    team.place.lease.state = LeaseState.READY
    team.place.lease.save()
    return team


def launch(team: Enrollment, person: User, now: datetime, table: str = "products") -> ReferenceService:
    return domain.launch_service(
        now=now, enrollment=team, slug="catalogue", values={"TABLE": table, "PATH": "/tmp"}, user=person
    )


def test_a_launch_takes_a_port_keeps_the_settings_and_hands_in_the_address(
    team: Enrollment, person: User, now: datetime
) -> None:
    service = launch(team, person, now)
    assert service.settings == {"TABLE": "products"}
    assert domain.addresses_by_team([team.pk])[team.pk] == {f"127.0.0.1:{service.port}"}
    assert InputValue.objects.get(enrollment=team, name="endpoint").value == f"http://127.0.0.1:{service.port}"


def test_launched_twice_it_runs_once(team: Enrollment, person: User, now: datetime) -> None:
    first, second = launch(team, person, now), launch(team, person, now, table="other")
    assert (second.pk, second.port, second.run, second.settings) == (first.pk, first.port, 1, {"TABLE": "products"})


def test_when_all_ports_are_taken_it_says_so_and_hands_in_nothing(
    team: Enrollment, person: User, now: datetime, open_event: Event, settings: Settings
) -> None:
    settings.REFERENCE_PORTS = [32_901]
    launch(team, person, now)
    rival = new_person("Quill")
    other = ready(new_team(open_event, now, "Other Birds", rival))
    with pytest.raises(UnableToServe, match="All 1 ports"):
        launch(other, rival, now)
    assert not InputValue.objects.filter(enrollment=other).exists()


def test_beside_real_aws_there_is_no_such_service(
    team: Enrollment, person: User, now: datetime, settings: Settings
) -> None:
    settings.AWS_MODE = "aws"
    with pytest.raises(UnableToServe):
        launch(team, person, now)


def test_after_the_end_nothing_is_launched(team: Enrollment, person: User, now: datetime) -> None:
    with pytest.raises(EventNotOpen):
        launch(team, person, now + timedelta(days=3))


def test_a_service_has_one_runner_until_that_one_falls_silent(team: Enrollment, person: User, now: datetime) -> None:
    service = launch(team, person, now)
    [first] = domain.claim_services(now=now, held={}, limit=5)
    assert domain.claim_services(now=now, held={}, limit=5) == []
    later = now + domain.CLAIM + timedelta(seconds=1)
    [second] = domain.claim_services(now=later, held={}, limit=5)
    assert domain.claim_services(now=later, held={first.pk: first.version}, limit=5) == []
    domain.record_ended(now=later, claim=first, reason="late", output="", crashed=True)
    service.refresh_from_db()
    assert service.state == ServiceState.STARTING
    domain.record_running(now=later, claim=second, output="open\0")
    service.refresh_from_db()
    assert (service.state, service.output) == (ServiceState.RUNNING, "open�")


def test_a_crash_gives_the_port_free_and_can_be_launched_again(team: Enrollment, person: User, now: datetime) -> None:
    launch(team, person, now)
    [claim] = domain.claim_services(now=now, held={}, limit=5)
    domain.record_ended(now=now, claim=claim, reason="It ended.", output="oh no", crashed=True)
    assert domain.addresses_by_team([team.pk])[team.pk] == set()
    again = launch(team, person, now, table="rentals")
    assert (again.state, again.run, again.reason, again.settings) == (
        ServiceState.STARTING,
        2,
        "",
        {"TABLE": "rentals"},
    )


def test_the_end_of_the_event_stops_it(team: Enrollment, person: User, now: datetime, open_event: Event) -> None:
    service = launch(team, person, now)
    assert domain.stop_what_is_over(now=now) == 0
    Event.objects.filter(pk=open_event.pk).update(state=EventState.CLOSED)
    assert domain.stop_what_is_over(now=now) == 1
    service.refresh_from_db()
    assert service.state == ServiceState.STOPPING
    [claim] = domain.claim_services(now=now, held={}, limit=5)
    domain.record_ended(now=now, claim=claim, output="", crashed=False)
    service.refresh_from_db()
    assert (service.state, service.reason) == (ServiceState.STOPPED, "The event or the sandbox is over.")
    assert service.claimed_until is None
