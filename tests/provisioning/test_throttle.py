"""What AWS limits per organization is counted once for all workers."""

import pytest
import redis
from pytest_django.fixtures import Settings

from provisioning import throttle

pytestmark = pytest.mark.services

NAME = "organizations:CreateAccount"


@pytest.fixture(autouse=True)
def _full_bucket(settings: Settings) -> None:
    redis.Redis.from_url(settings.REDIS_URL).delete(f"throttle:{NAME}")


def test_a_burst_passes_and_the_next_is_told_how_long_to_wait(settings: Settings) -> None:
    settings.AWS_MODE = "aws"
    for _ in range(throttle.RATES[NAME].burst):
        throttle.take(NAME)

    with pytest.raises(throttle.Paced) as paced:
        throttle.take(NAME)

    assert 5 < paced.value.wait.total_seconds() <= 10


def test_the_simulator_is_generous(settings: Settings) -> None:
    settings.AWS_MODE = "simulator"
    for _ in range(100):
        throttle.take(NAME)


def test_without_redis_calls_wait(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    with pytest.raises(throttle.Paced):
        throttle.take(NAME)
