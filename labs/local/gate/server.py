"""The HTTP server under the gate: waitress, with one correction to how it reads requests."""

from __future__ import annotations

import logging
import resource
from collections.abc import Callable, Iterable
from typing import Any

import waitress
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.parser import HTTPRequestParser

from labs.local.gate.application import Gate
from labs.local.gate.faults.injection import Cut
from labs.local.gate.request import Environ

LARGEST_BODY_BYTES = 64 * 1024 * 1024
# Every client of an SDK keeps its connections, and a worker has a client for each service and region with a dozen
# threads on each: too low a limit would keep new callers out until somebody's idle connections time out.
MOST_CONNECTIONS = 4000
IDLE_SECONDS = 60


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
    # One call at a time is how the simulator works: that others wait is no news.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)

    def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return gate(environ, start_response)
        except Cut:
            # Waitress closes the connection without a word, as if its client had left.
            raise ClientDisconnected from None

    waitress.serve(
        application,
        connection_limit=_allow_connections(MOST_CONNECTIONS),
        host=host,
        port=port,
        threads=threads,
        ident="gate",
        channel_timeout=IDLE_SECONDS,
        max_request_body_size=LARGEST_BODY_BYTES,
        asyncore_use_poll=True,
        _quiet=True,
    )


def _allow_connections(wanted: int) -> int:
    """Raise the number of open files that the system allows us, and return how many connections fit."""
    spare = 100
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted + spare:
        soft = wanted + spare if hard == resource.RLIM_INFINITY else min(wanted + spare, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else min(wanted, soft - spare)
