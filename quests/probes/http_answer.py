"""Reading an HTTP answer within bounds, whatever the other side sends."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import aiohttp
from multidict import CIMultiDictProxy

MAX_BODY_BYTES = 256 * 1024


class RequestFailed(Exception):
    """A team's address did not give a usable answer; the message is a whole sentence for the team."""


class RequestUnknown(Exception):
    """It cannot be said whether the team or the platform is at fault; the message is a whole sentence."""


@dataclass(frozen=True)
class HttpAnswer:
    """A complete answer: `body` is unpacked, `milliseconds` run from connecting to the last byte."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    milliseconds: int

    @property
    def text(self) -> str:
        """The body as UTF-8; what is not UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")


async def read_body(response: aiohttp.ClientResponse) -> bytes:
    """Return the unpacked body; raises RequestFailed if it is too large or packed in a foreign way."""
    decoder = _decoder(response.headers.get("Content-Encoding", "identity").strip().lower())
    body = bytearray()
    async for packed in response.content.iter_any():
        body += decoder.feed(packed, MAX_BODY_BYTES + 1 - len(body))
        if len(body) > MAX_BODY_BYTES:
            raise RequestFailed(f"The answer is larger than {MAX_BODY_BYTES // 1024} kB.")
    return bytes(body)


class _Plain:
    def feed(self, packed: bytes, limit: int) -> bytes:
        return packed[:limit]


class _Inflating:
    """Unpacks gzip or zlib; never more than asked for, so that a bomb stays small."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)

    def feed(self, packed: bytes, limit: int) -> bytes:
        try:
            return self._stream.decompress(packed, limit)
        except zlib.error as error:
            raise RequestFailed("The answer says that it is compressed, but it cannot be unpacked.") from error


def _decoder(encoding: str) -> _Plain | _Inflating:
    if encoding in {"", "identity"}:
        return _Plain()
    if encoding in {"gzip", "x-gzip", "deflate"}:
        return _Inflating()
    raise RequestFailed(f"The answer is compressed with {encoding[:20]!r}, which was not asked for.")
