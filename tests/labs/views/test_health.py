"""What load balancers and people ask: is it alive, is it ready."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from labs.views.health import TICK_AGE_LIMIT
from quests.tasks import LAST_TICK, tick

pytestmark = [pytest.mark.services, pytest.mark.django_db]

READY = {"ready": True, "aws_mode": "simulator", "database": "ok", "redis": "ok", "tick": "ok", "aws": "ok"}


@pytest.fixture(autouse=True)
def no_tick_yet() -> Iterator[None]:
    cache.delete(LAST_TICK)
    yield
    cache.delete(LAST_TICK)


def ticked_at(moment: datetime) -> None:
    cache.set(LAST_TICK, moment.isoformat(), timeout=None)


def test_alive_says_so_without_anything_else(client: Client) -> None:
    answer = client.get(reverse("healthz"))
    assert (answer.status_code, answer.content) == (200, b"alive\n")


def test_ready_after_a_tick(client: Client) -> None:
    tick()
    answer = client.get(reverse("readyz"))
    assert (answer.status_code, answer.json()) == (200, READY)


def test_not_ready_before_the_first_tick(client: Client) -> None:
    answer = client.get(reverse("readyz"))
    assert (answer.status_code, answer.json()) == (503, READY | {"ready": False, "tick": "no tick yet"})


def test_not_ready_when_the_tick_stopped(client: Client) -> None:
    ticked_at(timezone.now() - TICK_AGE_LIMIT - timedelta(seconds=1))
    answer = client.get(reverse("readyz"))
    assert answer.status_code == 503
    assert answer.json()["tick"].startswith("last tick 2")


def test_a_dead_simulator_is_named(client: Client, settings: Settings) -> None:
    ticked_at(timezone.now())
    settings.SIMULATOR_ENDPOINT_URL = "http://127.0.0.1:1"
    answer = client.get(reverse("readyz"))
    assert answer.status_code == 503
    assert {part for part, state in answer.json().items() if state in ("ok", True)} == {"database", "redis", "tick"}


def test_the_answers_are_never_cached(client: Client) -> None:
    for name in ("healthz", "readyz"):
        assert "no-store" in client.get(reverse(name))["Cache-Control"]
