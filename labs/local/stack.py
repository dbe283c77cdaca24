"""The local stack as objects: its services alone, or with the platform's processes on top."""

import signal
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from labs.local.children import ANSWERING, GATE, WEB, django_command, gate_child, platform_children
from labs.local.console import Sink
from labs.local.environment import platform_environment, write_stack_env
from labs.local.folder import StackFolder
from labs.local.health import look_at_http
from labs.local.ports import LOOPBACK, OWN_SERVICE_PORTS, REFERENCE_PORTS, require_free, settle_ports
from labs.local.postgres import NAME as POSTGRES
from labs.local.postgres import PostgresServer
from labs.local.postgres_home import PRIVATE_ROOT, find_home, forget_private_folder
from labs.local.redis_server import NAME as REDIS
from labs.local.redis_server import RedisServer
from labs.local.supervisor import Supervisor
from labs.local.unprivileged import unprivileged_account

CHECKOUT = Path(__file__).resolve().parents[2]
_SERVICE_SECONDS = 60.0
_PLATFORM_SECONDS = 90.0


class LocalServices:
    """PostgreSQL, Redis and the simulator's gate on free ports, with everything they keep in ``folder``.

    As a context manager it starts and stops them, and gives the environment variables that lead to them. Services
    that are not ``durable`` are faster, and lose their data. Without a ``sink`` all output goes to ``stack.log`` in
    the folder. With ``faults`` the gate injects them at the word of whoever has the token in the environment; only
    tests want that. An object serves for one start and one stop; the next start of the same folder is another object's.
    """

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool = False,
        web_port: int | None = None,
        extra_environment: Mapping[str, str] | None = None,
        sink: Sink | None = None,
        faults: bool = False,
    ) -> None:
        self.folder = StackFolder(folder)
        self.env: dict[str, str] = {}
        self._durable = durable
        self._wanted_web_port = web_port
        self._faults = faults
        self._extra_environment = dict(extra_environment or {})
        self.sink: Sink = sink or partial(_append, self.folder.path / "stack.log")
        self.supervisor = Supervisor(sink=self.sink)
        self.web_port = 0
        self._postgres: PostgresServer | None = None

    def __enter__(self) -> dict[str, str]:
        self.start()
        return self.env

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the services and wait until all are healthy; on an error nothing is left running."""
        self.folder.open()
        self.supervisor.hold(self.folder.held)
        try:
            self.launch()
            self.wait_for_database()
            self.wait_for_the_rest()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop every child, the last started first, and give the folder free; again is no error."""
        self.supervisor.stop_all()
        if self.folder.held and not self._durable:
            forget_private_folder(self.folder)
        self.folder.close()

    def launch(self) -> None:
        """Start all services side by side, and write down how to reach them."""
        if self._wanted_web_port:
            require_free(self._wanted_web_port)
        remembered: dict[str, int] = self.folder.recall().get("ports", {})
        names = [POSTGRES, REDIS, GATE, *([] if self._wanted_web_port else [WEB])]
        ports = settle_ports(names, remembered, avoid=[self._wanted_web_port] if self._wanted_web_port else [])
        self.folder.remember(ports=ports)
        self.web_port = self._wanted_web_port or ports[WEB]
        account = unprivileged_account()
        root = PRIVATE_ROOT if self._durable else Path(tempfile.gettempdir())
        postgres = self._postgres = PostgresServer(
            home=find_home(self.folder, account, private_root=root),
            account=account,
            port=ports[POSTGRES],
            password=self.folder.secret("postgres"),
            administrator_password=self.folder.secret("postgres-administrator"),
            durable=self._durable,
        )
        redis = RedisServer(
            self.folder.subfolder("redis"), ports[REDIS], self.folder.secret("redis"), durable=self._durable
        )
        self.env = self._environment(postgres, redis, ports)
        gate = f"http://{LOOPBACK}:{ports[GATE]}/_gate/health"
        self.supervisor.start(
            redis.child(),
            gate_child(
                platform_environment(self.env),
                checkout=CHECKOUT,
                port=ports[GATE],
                health=partial(look_at_http, gate),
                faults=self._faults,
            ),
        )
        postgres.create(self.supervisor)
        self.supervisor.start(postgres.child())
        write_stack_env(self.folder.stack_env, self.env)

    def wait_for_database(self) -> None:
        """Wait until the platform's database answers."""
        assert self._postgres is not None
        self.supervisor.wait_until_healthy(POSTGRES, seconds=_SERVICE_SECONDS)
        self._postgres.ensure_database()

    def wait_for_the_rest(self) -> None:
        """Wait until Redis and the gate answer."""
        self.supervisor.wait_until_healthy(REDIS, GATE, seconds=_SERVICE_SECONDS)

    def pid(self, name: str) -> int | None:
        """Return the process id of a child, None while it is between two runs."""
        return self.supervisor.pid(name)

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Send a signal to a child and all it has started; the supervisor restarts what dies of it."""
        self.supervisor.kill(name, number)

    def _environment(self, postgres: PostgresServer, redis: RedisServer, ports: Mapping[str, int]) -> dict[str, str]:
        gate = f"http://{LOOPBACK}:{ports[GATE]}"
        return {
            "DJANGO_SETTINGS_MODULE": "labs.settings.dev",
            "SECRET_KEY": self.folder.secret("secret-key", size=64),
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
            # Four slashes: what follows the third is the folder, and an absolute one begins with its own.
            "EMAIL_URL": f"filemail:///{quote(str(self.folder.subfolder('mail')))}",
            "ALLOWED_HOSTS": f"{LOOPBACK},localhost",
            "PUBLIC_BASE_URL": f"http://{LOOPBACK}:{self.web_port}",
            "AWS_MODE": "simulator",
            "SIMULATOR_ENDPOINT_URL": gate,
            "PUBLIC_AWS_ENDPOINT_URL": gate,
            "SIMULATOR_ACCESS_KEY_ID": f"AKIA{_letters(self.folder.secret('simulator-key-id'))}",
            "SIMULATOR_SECRET_ACCESS_KEY": self.folder.secret("simulator-secret", size=30),
            "PROBE_ALLOWED_NETWORKS": "127.0.0.0/8",
            "PROBE_FORBIDDEN_PORTS": ",".join(str(ports[name]) for name in (POSTGRES, REDIS, GATE)),
            "REFERENCE_PORTS": f"{REFERENCE_PORTS[0]}-{REFERENCE_PORTS[-1]}",
            "OWN_SERVICE_PORTS": f"{OWN_SERVICE_PORTS[0]}-{OWN_SERVICE_PORTS[-1]}",
            "LOG_FORMAT": "console",
            **({"GATE_FAULTS_TOKEN": self.folder.secret("gate-faults")} if self._faults else {}),
            **self._extra_environment,
        }


class LocalStack(LocalServices):
    """The services with the platform on top: web, workers and beat, migrated and ready."""

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool = False,
        web_port: int | None = None,
        extra_environment: Mapping[str, str] | None = None,
        sink: Sink | None = None,
        faults: bool = False,
        demo: bool = False,
    ) -> None:
        super().__init__(
            folder, durable=durable, web_port=web_port, extra_environment=extra_environment, sink=sink, faults=faults
        )
        self._demo = demo

    def wait_for_the_rest(self) -> None:
        """Migrate while the simulator still starts, then start the platform and wait until it is ready."""
        environment = platform_environment(self.env)
        self.supervisor.run(django_command(environment, "migrate", "--no-input", checkout=CHECKOUT))
        super().wait_for_the_rest()
        readyz = f"http://{LOOPBACK}:{self.web_port}/readyz"
        children = platform_children(
            environment,
            checkout=CHECKOUT,
            state=self.folder.subfolder("beat"),
            port=self.web_port,
            health=partial(look_at_http, readyz),
        )
        # Five interpreters that start at once delay each other: those that people wait for go first.
        self.supervisor.start(*(child for child in children if child.name in ANSWERING))
        self.supervisor.wait_until_healthy(WEB, seconds=_PLATFORM_SECONDS)
        self.supervisor.start(*(child for child in children if child.name not in ANSWERING))
        if self._demo:
            self.supervisor.run(django_command(environment, "demo", checkout=CHECKOUT))

    def manage(self, *arguments: str) -> list[str]:
        """Run a `manage.py` command against the stack and return the lines of its standard output."""
        return self.supervisor.run(
            django_command(platform_environment(self.env), *arguments, checkout=CHECKOUT), quiet=True
        )


def _letters(secret: str) -> str:
    """Give a secret the looks of an AWS key id: 16 capital letters and digits."""
    return "".join(character for character in secret.upper() if character.isalnum())[:16].ljust(16, "X")


def _append(path: Path, name: str, line: str) -> None:
    with path.open("a", encoding="utf-8") as log:
        log.write(f"{name} {line}\n")
