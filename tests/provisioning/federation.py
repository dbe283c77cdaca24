"""A real HTTP server that behaves like AWS's federation endpoint."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Federation(ThreadingHTTPServer):
    """Hands out a token for keys of a session; `answer` changes what it says, as (status, body, location)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sessions: list[dict[str, str]] = []
        self.answer: tuple[int, str, str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/federation"


class _Handler(BaseHTTPRequestHandler):
    server: Federation

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        status, body, location = 400, "", ""
        if asked.get("Action") == ["getSigninToken"] and "SessionDuration" not in asked:
            session = json.loads(asked["Session"][0])
            if set(session) == {"sessionId", "sessionKey", "sessionToken"}:
                self.server.sessions.append(session)
                status, body = 200, json.dumps({"SigninToken": f"token-of-{session['sessionId']}"})
        status, body, location = self.server.answer or (status, body, location)
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running() -> Iterator[Federation]:
    """Serve until the end of the block."""
    with Federation() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()
