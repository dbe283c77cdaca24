"""An input that is owned by the account leads there or nowhere."""

import asyncio
import socket
from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from pydantic import TypeAdapter

from provisioning.aws.errors import Denied
from quests.enums import Outcome
from quests.pack import ProbeSpec
from quests.probes import HttpEngine, Ownership, ProbeContext, Verdict, check
from tests.quests.probes.servers import LOOPBACK, serving

SPEC: TypeAdapter[Any] = TypeAdapter(ProbeSpec)
PROBE = {
    "type": "http",
    "request": {"url": "${inputs.endpoint}/health"},
    "expect": {"status": 200},
    "advice": "Hand in your own.",
}


async def ok(request: web.Request) -> web.Response:
    return web.Response(text="ok")


async def nothing(*_: object) -> dict[str, Any]:
    return {}


class Registry:
    """Knows one team's host:port pairs."""

    def __init__(self, *own: str, error: Exception | None = None) -> None:
        self.own, self.error = own, error

    async def __call__(self, host: str, port: int, addresses: Collection[str]) -> Ownership:
        if self.error:
            raise self.error
        is_own = any(f"{each}:{port}" in self.own for each in (host, *addresses))
        return Ownership(by_addresses=is_own, own=self.own)


async def judge(url: str, registry: Registry | None) -> Verdict:
    async with HttpEngine(LOOPBACK) as http:
        context = ProbeContext(
            {"inputs.endpoint": url}, "eu-central-1", nothing, http, {"endpoint": "Address"},
            owned_inputs=frozenset({"endpoint"}), owns=registry,
        )  # fmt: skip
        return await check(SPEC.validate_python(PROBE), context)


def at(url: str) -> str:
    return urlsplit(url).netloc


def test_the_teams_own_service_scores_by_whatever_name() -> None:
    async def scenario() -> list[Outcome]:
        async with serving(ok) as url:
            by_number = await judge(url, Registry(at(url)))
            by_word = await judge(url.replace("127.0.0.1", "localhost"), Registry(at(url)))
            return [by_number.outcome, by_word.outcome]

    assert asyncio.run(scenario()) == [Outcome.PASS, Outcome.PASS]


def test_a_neighbours_service_does_not_and_the_team_hears_what_it_has() -> None:
    async def scenario() -> tuple[Verdict, str]:
        async with serving(ok) as url:
            return await judge(url, Registry("127.0.0.1:1", "x.execute-api.eu-central-1.amazonaws.com")), at(url)

    verdict, place = asyncio.run(scenario())
    assert (verdict.outcome, verdict.advice) == (Outcome.FAIL, "Hand in your own.")
    assert verdict.summary == (
        f"“Address” must lead to something in your own account, and {place} is none of it. "
        "In your account: 127.0.0.1:1, x.execute-api.eu-central-1.amazonaws.com."
    )


def test_without_anything_the_team_hears_that() -> None:
    async def scenario() -> Verdict:
        async with serving(ok) as url:
            return await judge(url, Registry())

    assert asyncio.run(scenario()).summary.endswith("Nothing in your account has an address yet.")


@pytest.mark.parametrize("registry", [None, Registry(error=Denied("AccessDenied", "no"))], ids=["no list", "denied"])
def test_what_cannot_be_looked_up_is_the_platforms_matter(registry: Registry | None) -> None:
    verdict = asyncio.run(judge("http://127.0.0.1:9", registry))
    assert (verdict.outcome, verdict.advice) == (Outcome.ERROR, "")


def test_an_own_service_that_leads_elsewhere_does_not_score() -> None:
    async def scenario() -> tuple[Verdict, str, str]:
        async with serving(ok) as foreign:

            async def lead_there(request: web.Request) -> web.Response:
                return web.Response(status=302, headers={"Location": f"{foreign}/health"})

            async with serving(lead_there) as own:
                return await judge(own, Registry(at(own))), own, foreign

    verdict, own, foreign = asyncio.run(scenario())
    assert (verdict.outcome, verdict.summary) == (
        Outcome.FAIL,
        f"{own} redirects to {foreign}, which was not handed in.",
    )


def test_a_redirect_within_the_own_service_is_followed() -> None:
    async def move(request: web.Request) -> web.Response:
        if request.path == "/health":
            return web.Response(status=302, headers={"Location": "/healthz"})
        return web.Response(text="ok")

    async def scenario() -> Verdict:
        async with serving(move) as url:
            return await judge(url, Registry(at(url)))

    assert asyncio.run(scenario()).outcome is Outcome.PASS


def test_a_name_that_changes_between_look_and_connection_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[str] = []

    def rebinding(host: str, port: object, **options: object) -> Sequence[object]:
        answers.append("127.0.0.1" if not answers else "127.0.0.2")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers[-1], 0))]

    async def scenario() -> Verdict:
        async with serving(ok) as url:
            monkeypatch.setattr(socket, "getaddrinfo", rebinding)
            return await judge(url.replace("127.0.0.1", "dodo.example"), Registry(at(url)))

    verdict = asyncio.run(scenario())
    assert (verdict.outcome, verdict.summary) == (
        Outcome.FAIL,
        "The name dodo.example means another address than a moment ago.",
    )
    assert answers == ["127.0.0.1", "127.0.0.2"]
