"""Sending nudges."""

import json
import time
from functools import lru_cache

import redis
import structlog
from django.conf import settings

CHANNEL = "labs:live"
log = structlog.get_logger(__name__)


@lru_cache(maxsize=1)
def _client() -> "redis.Redis":
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, health_check_interval=30
    )


def publish(topics: list[str]) -> None:
    """Nudge every open page that shows these topics; a broken Redis costs only the liveliness of pages."""
    version = time.time_ns() // 1_000_000
    try:
        pipeline = _client().pipeline(transaction=False)
        for topic in dict.fromkeys(topics):
            pipeline.publish(CHANNEL, json.dumps({"topic": topic, "version": version}))
        pipeline.execute()
    except redis.RedisError as error:
        log.warning("live.publish_failed", error=str(error), topics=topics)
