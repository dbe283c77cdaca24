"""Single looks at services: None when healthy, else the reason why not."""

import http.client
from collections.abc import Sequence
from urllib.parse import urlsplit

import psycopg
import redis

_LOOK_SECONDS = 2


def look_at_postgres(url: str) -> str | None:
    """Ask PostgreSQL a trivial query."""
    try:
        with psycopg.connect(url, connect_timeout=_LOOK_SECONDS, autocommit=True) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError as error:
        return _first_line(error)
    return None


def look_at_redis(url: str) -> str | None:
    """Ask Redis for a pong; while it loads its data it answers with an error."""
    client = redis.Redis.from_url(url, socket_timeout=_LOOK_SECONDS, socket_connect_timeout=_LOOK_SECONDS)
    try:
        client.ping()
    except redis.RedisError as error:
        return _first_line(error)
    finally:
        client.close()
    return None


def look_at_http(url: str, *, accepted: Sequence[int] = (200,)) -> str | None:
    """Get a page directly, by no proxy, and expect one of the accepted statuses."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_LOOK_SECONDS)
    try:
        connection.request("GET", parts.path or "/")
        response = connection.getresponse()
        body = response.read(500).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return _first_line(error)
    finally:
        connection.close()
    return None if response.status in accepted else f"{url} answered {response.status} {body.strip()}"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
