"""The HTTP engine connects only to judged addresses and survives whatever answers there."""

from __future__ import annotations

import asyncio
import gzip
import socket
import zlib
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from quests.probes.http_answer import HttpAnswer, RequestFailed, RequestUnknown
from quests.probes.http_engine import HttpCall, HttpEngine
from tests.quests.probes.servers import LOOPBACK, free_port, sending, serving

HEAD = b"HTTP/1.1 200 OK\r\n"


async def ok(request: web.Request) -> web.Response:
    return web.Response(text=f"{request.method} {request.path} {request.host}")


async def get(url: str, **options: float) -> HttpAnswer:
    async with HttpEngine(LOOPBACK, **options) as engine:  # type: ignore[arg-type]
        return await engine.send(HttpCall("GET", url))


def refusal(url: str, allowed: list[str] | None = None, ports: list[int] | None = None) -> str:
    async def send() -> None:
        async with HttpEngine(allowed or [], ports or []) as engine:
            await engine.send(HttpCall("GET", url))

    with pytest.raises(RequestFailed) as caught:
        asyncio.run(send())
    return str(caught.value)


def failure_of(server: object, **options: float) -> str:
    async def send() -> None:
        async with server as url:  # type: ignore[attr-defined]
            await get(url, **options)

    with pytest.raises(RequestFailed) as caught:
        asyncio.run(send())
    return str(caught.value).split("/", 3)[-1].partition(" ")[2]


def test_an_answer_has_status_headers_body_and_time() -> None:
    async def scenario() -> tuple[HttpAnswer, str]:
        async with serving(ok) as url:
            return await get(f"{url}/a?b=c"), urlsplit(url).netloc

    answer, host = asyncio.run(scenario())
    assert (answer.status, answer.text) == (200, f"GET /a {host}")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.milliseconds >= 0


def test_the_name_is_kept_in_the_host_header_while_the_address_is_connected_to() -> None:
    async def scenario() -> tuple[str, int]:
        async with serving(ok) as url:
            port = urlsplit(url).port
            return (await get(f"http://localhost:{port}/")).text, port or 0

    text, port = asyncio.run(scenario())
    assert text == f"GET / localhost:{port}"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "127.1", "0", "[::1]"],
)
def test_this_machine_is_refused_however_it_is_written(host: str) -> None:
    assert "is refused: it " in refusal(f"http://{host}:9/")


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "0xa9fea9fe", "[fd00:ec2::254]"]
)
def test_metadata_services_are_refused_even_with_loopback_open(host: str) -> None:
    assert "is refused: it " in refusal(f"http://{host}/latest/meta-data/", LOOPBACK)


def test_forbidden_ports_stay_closed_on_open_networks() -> None:
    assert refusal("http://127.0.0.1:5432/", LOOPBACK, [5432]) == (
        "The address 127.0.0.1 is refused: it uses port 5432, which is closed to probes."
    )


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("ftp://example.org/", "'ftp://example.org/' is not an address that begins with http:// or https://."),
        ("file:///etc/passwd", "'file:///etc/passwd' is not an address that begins with http:// or https://."),
        ("dodo", "'dodo' is not an address that begins with http:// or https://."),
        ("http://a:b@example.org/", "Leave user name and password out of the address."),
        ("http://127.0.0.1:99999/", "'http://127.0.0.1:99999/' is not an address."),
        ("http://127.0.0.1:0/", "'http://127.0.0.1:0/' is not an address that can be connected to."),
        ("http://[fe80::1%25lo]/", "'http://[fe80::1%25lo]/' is not an address that can be connected to."),
        ("http://" + "a" * 3000, "The address is longer than 2048 characters."),
    ],
)
def test_what_is_no_web_address_is_said_so(url: str, sentence: str) -> None:
    assert refusal(url, LOOPBACK) == sentence


def test_a_name_with_several_addresses_is_connected_to_at_the_allowed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(host: str, port: object, **options: object) -> list[object]:
        return [(0, 0, 0, "", (address, 0)) for address in ("10.0.0.1", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", answer)

    async def scenario() -> int:
        async with serving(ok) as url:
            return (await get(f"http://dodo.example:{urlsplit(url).port}/")).status

    assert asyncio.run(scenario()) == 200


@pytest.mark.parametrize(("code", "kind"), [(socket.EAI_NONAME, RequestFailed), (socket.EAI_AGAIN, RequestUnknown)])
def test_an_absent_name_is_the_teams_and_a_silent_name_server_nobodys_fault(
    monkeypatch: pytest.MonkeyPatch, code: int, kind: type[Exception]
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise socket.gaierror(code, "as the resolver says")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(kind):
        asyncio.run(get("http://dodo.example/"))


def test_redirects_are_followed_and_a_post_becomes_a_get() -> None:
    async def hop(request: web.Request) -> web.Response:
        if request.path == "/start":
            raise web.HTTPFound("/end")
        return web.Response(text=f"{request.method} {request.path} {await request.text()}")

    async def scenario() -> str:
        async with serving(hop) as url, HttpEngine(LOOPBACK) as engine:
            return (await engine.send(HttpCall("POST", f"{url}/start", {}, b"body"))).text

    assert asyncio.run(scenario()) == "GET /end "


def test_endless_redirects_end() -> None:
    async def round_and_round(request: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect("/again")

    assert failure_of(serving(round_and_round)) == "address redirects more than 3 times."


@pytest.mark.parametrize("target", ["http://169.254.169.254/", "http://10.0.0.1/", "file:///etc/passwd", "//[::1]/"])
def test_a_redirect_is_judged_like_an_address(target: str) -> None:
    async def away(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": target})

    async def scenario() -> None:
        async with serving(away) as url:
            await get(url)

    with pytest.raises(RequestFailed, match=r"is refused|is not an address"):
        asyncio.run(scenario())


def test_headers_stay_with_their_origin() -> None:
    async def echo(request: web.Request) -> web.Response:
        return web.Response(text=request.headers.get("X-Key", "none"))

    async def scenario() -> str:
        async with serving(echo) as far:

            async def away(request: web.Request) -> web.Response:
                raise web.HTTPTemporaryRedirect(far)

            async with serving(away) as near, HttpEngine(LOOPBACK) as engine:
                return (await engine.send(HttpCall("GET", near, {"X-Key": "mine"}))).text

    assert asyncio.run(scenario()) == "none"


def test_proxy_variables_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    async def scenario() -> int:
        async with serving(ok) as url:
            return (await get(url)).status

    assert asyncio.run(scenario()) == 200


def test_nobody_listening_is_said_so() -> None:
    async def scenario() -> None:
        await get(f"http://127.0.0.1:{await free_port()}/")

    with pytest.raises(RequestFailed, match=r"does not accept connections: nothing is listening there\.$"):
        asyncio.run(scenario())


@pytest.mark.parametrize(
    "server",
    [
        sending(endless=b"", pause=0),
        sending(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
    ],
    ids=["silent", "cut short"],
)
def test_an_answer_that_breaks_off_fails(server: object) -> None:
    assert failure_of(server) == "hung up before its answer was complete."


@pytest.mark.parametrize(
    "server",
    [
        sending(HEAD, endless=b"X-Slow: 1\r\n", pause=0.02),
        sending(HEAD + b"\r\n", endless=b"x", pause=0.02),
        sending(endless=b"H", pause=60),
    ],
    ids=["headers that trickle", "body that trickles", "tarpit"],
)
def test_a_deadline_holds_against_everything_slow(server: object) -> None:
    assert failure_of(server, request_seconds=0.3) == "did not give a whole answer within 0.3 s."


def test_nonsense_is_not_http() -> None:
    assert failure_of(sending(b"SSH-2.0-dodo\r\n")) == "answered something that is not HTTP."


def test_endless_headers_are_cut() -> None:
    assert failure_of(sending(HEAD + b"X: " + b"y" * 100_000)) == "answered something that is not HTTP."


def test_an_endless_body_is_cut() -> None:
    assert failure_of(sending(HEAD + b"\r\n", endless=b"x" * 65536)) == "answer is larger than 256 kB."


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress], ids=["gzip", "deflate"])
def test_packed_answers_are_unpacked_within_bounds(pack: object) -> None:
    def packed(content: bytes) -> object:
        body = pack(content)  # type: ignore[operator]
        return sending(HEAD + b"Content-Encoding: deflate\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    async def scenario() -> bytes:
        async with packed(b"dodo" * 1000) as url:  # type: ignore[attr-defined]
            return (await get(url)).body

    assert asyncio.run(scenario()) == b"dodo" * 1000
    assert failure_of(packed(b"0" * 50_000_000)) == "answer is larger than 256 kB."


def test_foreign_and_broken_packing_is_refused() -> None:
    brotli = HEAD + b"Content-Encoding: br\r\nContent-Length: 1\r\n\r\nx"
    assert failure_of(sending(brotli)) == "answer is compressed with 'br', which was not asked for."
    broken = HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"
    assert failure_of(sending(broken)) == "answer says that it is compressed, but it cannot be unpacked."


def test_one_host_gets_few_requests_at_a_time_while_others_go_on() -> None:
    now, most = 0, 0

    async def count(request: web.Request) -> web.Response:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return web.Response()

    async def scenario() -> None:
        async with serving(count) as busy, serving(ok) as other, HttpEngine(LOOPBACK, per_host=2) as engine:
            waiting = [asyncio.create_task(engine.send(HttpCall("GET", busy))) for _ in range(12)]
            await engine.send(HttpCall("GET", other))
            assert not all(task.done() for task in waiting)
            await asyncio.gather(*waiting)

    asyncio.run(scenario())
    assert most == 2
