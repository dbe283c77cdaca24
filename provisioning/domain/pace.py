"""How often the machines look again; the simulator answers at once, AWS takes its time."""

import random
from datetime import timedelta

from django.conf import settings

NOW = timedelta(0)


def poll() -> timedelta:
    """Return how long to wait before looking at something that AWS is working on."""
    return timedelta(seconds=0.2 if settings.AWS_MODE == "simulator" else 5)


def cost_interval() -> timedelta:
    """Return how long to wait until a sandbox's cost is estimated again, spread so that not all are due at once."""
    return timedelta(seconds=settings.COST_EVERY_SECONDS * random.uniform(0.9, 1.1))


def after_pass(passes: int) -> timedelta:
    """Return how long to wait after so many passes of deletion: some things take AWS minutes to delete."""
    return poll() if settings.AWS_MODE == "simulator" else timedelta(seconds=min(30, 5 + passes))


def verify_interval() -> timedelta:
    """Return how far the two verifying listings are apart."""
    return timedelta(seconds=settings.VERIFY_INTERVAL_SECONDS)


def cooling() -> timedelta:
    """Return how long a clean account rests before it is lent again."""
    return timedelta(seconds=settings.ACCOUNT_COOLING_SECONDS)
