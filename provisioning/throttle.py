"""Token buckets in Redis, shared by all workers, for the calls that AWS limits per organization."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

import redis
from django.conf import settings


@dataclass(frozen=True)
class Rate:
    """How fast a bucket refills, and how much it holds."""

    per_second: float
    burst: int


# AWS's published figures, see the design's provisioning page.
RATES = {
    "organizations:CreateAccount": Rate(0.1, 3),
    "organizations:MoveAccount": Rate(2, 3),
    "organizations:ChangePolicy": Rate(2, 3),
    "organizations:Describe": Rate(5, 8),
    "sts:AssumeRole": Rate(50, 100),
}
SIMULATOR_RATE = Rate(500, 500)
WITHOUT_REDIS_SECONDS = 2.0

_TAKE = """
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local tokens = tonumber(kept[1]) or burst
tokens = math.min(burst, tokens + math.max(0, now - (tonumber(kept[2]) or now)) * rate)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = (1 - tokens) / rate end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000) + 1000)
return tostring(wait)
"""


class Paced(Exception):
    """The call must wait its turn; nothing was sent."""

    def __init__(self, name: str, wait: float) -> None:
        super().__init__(f"{name} may go out in {wait:.1f} s")
        self.wait = timedelta(seconds=wait)


@lru_cache(maxsize=4)
def _connection(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def take(name: str) -> None:
    """Take one token of a named bucket, or raise Paced with the time to wait."""
    rate = SIMULATOR_RATE if settings.AWS_MODE == "simulator" else RATES[name]
    try:
        wait = float(
            _connection(settings.REDIS_URL).eval(_TAKE, 1, f"throttle:{name}", str(rate.per_second), str(rate.burst))
        )
    except redis.RedisError as error:
        # Without the shared count nobody can know the rate; waiting is the safe side.
        raise Paced(name, WITHOUT_REDIS_SECONDS) from error
    if wait > 0:
        raise Paced(name, wait)
