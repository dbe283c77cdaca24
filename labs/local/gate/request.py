"""One HTTP request, read once from the WSGI environment."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote

from labs.local.gate.refusals import Kind, Refusal

Environ: TypeAlias = dict[str, Any]
Pairs: TypeAlias = list[tuple[str, str]]

FORM = "application/x-www-form-urlencoded"
RESERVED_PATHS = ("/moto-api", "/latest/meta-data", "/latest/api")
SIGNING_PARAMETERS = frozenset(
    {
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
        "X-Amz-Security-Token",
    }
)
# The simulator takes the account from the first family, the region from the user agent: the gate says both.
_WITHHELD_HEADERS = ("x-moto-", "x-forwarded-", "x-amz-security-token", "user-agent", "authorization")


@dataclass(frozen=True)
class AwsRequest:
    """A request as it was sent: the raw path and query stay percent-encoded, header names are lower case."""

    method: str
    path: str
    raw_path: str
    raw_query: str
    headers: dict[str, str]
    body: bytes

    @classmethod
    def read(cls, environ: Environ) -> AwsRequest:
        """Read the request with its whole body; raise Refusal for a target that is not a plain path."""
        target = environ.get("REQUEST_URI") or environ.get("PATH_INFO") or "/"
        if not target.startswith("/"):
            raise Refusal(Kind.INVALID_REQUEST, "The request target must be a path.")
        raw_path, _, raw_query = target.partition("?")
        length = int(environ.get("CONTENT_LENGTH") or 0)
        return cls(
            method=environ["REQUEST_METHOD"].upper(),
            path=environ.get("PATH_INFO") or "/",
            raw_path=raw_path,
            raw_query=raw_query,
            headers=_headers(environ),
            body=environ["wsgi.input"].read(length) if length else b"",
        )

    @cached_property
    def query(self) -> Pairs:
        """Decoded query parameters in order."""
        return parse_qsl(self.raw_query, keep_blank_values=True)

    @cached_property
    def own_query(self) -> Pairs:
        """Decoded query parameters without those of a presigned address."""
        return [(name, value) for name, value in self.query if name not in SIGNING_PARAMETERS]

    @cached_property
    def form(self) -> Pairs:
        """Decoded form parameters in order; empty when the body is not a form."""
        if not self.header("content-type", "").startswith(FORM):
            return []
        return parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)

    @property
    def names_simulator_internals(self) -> bool:
        """Whether the path belongs to the simulator's own back doors (reset, recorder, instance metadata)."""
        return unquote(self.raw_path).lower().startswith(RESERVED_PATHS)

    def header(self, name: str, default: str = "") -> str:
        """Return a header's value by its lower-case name."""
        return self.headers.get(name, default)

    def forwarded(self, *, headers: Mapping[str, str], extra: Mapping[str, Any]) -> Environ:
        """Build a fresh WSGI environment for the simulator: only what the gate vouches for goes through."""
        query = "&".join(pair for pair in self.raw_query.split("&") if pair.partition("=")[0] not in SIGNING_PARAMETERS)
        passed = {name: value for name, value in self.headers.items() if not name.startswith(_WITHHELD_HEADERS)} | dict(
            headers
        )
        environ: Environ = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": self.path,
            "QUERY_STRING": query,
            "RAW_URI": f"{self.raw_path}?{query}" if query else self.raw_path,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "CONTENT_TYPE": passed.pop("content-type", ""),
            "CONTENT_LENGTH": str(len(self.body)),
        }
        passed.pop("content-length", None)
        passed.pop("transfer-encoding", None)
        environ.update({f"HTTP_{name.upper().replace('-', '_')}": value for name, value in passed.items()})
        environ.update(extra)
        return environ


def _headers(environ: Environ) -> dict[str, str]:
    headers = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}
    for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(key):
            headers[key.replace("_", "-").lower()] = environ[key]
    return headers
