"""A real OpenID Connect provider in a process of its own, for the tests of the organization's sign-in."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import requests

CLIENT_ID, CLIENT_SECRET = "gameday-labs", "a-secret-between-the-two"
PATIENCE = 60.0


@dataclass
class Provider:
    """Where it listens, and a browser at it."""

    url: str
    browser: requests.Session = field(default_factory=requests.Session)

    def enter(self, username: str) -> None:
        """Sign in at the provider; `trust_env` is off because proxies do not lead to this machine."""
        self.browser = requests.Session()
        self.browser.trust_env = False
        self.browser.get(f"{self.url}/enter/{username}/", timeout=PATIENCE).raise_for_status()

    def authorize(self, location: str) -> str:
        """Follow the address that our site leads to, and return path and query of the callback that follows."""
        for _ in range(5):
            answer = self.browser.get(location, allow_redirects=False, timeout=PATIENCE)
            assert answer.is_redirect, answer.text[:2000]
            location = requests.compat.urljoin(location, answer.headers["Location"])
            parts = urlsplit(location)
            if "/callback/" in parts.path:
                return f"{parts.path}?{parts.query}"
        raise AssertionError(location)


@contextmanager
def running(folder: Path, *, redirect_uri: str, people: list[dict[str, object]]) -> Iterator[Provider]:
    """Run a provider that knows these people ({username, name, email, verified})."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = json.dumps({"folder": str(folder), "port": port, "redirect_uri": redirect_uri, "people": people})
    process = subprocess.Popen([sys.executable, "-m", "tests.accounts.provider", told])
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/.well-known/openid-configuration", process)
        yield Provider(url)
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    session = requests.Session()
    session.trust_env = False
    while time.monotonic() < deadline:
        assert process.poll() is None, "the provider ended by itself"
        try:
            if session.get(url, timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError("the provider does not answer")
