"""PostgreSQL, Redis and the gate start on free ports, keep what they should, and come back when they are killed."""

import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import environ
import psycopg
import pytest
import redis

from labs.local.environment import read_stack_env
from labs.local.folder import StackFolder
from labs.local.health import look_at_http, look_at_postgres, look_at_redis
from labs.local.postgres_home import find_home, forget_private_folder
from labs.local.stack import LocalServices
from labs.local.unprivileged import unprivileged_account
from tests.labs.local.waiting import is_running, wait_until

pytestmark = pytest.mark.services
NAMES = ("postgres", "redis", "gate")


@pytest.fixture
def services(tmp_path: Path) -> Iterator[LocalServices]:
    # Deeper than a socket's path may be long, and with signs that shells and configurations dislike.
    folder = tmp_path / ("deep " * 25).strip() / "it's #1"
    services = LocalServices(folder)
    services.start()
    yield services
    services.stop()


def with_wrong_password(url: str) -> str:
    return url.replace(urlsplit(url).password or "", "guess")


def test_services_answer_with_their_passwords_only(services: LocalServices) -> None:
    env = services.env
    assert look_at_postgres(env["DATABASE_URL"]) is None
    assert look_at_redis(env["REDIS_URL"]) is None
    assert look_at_http(env["SIMULATOR_ENDPOINT_URL"] + "/_gate/health") is None
    assert "password authentication failed" in str(look_at_postgres(with_wrong_password(env["DATABASE_URL"])))
    assert "invalid username-password" in str(look_at_redis(with_wrong_password(env["REDIS_URL"])))


def test_mail_is_written_into_the_folder(services: LocalServices) -> None:
    mail = environ.Env.email_url_config(services.env["EMAIL_URL"])
    assert mail["EMAIL_FILE_PATH"] == str(services.folder.path / "mail")


def test_the_platform_owns_its_database_but_is_no_superuser(services: LocalServices) -> None:
    with psycopg.connect(services.env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("CREATE TABLE mine (id int)")
        connection.execute("CREATE DATABASE test_labs")
        row = connection.execute(
            "SELECT rolsuper, rolcreatedb, datcollate, pg_encoding_to_char(encoding), current_setting('timezone')"
            " FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()"
        ).fetchone()
    assert row == (False, True, "C.UTF-8", "UTF8", "UTC")


def test_killed_services_come_back_on_the_same_addresses(services: LocalServices) -> None:
    before = {name: services.pid(name) for name in NAMES}
    for name in NAMES:
        services.kill(name)
    wait_until(lambda: all(services.pid(name) not in (None, before[name]) for name in NAMES))
    services.supervisor.wait_until_healthy(*NAMES, seconds=30)
    assert look_at_postgres(services.env["DATABASE_URL"]) is None


def test_stop_leaves_no_process_and_no_private_folder(tmp_path: Path) -> None:
    services = LocalServices(tmp_path / "stack")
    with services as env:
        pids = [services.pid(name) for name in NAMES]
        assert read_stack_env(tmp_path / "stack" / "stack.env") == env
        assert stat.S_IMODE((tmp_path / "stack" / "stack.env").stat().st_mode) == 0o600
    assert [pid for pid in pids if pid and is_running(pid)] == []
    private = services.folder.recall().get("private_folder")
    assert private is None or not Path(private).exists()


def test_a_second_start_finds_addresses_and_data_again(tmp_path: Path) -> None:
    folder = tmp_path / "stack"
    try:
        with LocalServices(folder, durable=True) as first:
            with psycopg.connect(first["DATABASE_URL"]) as connection:
                connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
            redis.Redis.from_url(first["REDIS_URL"]).set("kept", "42")
        with LocalServices(folder, durable=True) as second:
            with psycopg.connect(second["DATABASE_URL"]) as connection:
                assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
            assert redis.Redis.from_url(second["REDIS_URL"]).get("kept") == b"42"
        assert second == first
    finally:
        forget_private_folder(LocalServices(folder).folder)


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A folder that only its owner may enter, as a home folder is."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder


def test_a_closed_home_folder_stays_closed(closed: Path) -> None:
    with LocalServices(closed / "stack") as env:
        assert look_at_postgres(env["DATABASE_URL"]) is None
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_data_is_found_again_but_not_by_a_stack_that_has_forgotten_everything(closed: Path) -> None:
    account, root = unprivileged_account(), Path(tempfile.gettempdir())
    folder = StackFolder(closed / "stack")
    folder.open()
    home = find_home(folder, account, private_root=root)
    (home.folder / "precious").touch()
    assert find_home(folder, account, private_root=root) == home
    assert (home.folder / "precious").exists()
    shutil.rmtree(folder.path)
    folder.path.mkdir()
    find_home(folder, account, private_root=root)
    assert not (home.folder / "precious").exists()
    forget_private_folder(folder)
    folder.close()


def test_a_copy_of_a_checkout_does_not_share_the_private_data_of_the_first(closed: Path) -> None:
    account, root = unprivileged_account(), Path(tempfile.gettempdir())
    first, second = StackFolder(closed / "first"), StackFolder(closed / "second")
    first.open()
    home = find_home(first, account, private_root=root)
    first.close()
    shutil.copytree(first.path, second.path)
    assert find_home(second, account, private_root=root).folder != home.folder
    for folder in (first, second):
        forget_private_folder(folder)
