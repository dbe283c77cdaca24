"""The HTTP server under the gate: waitress, with one correction to how it reads requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import waitress
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.parser import HTTPRequestParser

from labs.local.gate.application import Gate
from labs.local.gate.faults.injection import Cut
from labs.local.gate.request import Environ

LARGEST_BODY_BYTES = 64 * 1024 * 1024
IDLE_SECONDS = 300
# Each process keeps connections open per service, region and thread; past the limit waitress accepts nobody, and
# callers see time-outs instead of an answer.
MOST_CONNECTIONS = 4000


class _Parser(HTTPRequestParser):
    """Never ask for the body of a request that has none.

    The SDKs send `Expect: 100-continue` with empty S3 objects too; waitress would then wait for ever.
    """

    def parse_header(self, header: bytes) -> None:
        super().parse_header(header)
        if not self.content_length and not self.chunked:
            self.expect_continue = False


def serve(gate: Gate, *, host: str, port: int, threads: int) -> None:
    """Serve the gate until a signal ends the process."""
    HTTPChannel.parser_class = _Parser

    def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return gate(environ, start_response)
        except Cut:
            # Waitress closes the connection without a word, as if its client had left.
            raise ClientDisconnected from None

    waitress.serve(
        application,
        host=host,
        port=port,
        threads=threads,
        ident="gate",
        channel_timeout=IDLE_SECONDS,
        connection_limit=MOST_CONNECTIONS,
        max_request_body_size=LARGEST_BODY_BYTES,
        asyncore_use_poll=True,
        _quiet=True,
    )
