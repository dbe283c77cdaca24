"""The deployment's files say what the platform needs, and production settings refuse what is unsafe."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from labs.local.children import PLATFORM_PROCESSES, PlatformProcess

CHECKOUT = Path(__file__).resolve().parents[2]
INFRASTRUCTURE = {"postgres", "redis", "prepare", "simulator"}
# Docker, Django and Celery read this one themselves.
READ_BY_DJANGO = {"DJANGO_SETTINGS_MODULE"}
# The gate is a process of its own and no part of Django.
GATE_MODULE = "labs/local/gate/__main__.py"
INTERPOLATION = re.compile(r"(?<!\$)\$\{(?P<name>\w+)(?P<default>:-)?")

DEPLOYMENT = {
    "SECRET_KEY": "0123456789" * 6,
    "DATABASE_URL": "postgres://labs:labs@database.example.com:5432/labs",
    "REDIS_URL": "redis://broker.example.com:6379/0",
    "EMAIL_URL": "smtp://mail.example.com:25",
    "ALLOWED_HOSTS": "gameday.example.com",
    "PUBLIC_BASE_URL": "https://gameday.example.com",
    "AWS_MODE": "aws",
    "AWS_HUB_PROFILE": "hub",
}


def text(name: str) -> str:
    return (CHECKOUT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(text("docker-compose.yml"))["services"]
    return found


@pytest.mark.parametrize("process", PLATFORM_PROCESSES, ids=lambda process: process.name)
def test_a_service_runs_the_very_words_of_the_local_stack(
    services: dict[str, dict[str, Any]], process: PlatformProcess
) -> None:
    words = process.command(host="0.0.0.0", port=8000, state=Path("/tmp"))
    assert services[process.name]["command"] == list(words)


def test_there_is_no_service_besides_the_platform_and_what_it_stands_on(services: dict[str, dict[str, Any]]) -> None:
    assert set(services) == {process.name for process in PLATFORM_PROCESSES} | INFRASTRUCTURE
    assert services["simulator"]["profiles"] == ["simulator"]


def test_what_others_wait_for_and_what_can_hang_has_a_health_check(services: dict[str, dict[str, Any]]) -> None:
    workers = {process.name for process in PLATFORM_PROCESSES if "worker" in process.words}
    assert len(workers) == 3
    for name in {"postgres", "redis", "web", "simulator"} | workers:
        assert services[name]["healthcheck"]["test"], name
    for name in ("postgres", "redis"):
        assert services["prepare"]["depends_on"][name] == {"condition": "service_healthy"}
    for process in PLATFORM_PROCESSES:
        assert services[process.name]["depends_on"] == {"prepare": {"condition": "service_completed_successfully"}}


def test_a_workers_health_check_asks_that_worker(services: dict[str, dict[str, Any]]) -> None:
    for process in PLATFORM_PROCESSES:
        if "worker" not in process.words:
            continue
        name = process.words[process.words.index("--hostname") + 1].removesuffix("%h")
        # Two dollar signs: the container's shell fills in the host, not Compose.
        assert f"--destination {name}$$(hostname)" in services[process.name]["healthcheck"]["test"][1]


def test_the_webs_health_check_uses_a_host_name_that_django_allows(services: dict[str, dict[str, Any]]) -> None:
    kind, python, flag, code = services["web"]["healthcheck"]["test"]
    assert (kind, python, flag) == ("CMD", "python", "-c")
    with listening() as (port, seen):
        subprocess.run(
            [sys.executable, "-c", code.replace("127.0.0.1:8000", f"127.0.0.1:{port}")],
            env={**os.environ, "ALLOWED_HOSTS": "gameday.example.com,other.example.com", "no_proxy": "127.0.0.1"},
            check=True,
            timeout=30,
        )
    assert seen == [("/healthz", "gameday.example.com")]


@contextmanager
def listening() -> Iterator[tuple[int, list[tuple[str, str | None]]]]:
    """Serve 200 to everything, and note each path and Host."""
    seen: list[tuple[str, str | None]] = []

    class Noting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append((self.path, self.headers["Host"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Noting) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port, seen
        finally:
            server.shutdown()
            thread.join()


def test_the_settings_read_every_variable_that_the_services_get(services: dict[str, dict[str, Any]]) -> None:
    sources = [path.read_text(encoding="utf-8") for path in (CHECKOUT / "labs" / "settings").glob("*.py")]
    read = set(re.findall(r"\benv\.\w+\(\s*\"(\w+)\"", "\n".join(sources)))
    for process in PLATFORM_PROCESSES:
        given = set(services[process.name]["environment"])
        assert given - read - READ_BY_DJANGO == set(), process.name
    assert {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "AWS_MODE"} <= read


def test_the_simulators_gate_gets_the_identity_that_it_trusts(services: dict[str, dict[str, Any]]) -> None:
    needed = set(re.findall(r"SIMULATOR_\w+", text(GATE_MODULE)))
    assert needed
    assert needed <= set(services["simulator"]["environment"])


def test_every_variable_of_the_compose_file_is_in_the_example_or_has_a_default() -> None:
    listed = set(re.findall(r"^(?:# )?([A-Z][A-Z_]+)=", text(".env.example"), flags=re.MULTILINE))
    used = {(match["name"], bool(match["default"])) for match in INTERPOLATION.finditer(text("docker-compose.yml"))}
    assert {name for name, has_default in used if not has_default} - listed == set()
    assert listed - {name for name, _ in used} == set(), "the example names variables that nothing reads"


def test_static_files_are_collected_into_a_volume_that_the_images_user_owns(
    services: dict[str, dict[str, Any]],
) -> None:
    static = "static:/srv/labs/.labs/static"
    assert static in services["prepare"]["volumes"]
    assert static in services["web"]["volumes"]
    dockerfile = text("Dockerfile")
    made = dockerfile.index("RUN install --directory --owner=labs --group=labs .labs .labs/static")
    assert dockerfile.index("WORKDIR /srv/labs") < made < dockerfile.index("USER labs")


def test_whatever_calls_aws_can_read_the_hubs_profile(services: dict[str, dict[str, Any]]) -> None:
    for process in PLATFORM_PROCESSES:
        assert any(volume.endswith(":/home/labs/.aws:ro") for volume in services[process.name]["volumes"]), process.name


def test_the_image_installs_wheels_with_known_hashes_only() -> None:
    installs = [line for line in text("Dockerfile").splitlines() if "pip install" in line]
    assert installs
    for line in installs:
        assert "--require-hashes" in line
        assert "--only-binary :all:" in line
    assert "apt-get" not in text("Dockerfile")


def test_secrets_and_local_state_stay_out_of_the_image() -> None:
    assert {".aws/", ".env", ".git/", ".labs/", ".venv/"} <= set(text(".dockerignore").splitlines())


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_no_package_index_and_a_hash_for_everything(lock: str) -> None:
    content = text(lock)
    assert "://" not in content
    assert not re.search(r"^\s*(-i|--(extra-)?index-url|--find-links|--trusted-host)\b", content, flags=re.MULTILINE)
    requirements = re.findall(r"^[A-Za-z0-9][^\n]*==[^\n]*\n[^\n]*", content, flags=re.MULTILINE)
    assert len(requirements) > 20
    assert [found for found in requirements if "--hash=sha256:" not in found] == []


def load_production_settings(**changes: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", "import labs.settings.prod"],
        cwd=CHECKOUT,
        env={**kept, **DEPLOYMENT, **changes},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("changes", [{}, {"AWS_MODE": "simulator", "SIMULATOR_IN_PRODUCTION": "1"}])
def test_production_settings_accept_a_complete_deployment(changes: dict[str, str]) -> None:
    loaded = load_production_settings(**changes)
    assert loaded.returncode == 0, loaded.stderr


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SECRET_KEY": "s" * 49}, "SECRET_KEY must have at least 50 random characters"),
        ({"ALLOWED_HOSTS": "gameday.example.com,*"}, "ALLOWED_HOSTS must name this installation's hosts"),
        ({"PUBLIC_BASE_URL": "http://gameday.example.com"}, "PUBLIC_BASE_URL must be an https:// address"),
        ({"AWS_MODE": "simulator"}, "set SIMULATOR_IN_PRODUCTION=1 if this is a rehearsal"),
        ({"AWS_MODE": "simulator", "SIMULATOR_IN_PRODUCTION": "0"}, "set SIMULATOR_IN_PRODUCTION=1"),
        ({"REQUIRE_SECOND_FACTOR": "everybody"}, "REQUIRE_SECOND_FACTOR must be none, staff or organizers"),
        ({"OIDC_SERVER_URL": "https://login.example.com"}, "needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET"),
    ],
)
def test_production_settings_refuse_what_is_unsafe(changes: dict[str, str], sentence: str) -> None:
    refused = load_production_settings(**changes)
    assert refused.returncode != 0
    assert sentence in refused.stderr
