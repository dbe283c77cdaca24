"""The commands of the platform's processes, as data: the local stack runs them, and so does every deployment.

`docker-compose.yml` runs the very same words; a test compares them. Only what stands in braces differs.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from labs.local.child import PLATFORM, SERVICES, Child, Health
from labs.local.ports import LOOPBACK

WEB, GATE = "web", "gate"


@dataclass(frozen=True)
class PlatformProcess:
    """A command with ``{host}``, ``{port}`` and ``{state}`` (a lasting folder) left open."""

    name: str
    words: tuple[str, ...]

    def command(self, *, host: str = LOOPBACK, port: int = 0, state: Path = Path()) -> tuple[str, ...]:
        """Fill in the open parts."""
        return tuple(word.format(host=host, port=port, state=state) for word in self.words)


def _worker(queues: str, name: str, concurrency: int) -> tuple[str, ...]:
    # Threads, because tasks wait for AWS and for probed sites. Gossip and mingle serve cooperating workers, which
    # these are not, and cost a second at each start.
    return (
        *("celery", "-A", "labs", "worker", "--queues", queues, "--hostname", f"{name}@%h"),
        *("--pool", "threads", "--concurrency", str(concurrency)),
        *("--without-gossip", "--without-mingle", "--loglevel", "INFO"),
    )


PLATFORM_PROCESSES = (
    PlatformProcess(
        WEB,
        (
            *(
                "granian",
                "--interface",
                "asgi",
                "labs.asgi:application",
                "--host",
                "{host}",
                "--port",
                "{port}",
            ),
            *("--workers", "1"),
        ),
    ),
    # Cleaning and vending share a worker; probing has its own, so that neither can starve the other.
    PlatformProcess("worker-lease", _worker("vend,sweep", "lease", 8)),
    PlatformProcess("worker-probe", _worker("probe", "probe", 8)),
    # Ticks arrive here every second and must not wait behind long work: nothing else belongs in this queue.
    PlatformProcess("worker-default", _worker("default", "default", 4)),
    PlatformProcess(
        "beat", ("celery", "-A", "labs", "beat", "--schedule", "{state}/beat-schedule", "--loglevel", "INFO")
    ),
)

# Packs' own services for teams, where AWS is simulated: processes of this one. A deployment has none.
LOCAL_PROCESSES = (PlatformProcess("services", ("django", "reference_services")),)

# What `/readyz` needs: pages, and a tick that is sent and worked off.
ANSWERING = frozenset({WEB, "worker-default", "beat"})


def platform_children(
    environment: Mapping[str, str], *, checkout: Path, state: Path, port: int, health: Health
) -> list[Child]:
    """Return the platform's processes for the local stack; ``health`` looks at the web process."""
    return [
        Child(
            name=process.name,
            command=as_module(process.command(port=port, state=state)),
            environment=environment,
            directory=checkout,
            health=health if process.name == WEB else None,
            stage=PLATFORM,
        )
        for process in (*PLATFORM_PROCESSES, *LOCAL_PROCESSES)
    ]


def gate_child(
    environment: Mapping[str, str], *, checkout: Path, port: int, health: Health, faults: bool = False
) -> Child:
    """Return the simulator's gate, which keeps the simulator in its own memory; `faults` can be injected in tests."""
    return Child(
        name=GATE,
        command=(sys.executable, "-m", "labs.local.gate", "--port", str(port), *(["--faults"] if faults else [])),
        environment=environment,
        directory=checkout,
        health=health,
        stage=SERVICES,
        stop_seconds=5.0,
    )


def django_command(environment: Mapping[str, str], *arguments: str, checkout: Path) -> Child:
    """Return one run of `manage.py`."""
    return Child(
        name=arguments[0],
        command=(sys.executable, "manage.py", *arguments),
        environment=environment,
        directory=checkout,
    )


def as_module(command: tuple[str, ...]) -> tuple[str, ...]:
    """Run a program of the environment as a module: a script's first line may be too long to run."""
    return (sys.executable, "-m", *command)
