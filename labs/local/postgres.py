"""PostgreSQL from the wheel's binaries: created once, run in the foreground, reached by password only."""

import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from labs.local.child import Account, Child
from labs.local.environment import bare_environment
from labs.local.health import look_at_postgres
from labs.local.ports import LOOPBACK
from labs.local.postgres_home import MAJOR, PostgresHome
from labs.local.supervisor import Supervisor

NAME = "postgres"
_ADMINISTRATOR = "postgres"
_ROLE = _DATABASE = "labs"
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    # A socket's path is limited to 107 bytes, a checkout's is not.
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "io_method": "sync",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "",
    "log_checkpoints": "off",
    "max_logical_replication_workers": "0",
}
# Tests throw their data away: nothing needs to reach the disk.
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class PostgresServer:
    """One server with the platform's database; its role may create databases, but is no superuser."""

    home: PostgresHome
    account: Account | None
    port: int
    password: str
    administrator_password: str
    durable: bool = True

    @property
    def url(self) -> str:
        """The address of the platform's database, with its role and password."""
        return self._url(_ROLE, self.password, _DATABASE)

    @property
    def data(self) -> Path:
        """The data folder of this major release."""
        return self.home.folder / f"data-{MAJOR}"

    def create(self, supervisor: Supervisor) -> None:
        """Create the data folder if there is none; one that a crash left half made is started over."""
        if self.data.exists():
            return
        draft = self.data.with_suffix(".new")
        password_file = self.home.folder / "administrator-password"
        shutil.rmtree(draft, ignore_errors=True)
        password_file.unlink(missing_ok=True)
        draft.mkdir(mode=0o700)
        descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(self.administrator_password + "\n")
        if self.account:
            os.chown(draft, self.account.uid, self.account.gid)
            os.chown(password_file, self.account.uid, self.account.gid)
        try:
            supervisor.run(self._command("initdb", *self._initdb_arguments(draft, password_file)), quiet=True)
        finally:
            password_file.unlink()
        draft.rename(self.data)

    def child(self) -> Child:
        """Return the server's process; SIGINT makes it end sessions and write everything before it stops."""
        settings = _SETTINGS if self.durable else {**_SETTINGS, **_FORGETFUL}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return self._command("postgres", "-D", str(self.data), "-p", str(self.port), *options)

    def ensure_database(self) -> None:
        """Create the platform's role and database in the running server, unless they exist."""
        with psycopg.connect(self._administrator_url, autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [_ROLE]).fetchone():
                role, password = sql.Identifier(_ROLE), sql.Literal(self.password)
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(role, password))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_DATABASE]).fetchone():
                database, role = sql.Identifier(_DATABASE), sql.Identifier(_ROLE)
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))

    @property
    def _administrator_url(self) -> str:
        return self._url(_ADMINISTRATOR, self.administrator_password, "postgres")

    def _url(self, role: str, password: str, database: str) -> str:
        return f"postgres://{role}:{quote(password, safe='')}@{LOOPBACK}:{self.port}/{database}"

    def _command(self, program: str, *arguments: str) -> Child:
        return Child(
            name=NAME,
            command=(str(self.home.binaries / program), *arguments),
            environment=bare_environment(),
            # A folder that the server's user can surely enter: it may not enter the checkout.
            directory=Path("/"),
            account=self.account,
            health=lambda: look_at_postgres(self._administrator_url),
            stop_signal=signal.SIGINT,
            stop_seconds=15.0,
        )

    def _initdb_arguments(self, data: Path, password_file: Path) -> tuple[str, ...]:
        return (
            f"--pgdata={data}",
            f"--username={_ADMINISTRATOR}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # Sorting by PostgreSQL's own code: the same on every machine, whatever its C library.
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            *(() if self.durable else ("--no-sync",)),
        )
