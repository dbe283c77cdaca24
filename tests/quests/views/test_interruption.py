"""After a restart of the simulator everybody affected is told what happened, what was kept and what is being done."""

import uuid
from datetime import datetime, timedelta

import pytest
from django.urls import reverse

from provisioning.domain import simulator
from provisioning.enums import LeaseState
from provisioning.models import Lease
from quests.domain.queries.interruption import Interruption, interruption_of
from tests.provisioning import sandboxes
from tests.provisioning.sandboxes import Machine
from tests.quests.views.conftest import World

pytestmark = [pytest.mark.services, pytest.mark.django_db]

WHAT_HAPPENED = "The simulated AWS restarted"
KEPT = "Kept: people and teams, what was handed in, hints, and every point."
PAGES = {"member": ("console", "workbench", "access", "event", "board"), "coach": ("coach_event", "board")}


@pytest.fixture
def machine() -> Machine:
    return Machine()


def all_ready(world: World, machine: Machine) -> None:
    sandboxes.vend_alone(machine, *Lease.objects.filter(scope=world.event.pk))


def banner(world: World, who: str) -> str:
    return world.client(who).get(reverse("event", args=[world.event.slug]), {"part": "interruption"}).content.decode()


def test_everybody_affected_is_told_until_some_minutes_after(world: World, machine: Machine, now: datetime) -> None:
    assert simulator.notice_restart(now=machine.clock())
    all_ready(world, machine)
    assert banner(world, "member").strip() == ""

    generation = uuid.uuid4().hex
    at = machine.clock()
    assert simulator.adopt(now=at, generation=generation)
    for who, names in PAGES.items():
        for name in names:
            page = world.client(who).get(reverse(name, args=[world.event.slug])).content.decode()
            assert (WHAT_HAPPENED in page, KEPT in page) == (True, True), (who, name)
    assert "A new sandbox with the same starter stack is being made for your team" in banner(world, "member")
    assert "0 of 3 sandboxes are ready again." in banner(world, "coach")
    assert "0 of 3 sandboxes are ready again." in banner(world, "organizer")
    assert generation in banner(world, "staff")
    assert generation not in banner(world, "organizer")
    assert banner(world, "teamless").strip() == ""

    all_ready(world, machine)
    told = banner(world, "member")
    assert "Your team's new sandbox is ready" in told.replace("&#x27;", "'")
    assert reverse("access", args=[world.event.slug]) in told
    assert "3 of 3 sandboxes are ready again." in banner(world, "coach")

    later = machine.clock() + timedelta(minutes=10)
    place = world.team.place_id
    whole = interruption_of(now=later - timedelta(minutes=1), event=world.event, place=None, whole=True)
    assert whole == Interruption(at=at, own="", total=3, ready=3, failed=0)
    assert interruption_of(now=later, event=world.event, place=place, whole=True) is None
    assert interruption_of(now=later, event=world.event, place=place, whole=False) is None


def test_a_sandbox_that_cannot_be_made_again_stays_told(world: World, machine: Machine, now: datetime) -> None:
    assert simulator.notice_restart(now=machine.clock())
    all_ready(world, machine)
    simulator.adopt(now=machine.clock(), generation=uuid.uuid4().hex)
    Lease.objects.filter(pk=world.team.place.lease_id).update(state=LeaseState.FAILED)  # type: ignore[union-attr]
    assert "could not be made. Ask an organizer" in banner(world, "member")
    assert "1 could not be made: the control room says why." in banner(world, "organizer")
    assert (
        interruption_of(now=now + timedelta(hours=1), event=world.event, place=world.team.place_id, whole=False)
        is not None
    )


def test_events_that_were_not_running_are_left_alone(world: World, machine: Machine) -> None:
    assert simulator.notice_restart(now=machine.clock())
    simulator.adopt(now=machine.clock(), generation=uuid.uuid4().hex)
    # Every lease was only asked for: nothing was lost.
    assert banner(world, "coach").strip() == ""


def test_the_workbench_waits_for_its_sandbox_and_asks_again_by_itself(world: World, machine: Machine) -> None:
    member, where = world.client("member"), reverse("workbench", args=[world.event.slug])
    waiting = member.get(where).content.decode()
    assert f'id="not-yet" hx-get="{where}"' in waiting
    assert 'id="service"' not in waiting
    all_ready(world, machine)
    opened = member.get(where).content.decode()
    assert 'id="not-yet"' not in opened
    assert 'id="service"' in opened
