"""Token buckets in Redis, shared by all processes: for calls that AWS limits per organization, and per person."""

import uuid
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
# No work needs its credentials more often; a team's scripts may ask with every call.
PERSONAL_RATE = Rate(5, 200)
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


_COUNT = """
local asked = redis.call('INCR', KEYS[1])
if asked == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {asked, redis.call('TTL', KEYS[1])}
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
        _take(name, rate)
    except redis.RedisError as error:
        # Without the shared count nobody can know the rate; waiting is the safe side.
        raise Paced(name, WITHOUT_REDIS_SECONDS) from error


def take_personal(name: str, person: uuid.UUID) -> None:
    """Take one token of a person's own bucket, or raise Paced; without Redis everybody may pass.

    It keeps one person's runaway script off the others' backs. What protects AWS counts all people together.
    """
    try:
        _take(f"{name}:{person}", PERSONAL_RATE)
    except redis.RedisError:
        return


def take_quota(name: str, rate: Rate) -> None:
    """Take one token of a bucket that the caller names and sizes, or raise Paced; without Redis everybody may pass."""
    try:
        _take(name, rate)
    except redis.RedisError:
        return


@dataclass(frozen=True)
class Count:
    """How often somebody has asked in this minute, of how often they may, and when the next minute begins."""

    limit: int
    asked: int
    seconds_left: int

    @property
    def remaining(self) -> int:
        """How often they still may."""
        return max(0, self.limit - self.asked)

    @property
    def is_over(self) -> bool:
        """Whether they have asked too often."""
        return self.asked > self.limit


def count_in_minute(name: str, limit: int) -> Count | None:
    """Count one request of somebody in their own minute, which begins with its first; None without Redis.

    Whoever programs against us is told these numbers, so this is a plain count and not a bucket.
    """
    try:
        asked, left = _connection(settings.REDIS_URL).eval(_COUNT, 1, f"count:{name}", "60")
    except redis.RedisError:
        return None
    return Count(limit, int(asked), max(1, int(left)))


def _take(name: str, rate: Rate) -> None:
    bucket = f"throttle:{name}"
    wait = float(_connection(settings.REDIS_URL).eval(_TAKE, 1, bucket, str(rate.per_second), str(rate.burst)))
    if wait > 0:
        raise Paced(name, wait)
