"""Teams and organizers see what sandboxes cost: always as an estimate, with its age and what is not in it."""

import re
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from provisioning.models import Lease
from tests.quests.views.conftest import World

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def _text(world: World, who: str, address: str, **query: str) -> str:
    answer = world.client(who).get(reverse(address, args=[world.event.slug]), query)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode())).replace("&#x27;", "'")


def _spend(lease: Lease, now: datetime, usd: str) -> None:
    Lease.objects.filter(pk=lease.pk).update(cost_usd=Decimal(usd), cost_at=now - timedelta(minutes=2))


@pytest.fixture
def lease(world: World) -> Lease:
    assert world.team.place is not None and world.team.place.lease is not None
    return world.team.place.lease


def test_a_team_sees_its_estimate_with_its_age_and_what_it_omits(world: World, lease: Lease, now: datetime) -> None:
    assert "so far" not in _text(world, "member", "console", part="sandbox")
    _spend(lease, now, "0.1234")

    shown = _text(world, "member", "console", part="sandbox")

    made = now - timedelta(minutes=2)
    assert f"about $0.12 so far · estimate, {made:%H:%M:%S}" in shown
    assert "Not in it: data transfer; requests" in shown
    assert "it is what the same things would cost on AWS" in shown
    assert "so far" not in _text(world, "other_team", "console", part="sandbox")


def test_organizers_see_each_team_and_the_events_total(world: World, lease: Lease, now: datetime) -> None:
    assert "All sandboxes together" not in _text(world, "organizer", "control", part="places")
    _spend(lease, now, "0.1234")

    shown = _text(world, "organizer", "control", part="places")

    assert "about $0.12 of $1.00 · estimate, " in shown
    assert "All sandboxes together: about $0.12 of $3.00 · estimate, the oldest " in shown
    assert "2 sandboxes have none yet" in shown
    assert "Not in it: data transfer; requests" in shown


def test_a_tiny_amount_is_no_false_zero(world: World, lease: Lease, now: datetime) -> None:
    _spend(lease, now, "0.0004")

    assert "cost less than $0.01 so far" in _text(world, "member", "console", part="sandbox")
    _spend(lease, now, "0")
    assert "cost nothing so far" in _text(world, "member", "console", part="sandbox")
