"""A chat tool's end of the webhook: a real HTTP server on loopback that remembers what it got."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Webhook:
    """Answers with `status`; with `hang` it never answers."""

    def __init__(self) -> None:
        self.status = 200
        self.location = ""
        self.hang = threading.Event()
        self.hanging = False
        self.posts: list[tuple[dict[str, str], bytes]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.posts.append((dict(self.headers), body))
                if hook.hanging:
                    hook.hang.wait(30)
                self.send_response(hook.status)
                if hook.location:
                    self.send_header("Location", hook.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What was posted, parsed."""
        return [json.loads(body) for _, body in self.posts]


@contextmanager
def running_webhook() -> Iterator[Webhook]:
    """Run one until the block ends."""
    hook = Webhook()
    thread = threading.Thread(target=hook.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        hook.hang.set()
        hook.server.shutdown()
        hook.server.server_close()
        thread.join()
