"""PostgreSQL, Redis, the gate with fault injection, two workers, the default worker and beat, each its own process."""

from dataclasses import replace
from pathlib import Path

from labs.local.child import PLATFORM, Child
from labs.local.children import GATE, PLATFORM_PROCESSES, PlatformProcess, as_module, django_command
from labs.local.environment import platform_environment
from labs.local.postgres import NAME as POSTGRES
from labs.local.redis_server import NAME as REDIS
from labs.local.stack import CHECKOUT, LocalServices

LEASE_WORKERS = ("worker-lease-1", "worker-lease-2")
DEFAULT, BEAT = "worker-default", "beat"
KILLABLE = (*LEASE_WORKERS, POSTGRES, REDIS, DEFAULT, BEAT)
# A killed worker's rows are taken over when its claim ends: the storm cannot wait a minute and a half each time.
CLAIM_SECONDS = 24


class StormStack(LocalServices):
    """What provisioning needs, and nothing that people look at."""

    def __init__(self, folder: Path, *, account_limit: int) -> None:
        super().__init__(
            folder,
            faults=True,
            extra_environment={
                "AWS_ACCOUNT_LIMIT": str(account_limit),
                "CLAIM_SECONDS": str(CLAIM_SECONDS),
                "VERIFY_INTERVAL_SECONDS": "0.2",
            },
        )

    def wait_for_the_rest(self) -> None:
        """Migrate, then start the workers."""
        environment = platform_environment(self.env)
        self.supervisor.run(django_command(environment, "migrate", "--no-input", checkout=CHECKOUT))
        super().wait_for_the_rest()
        state = self.folder.subfolder("beat")
        self.supervisor.start(
            *(
                Child(
                    name=process.name,
                    command=as_module(process.command(state=state)),
                    environment=environment,
                    directory=CHECKOUT,
                    stage=PLATFORM,
                )
                for process in _processes()
            )
        )

    def wait_for_a_new_gate(self) -> None:
        """Wait until the gate that was killed answers again, as a new life of the simulator."""
        self.supervisor.wait_until_healthy(GATE, seconds=30)


def _processes() -> list[PlatformProcess]:
    """The platform's own processes but for people and probes, the lease worker twice: one goes on while one is dead."""
    known = {process.name: process for process in PLATFORM_PROCESSES}
    lease = known["worker-lease"]
    twins = [
        replace(lease, name=name, words=tuple(f"{name}@%h" if word == "lease@%h" else word for word in lease.words))
        for name in LEASE_WORKERS
    ]
    return [*twins, known[DEFAULT], known[BEAT]]
