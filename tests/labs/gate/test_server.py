"""The gate's HTTP server holds what many SDK clients at once ask of it."""

import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

from tests.labs.gate.process import RunningGate


def test_idle_connections_keep_nobody_out(gate: RunningGate) -> None:
    address = urlsplit(gate.url)
    with ExitStack() as kept:
        for _ in range(300):
            kept.enter_context(socket.create_connection((address.hostname, address.port), timeout=5))
        assert gate.client("sts").get_caller_identity()["Account"]
