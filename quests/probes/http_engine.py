"""HttpEngine: requests to addresses chosen by strangers.

Each address is looked up once, judged, and the connection goes to the very address that was judged; redirects
are followed by hand and judged again. Nothing is kept between requests: no cookies, no open connections, no
proxies.
"""

from __future__ import annotations

import asyncio
import socket
import time
import weakref
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from types import TracebackType
from typing import Protocol

import aiohttp
from yarl import URL

from quests.probes.addresses import AddressPolicy
from quests.probes.http_answer import HttpAnswer, RequestFailed, RequestUnknown, read_body

MAX_REDIRECTS = 3
MAX_URL_LENGTH = 2048
REQUEST_SECONDS = 10.0
CONNECT_SECONDS = 4.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {"User-Agent": "GameDay-Labs-probe/1", "Accept": "*/*", "Accept-Encoding": "identity"}
_TEMPORARY = frozenset({socket.EAI_AGAIN, socket.EAI_MEMORY, socket.EAI_SYSTEM})


@dataclass(frozen=True)
class Destination:
    """A host and port that was looked at before; `addresses` are those that its name meant then.

    Without `addresses` the name itself is what was looked at: nobody but its owner can make it mean another, and it
    may be connected to at every port.
    """

    host: str
    port: int
    addresses: frozenset[str] | None = None

    def admits(self, target: URL) -> bool:
        """Tell whether a request may go to this address."""
        host, port = place_of(target)
        return host == self.host and (self.addresses is None or port == self.port)


@dataclass(frozen=True)
class HttpCall:
    """A request as it goes out: all placeholders are filled in.

    With `only_to` it and its redirects go there or nowhere.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    only_to: Destination | None = None


class SendsHttp(Protocol):
    """What checks need of an engine."""

    request_seconds: float

    async def send(self, call: HttpCall, *, seconds: float | None = None) -> HttpAnswer: ...

    async def judged_addresses(self, target: URL) -> list[str]: ...


class HttpEngine:
    """An asynchronous context manager that sends probes' requests; one serves many checks at once.

    `allowed_networks` (CIDR) are open although they are not public, except for `forbidden_ports`; to one host
    and port go at most `per_host` requests at a time, the others wait.
    """

    def __init__(
        self,
        allowed_networks: Iterable[str] = (),
        forbidden_ports: Iterable[int] = (),
        *,
        per_host: int = 4,
        total: int = 400,
        request_seconds: float = REQUEST_SECONDS,
    ) -> None:
        self.request_seconds = request_seconds
        self._policy = AddressPolicy.of(allowed_networks, forbidden_ports)
        self._per_host = per_host
        self._total = total
        self._gates: weakref.WeakValueDictionary[tuple[str, int], asyncio.Semaphore] = weakref.WeakValueDictionary()

    async def __aenter__(self) -> HttpEngine:
        # Lookups of names run in threads of their own, so that slow name servers hold up nobody but each
        # other.
        self._lookups = ThreadPoolExecutor(max_workers=32, thread_name_prefix="probe-lookup")
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._total, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            trust_env=False,
            auto_decompress=False,
            headers=_HEADERS,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()
        self._lookups.shutdown(wait=False, cancel_futures=True)

    async def send(self, call: HttpCall, *, seconds: float | None = None) -> HttpAnswer:
        """Return the answer after at most three redirects, all within `seconds` (default: `request_seconds`).

        Raises RequestFailed where the team's address is at fault or refused, and RequestUnknown where a name
        server is.
        """
        limit = min(seconds or self.request_seconds, self.request_seconds)
        target = parse_address(call.url)
        if call.only_to and not call.only_to.admits(target):
            raise RequestFailed(f"{_origin(target)} is not the address that was handed in.")
        gate = self._gates.setdefault(place_of(target), asyncio.Semaphore(self._per_host))
        async with gate:
            try:
                async with asyncio.timeout(limit):
                    return await self._follow(call, target)
            except TimeoutError:
                raise RequestFailed(f"{_origin(target)} did not give a whole answer within {limit:g} s.") from None

    async def _follow(self, call: HttpCall, target: URL) -> HttpAnswer:
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._exchange(call, target)
            location = answer.headers.get("Location")
            if answer.status not in _REDIRECTS or location is None:
                return answer
            following = parse_address(location, base=target)
            if call.only_to and not call.only_to.admits(following):
                raise RequestFailed(f"{_origin(target)} redirects to {_origin(following)}, which was not handed in.")
            call = _redirected(call, answer.status, same_origin=following.origin() == target.origin())
            target = following
        raise RequestFailed(f"The address redirects more than {MAX_REDIRECTS} times.")

    async def _exchange(self, call: HttpCall, target: URL) -> HttpAnswer:
        """Send one request to the first judged address that lets us connect."""
        addresses = await self.judged_addresses(target)
        if call.only_to and call.only_to.addresses is not None:
            addresses = [address for address in addresses if address in call.only_to.addresses]
            if not addresses:
                raise RequestFailed(f"The name {target.raw_host} means another address than a moment ago.")
        for number, address in enumerate(addresses, start=1):
            try:
                return await self._exchange_with(address, call, target)
            except (aiohttp.ClientError, OSError, ValueError) as error:
                unreachable = isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
                if number == len(addresses) or not unreachable:
                    raise RequestFailed(_sentence(error, target)) from error
        raise AssertionError("a host without an address is refused before")

    async def _exchange_with(self, address: str, call: HttpCall, target: URL) -> HttpAnswer:
        host = target.raw_host or ""
        started = time.perf_counter()
        async with self._session.request(
            call.method,
            target.with_host(address),
            headers={**call.headers, "Host": _host_header(target)},
            data=call.body,
            allow_redirects=False,
            server_hostname=host if target.scheme == "https" else None,
        ) as response:
            body = await read_body(response)
            milliseconds = round((time.perf_counter() - started) * 1000)
            return HttpAnswer(response.status, response.headers, body, milliseconds)

    async def judged_addresses(self, target: URL) -> list[str]:
        """Return the host's addresses that may be connected to; raises RequestFailed if there is none."""
        host, port = place_of(target)
        found = await self._addresses(host)
        refusals = {address: self._policy.refusal(address, port) for address in found}
        allowed = [address for address in found if refusals[address] is None]
        if not allowed:
            address, reason = next(iter(refusals.items()))
            name = host if host == address else f"{host} ({address})"
            raise RequestFailed(f"The address {name} is refused: it {reason}.")
        return allowed

    async def _addresses(self, host: str) -> list[str]:
        try:
            return [str(ip_address(host))]
        except ValueError:
            pass
        # The system's own lookup also reads forms such as 2130706433, 0x7f.1 and 017700000001, so they are
        # judged too.
        try:
            infos = await asyncio.get_running_loop().run_in_executor(
                self._lookups, lambda: socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            )
        except (socket.gaierror, UnicodeError) as error:
            if isinstance(error, socket.gaierror) and error.errno in _TEMPORARY:
                raise RequestUnknown(f"The name {host} could not be looked up just now.") from error
            raise RequestFailed(f"There is no host called {host}.") from error
        return list(dict.fromkeys(str(info[4][0]) for info in infos))


def parse_address(text: str, *, base: URL | None = None) -> URL:
    """Return an address that can be asked, relative to `base` if given; raises RequestFailed."""
    if len(text) > MAX_URL_LENGTH:
        raise RequestFailed(f"The address is longer than {MAX_URL_LENGTH} characters.")
    try:
        url = URL(text) if base is None else base.join(URL(text))
        port = url.port
    except (ValueError, TypeError) as error:
        raise RequestFailed(f"{text[:200]!r} is not an address.") from error
    if url.scheme not in {"http", "https"} or not url.raw_host:
        raise RequestFailed(f"{text[:200]!r} is not an address that begins with http:// or https://.")
    if url.user is not None or url.password is not None:
        raise RequestFailed("Leave user name and password out of the address.")
    if not port or "%" in url.raw_host:
        raise RequestFailed(f"{text[:200]!r} is not an address that can be connected to.")
    return url.with_fragment(None)


def place_of(url: URL) -> tuple[str, int]:
    """Return the host, in one case, and the port of an address."""
    return url.raw_host or "", url.port or 0


def _origin(url: URL) -> str:
    return str(url.origin())


def _host_header(url: URL) -> str:
    host = url.raw_host or ""
    written = f"[{host}]" if ":" in host else host
    return written if url.is_default_port() else f"{written}:{url.port}"


def _redirected(call: HttpCall, status: int, *, same_origin: bool) -> HttpCall:
    """Return the request that browsers send after a redirect; secrets in headers stay with their origin."""
    if status == 303 or (status in {301, 302} and call.method == "POST"):
        call = replace(call, method="HEAD" if call.method == "HEAD" else "GET", body=None)
    return call if same_origin else replace(call, headers={})


def _sentence(error: Exception, target: URL) -> str:
    """Return what went wrong with a request, in words for the team that owns the address."""
    match error:
        case aiohttp.ClientConnectorCertificateError():
            fault = "shows a certificate that is not valid"
        case aiohttp.ClientSSLError():
            fault = "does not speak TLS as it should"
        case aiohttp.ConnectionTimeoutError():
            fault = f"does not accept connections: nobody answered within {CONNECT_SECONDS:g} s"
        case aiohttp.ClientConnectorError():
            fault = "does not accept connections: nothing is listening there"
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError() | OSError():
            fault = "hung up before its answer was complete"
        case aiohttp.ClientResponseError():
            fault = "answered something that is not HTTP"
        case _:
            fault = f"could not be asked ({type(error).__name__})"
    return f"{_origin(target)} {fault}."
