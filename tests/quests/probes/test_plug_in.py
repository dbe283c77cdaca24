"""Probes written in Python: found by entry point, configured by their own model, kept away from everybody else."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from quests.enums import Outcome
from quests.pack import ProbeSpec
from quests.pack.plugins import plugins
from quests.probes import HttpEngine, ProbeContext, Verdict, check
from tests.quests.probes.servers import LOOPBACK, serving

SPEC: TypeAdapter[Any] = TypeAdapter(ProbeSpec)
MODULE = """
import time

from quests.enums import Outcome
from quests.pack.probe_specs import ProbeBase
from quests.probes import Verdict
from quests.probes.http_engine import HttpCall


class Nest:
    class Config(ProbeBase):
        url: str
        eggs: int = 1

    async def check(self, config, context):
        if config.url == "block":
            time.sleep(1.5)
        if config.url == "break":
            raise LookupError("no nest")
        if config.url == "odd":
            return "fine"
        answer = await context.http.send(HttpCall("GET", context.variables["inputs.endpoint"] + config.url))
        table = await context.invoke("dynamodb", "list_tables", {}, context.region)
        right = answer.text == str(config.eggs) and table == {"TableNames": []}
        return Verdict(Outcome.PASS if right else Outcome.FAIL, f"{answer.text} eggs.", seen="password=dodo")
"""
POINTS = """[gameday_labs.probes]
nest = nest_probe:Nest
hollow = nest_probe:Absent
"""


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install a distribution with the plug-in, as pip would lay it down."""
    (tmp_path / "nest_probe.py").write_text(MODULE)
    information = tmp_path / "nest_probe-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: nest-probe\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    plugins.cache_clear()
    yield
    plugins.cache_clear()


def nest(**fields: Any) -> dict[str, Any]:
    return {"type": "nest", "advice": "Sit on them.", "url": "/eggs", **fields}


async def eggs(request: web.Request) -> web.Response:
    return web.Response(text="3")


async def tables(service: str, operation: str, parameters: dict[str, Any], region: str) -> dict[str, Any]:
    return {"TableNames": []}


async def judge(spec: dict[str, Any], seconds: float = 30) -> Verdict:
    async with serving(eggs) as url, HttpEngine(LOOPBACK) as http:
        context = ProbeContext({"inputs.endpoint": url}, "eu-central-1", tables, http, seconds=seconds)
        return await check(SPEC.validate_python(spec), context)


def test_a_plug_in_asks_and_judges_with_the_engines_of_the_platform() -> None:
    assert asyncio.run(judge(nest(eggs=3))).outcome is Outcome.PASS
    verdict = asyncio.run(judge(nest(eggs=4)))
    assert (verdict.outcome, verdict.summary, verdict.advice) == (Outcome.FAIL, "3 eggs.", "Sit on them.")
    assert verdict.seen == "password=[removed]"


def test_its_configuration_goes_to_json_and_back() -> None:
    probe = SPEC.validate_python(nest(eggs=3, visibility="secret"))
    assert SPEC.validate_python(probe.model_dump(mode="json")) == probe
    assert (probe.config().eggs, probe.visibility) == (3, "secret")


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (nest(eggs="many"), "does not fit the plug-in 'nest': eggs: Input should be a valid integer"),
        (nest(feathers=1), "feathers: Extra inputs are not permitted"),
        (nest() | {"type": "cave"}, "there is no probe type 'cave'"),
        (nest() | {"type": "hollow"}, "the plug-in 'hollow' cannot be loaded: AttributeError"),
    ],
)
def test_what_does_not_fit_is_said_so(spec: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SPEC.validate_python(spec)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(("url", "named"), [("break", "LookupError"), ("odd", "TypeError")])
def test_a_plug_in_that_breaks_costs_nobody(url: str, named: str) -> None:
    verdict = asyncio.run(judge(nest(url=url)))
    assert verdict.outcome is Outcome.ERROR
    assert verdict.summary == f"The check itself broke ({named}); this is not your fault."


def test_a_plug_in_that_blocks_holds_up_nobody_else() -> None:
    """The other check ends while the plug-in still sleeps, whatever the machine's speed."""

    async def scenario() -> tuple[Verdict, float, float]:
        async def timed(work: Any) -> tuple[Verdict, float]:
            return await work, time.monotonic()

        blocked = asyncio.create_task(timed(judge(nest(url="block"), seconds=1)))
        _, other_ended = await timed(judge(nest(eggs=3)))
        verdict, blocked_ended = await blocked
        return verdict, blocked_ended, other_ended

    verdict, blocked_ended, other_ended = asyncio.run(scenario())
    assert (verdict.outcome, verdict.summary) == (Outcome.ERROR, "The check did not come to an end within 1 s.")
    assert other_ended < blocked_ended
