"""Probes of every kind say pass, fail or error, and show what they asked, expected and saw."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import web
from pydantic import TypeAdapter

from provisioning.aws.errors import Conflict, Denied, Missing, Transient
from quests.enums import Outcome
from quests.pack import ProbeSpec
from quests.probes import HttpEngine, ProbeContext, Verdict, check
from quests.probes.verdict import MAX_BYTES, in_words, presentable
from tests.quests.probes.servers import LOOPBACK, Handler, sending, serving

SPEC: TypeAdapter[Any] = TypeAdapter(ProbeSpec)
ADVICE = "Try again."


class Account:
    """An AWS account of a few tables; answers and raises as provisioning does."""

    def __init__(self, *answers: Mapping[str, Any] | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, dict[str, Any], str]] = []

    async def __call__(
        self, service: str, operation: str, parameters: dict[str, Any], region: str
    ) -> Mapping[str, Any]:
        self.asked.append((service, operation, parameters, region))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Shop:
    """A product service that stores what it is given, in a dictionary."""

    def __init__(self) -> None:
        self.products: dict[str, Any] = {}

    async def answer(self, request: web.Request) -> web.Response:
        if request.method == "POST":
            product = await request.json()
            self.products[product["id"]] = product
            return web.json_response(product, status=201)
        found = self.products.get(request.path.rpartition("/")[2])
        return web.json_response(found) if found else web.json_response({}, status=404)


async def judge(
    spec: dict[str, Any],
    variables: dict[str, object] | None = None,
    account: Account | None = None,
    seconds: float = 30,
) -> Verdict:
    async with HttpEngine(LOOPBACK, request_seconds=min(seconds, 10)) as http:
        context = ProbeContext(
            variables or {}, "eu-central-1", account or Account({}), http, {"endpoint": "Address"}, seconds
        )
        return await check(SPEC.validate_python({"advice": ADVICE, **spec}), context)


def verdict_at(handler: Handler, spec: dict[str, Any], account: Account | None = None) -> Verdict:
    """Judge a probe of a service; its address is handed in as `endpoint`, with a slash too many."""

    async def scenario() -> Verdict:
        async with serving(handler) as url:
            return await judge(spec, {"inputs.endpoint": url + "/", "outputs.Table": "products"}, account)

    return asyncio.run(scenario())


def http(expect: dict[str, Any]) -> dict[str, Any]:
    return {"type": "http", "request": {"url": "${inputs.endpoint}/health"}, "expect": expect}


ROUND_TRIP = {
    "type": "http-flow",
    "steps": [
        {
            "request": {
                "method": "POST",
                "url": "${inputs.endpoint}/products",
                "json": {"id": "${nonce}", "price": 12},
            },
            "expect": {"status": 201},
        },
        {
            "request": {"url": "${inputs.endpoint}/products/${nonce}"},
            "expect": {"status": 200, "json": "id == '${nonce}' && price == `12`"},
        },
        {
            "call": {
                "service": "dynamodb",
                "operation": "get_item",
                "parameters": {"TableName": "${outputs.Table}", "Key": {"id": {"S": "${nonce}"}}},
            },
            "expect": "Item.price.N == '12'",
            "show": "Item",
        },
    ],
}
QUEUE = {
    "type": "aws",
    "call": {"service": "sqs", "operation": "get_queue_attributes", "parameters": {"QueueUrl": "${outputs.Url}"}},
    "expect": "Attributes.Visibility == '120'",
    "show": "Attributes.Visibility",
}


async def health(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok", "path": request.path}, headers={"X-Dodo": "yes"})


@pytest.mark.parametrize(
    ("expect", "outcome", "summary"),
    [
        ({"status": 200}, Outcome.PASS, "answered 200 in"),
        (
            {"status": 200, "json": "status == 'ok' && path == '/health'", "contains": "ok"},
            Outcome.PASS,
            "answered 200",
        ),
        ({"headers": {"x-dodo": "yes"}, "within_ms": 5000}, Outcome.PASS, "answered 200"),
        ({"status": 201}, Outcome.FAIL, "answered 200 instead of 201."),
        ({"json": "status == 'bad'"}, Outcome.FAIL, "answered with other JSON than expected."),
        ({"json": "length(absent) == `1`"}, Outcome.FAIL, "answered with JSON of another shape than expected."),
        ({"json": "status"}, Outcome.FAIL, "answered with other JSON than expected."),
        ({"contains": "moa"}, Outcome.FAIL, 'answered without the text "moa".'),
        ({"headers": {"X-Moa": "yes"}}, Outcome.FAIL, "answered with the header X-Moa: (none)."),
    ],
)
def test_an_http_answer_is_compared(expect: dict[str, Any], outcome: Outcome, summary: str) -> None:
    verdict = verdict_at(health, http(expect))
    assert (verdict.outcome, verdict.advice) == (outcome, "" if outcome is Outcome.PASS else ADVICE)
    assert summary in verdict.summary
    assert verdict.asked.startswith("GET http://127.0.0.1:")
    assert verdict.asked.endswith("/health")
    assert '{"status": "ok"' in verdict.seen


@pytest.mark.parametrize("body", ["not json", "[" * 200_000, '{"a": ' + "9" * 5000 + "}"])
def test_what_is_no_json_fails(body: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=body)

    verdict = verdict_at(answer, http({"json": "a == `1`"}))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.summary.endswith("did not answer in JSON.")


def test_a_flow_carries_one_fresh_nonce_through_service_and_account() -> None:
    shop, account = Shop(), Account({"Item": {"price": {"N": "12"}}})
    first, second = verdict_at(shop.answer, ROUND_TRIP, account), verdict_at(shop.answer, ROUND_TRIP, account)
    assert (first.outcome, second.outcome) == (Outcome.PASS, Outcome.PASS)
    assert first.summary == "All 3 steps went well."
    assert len(first.asked.splitlines()) == 3
    keys = [parameters["Key"]["id"]["S"] for _, _, parameters, _ in account.asked]
    assert keys == list(shop.products)
    assert len(set(keys)) == 2
    assert account.asked[0][2]["TableName"] == "products"


def test_a_flow_tells_the_step_that_failed() -> None:
    verdict = verdict_at(Shop().answer, ROUND_TRIP, Account({}))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.summary == "Step 3 of 3: Asked dynamodb get_item and saw nothing, which is not yet as expected."
    assert verdict.asked.startswith("dynamodb get_item")


def test_an_input_that_was_not_handed_in_is_asked_for() -> None:
    verdict = asyncio.run(judge(http({"status": 200})))
    assert (verdict.outcome, verdict.summary, verdict.advice) == (Outcome.FAIL, "Hand in “Address” first.", ADVICE)


def test_a_refused_address_is_the_teams_to_change() -> None:
    verdict = asyncio.run(judge(http({"status": 200}), {"inputs.endpoint": "http://169.254.169.254"}))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.summary == (
        "The address 169.254.169.254 is refused: it is link-local, where metadata services live."
    )


def test_an_output_that_is_not_there_is_an_error() -> None:
    verdict = asyncio.run(judge(QUEUE))
    assert (verdict.outcome, verdict.advice) == (Outcome.ERROR, "")
    assert verdict.summary == "The platform has no value for ${outputs.Url} yet."


@pytest.mark.parametrize(
    ("answer", "outcome", "summary"),
    [
        (
            {"Attributes": {"Visibility": "120"}},
            Outcome.PASS,
            "Asked sqs get_queue_attributes and saw 120, as expected.",
        ),
        (
            {"Attributes": {"Visibility": "1"}},
            Outcome.FAIL,
            "Asked sqs get_queue_attributes and saw 1, which is not yet as expected.",
        ),
        ({}, Outcome.FAIL, "Asked sqs get_queue_attributes and saw nothing, which is not yet as expected."),
        (Missing("NoSuchQueue", "no queue"), Outcome.FAIL, "AWS says that there is no such thing."),
        (Transient("Throttling", "slow"), Outcome.ERROR, "AWS could not answer just now; the check will be repeated."),
        (Denied("AccessDenied", "no"), Outcome.ERROR, "The platform was not allowed to look; this is not your fault."),
        (Conflict("Invalid", "no"), Outcome.ERROR, "AWS did not accept the check's question; this is not your fault."),
        (ZeroDivisionError(), Outcome.ERROR, "The check itself broke (ZeroDivisionError); this is not your fault."),
    ],
)
def test_an_aws_answer_is_judged(answer: Mapping[str, Any] | Exception, outcome: Outcome, summary: str) -> None:
    account = Account(answer)
    verdict = asyncio.run(judge(QUEUE, {"outputs.Url": "https://queue"}, account))
    assert (verdict.outcome, verdict.summary) == (outcome, summary)
    assert account.asked == [("sqs", "get_queue_attributes", {"QueueUrl": "https://queue"}, "eu-central-1")]


def test_an_expectation_that_does_not_fit_awss_answer_is_an_error() -> None:
    spec = {**QUEUE, "expect": "length(Attributes.Absent) == `1`"}
    assert asyncio.run(judge(spec, {"outputs.Url": "x"}, Account({"Attributes": {}}))).outcome is Outcome.ERROR


def test_an_account_that_does_not_answer_is_an_error() -> None:
    async def never(service: str, operation: str, parameters: dict[str, Any], region: str) -> Mapping[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def scenario() -> Verdict:
        async with HttpEngine() as http_engine:
            context = ProbeContext({"outputs.Url": "x"}, "eu-central-1", never, http_engine, {}, 0.6)
            return await check(SPEC.validate_python({"advice": ADVICE, **QUEUE}), context)

    verdict = asyncio.run(scenario())
    assert (verdict.outcome, verdict.summary) == (Outcome.ERROR, "The check did not come to an end within 0.6 s.")


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        ("abc123", Outcome.PASS),
        ("  ABC123. ", Outcome.PASS),
        ("“abc123”", Outcome.PASS),
        ("a b c 1 2 3", Outcome.FAIL),
        ("${team.seed}", Outcome.FAIL),
    ],
)
def test_an_answer_is_compared_whatever_its_dress(given: str, outcome: Outcome) -> None:
    spec = {"type": "answer", "input": "code", "accept": ["${team.seed}", "never"]}
    verdict = asyncio.run(judge(spec, {"inputs.code": given, "team.seed": "abc123"}))
    assert verdict.outcome is outcome
    assert "never" not in repr(verdict)


def test_a_probe_with_patience_asks_again_until_it_passes() -> None:
    account = Account({}, Transient("Throttling", "slow"), {"Attributes": {"Visibility": "120"}})
    spec = {**QUEUE, "retry": {"within_seconds": 10, "every_seconds": 1}}
    verdict = asyncio.run(judge(spec, {"outputs.Url": "x"}, account))
    assert (verdict.outcome, len(account.asked)) == (Outcome.PASS, 3)
    assert verdict.milliseconds >= 2000


def test_patience_ends() -> None:
    account = Account({})
    spec = {**QUEUE, "retry": {"within_seconds": 1, "every_seconds": 1}}
    verdict = asyncio.run(judge(spec, {"outputs.Url": "x"}, account))
    assert verdict.outcome is Outcome.FAIL
    assert len(account.asked) in {1, 2}


def test_a_large_and_secret_answer_is_cut_and_cleaned() -> None:
    async def talkative(request: web.Request) -> web.Response:
        secrets = '{"aws_secret_access_key": "wJalrXUtnFEMI", "SessionToken":"abc", "id": "ASIAABCDEFGHIJKLMNOP"}'
        return web.Response(text=secrets + "\0" + "ü" * 100_000)

    seen = verdict_at(talkative, http({"status": 418})).seen
    for secret in ("wJalr", "abc", "ASIA", "\0"):
        assert secret not in seen
    assert len(seen.encode()) <= MAX_BYTES
    assert seen.endswith("…")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Authorization: Bearer abc.def", "Authorization: [removed]"),
        ("password=hunter2&user=dodo", "password=[removed]&user=dodo"),
        ('{"api_key": "a\\"b", "n": 1}', '{"api_key": [removed], "n": 1}'),
        ("nothing to hide", "nothing to hide"),
        ("half \ud800 a pair", "half ? a pair"),
    ],
)
def test_secrets_are_removed_from_texts(text: str, clean: str) -> None:
    assert presentable(text) == clean


def test_a_broken_service_is_the_teams_and_says_how() -> None:
    async def scenario() -> Verdict:
        async with sending(b"garbage\r\n\r\n") as url:
            return await judge(http({"status": 200}), {"inputs.endpoint": url})

    verdict = asyncio.run(scenario())
    assert verdict.outcome is Outcome.FAIL
    assert verdict.summary.endswith("answered something that is not HTTP.")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"ports open to the world": [22, 80]}, "ports open to the world: 22, 80"),
        ({"ports open to the world": []}, "ports open to the world: none"),
        ({"point-in-time recovery": None}, "point-in-time recovery: nothing"),
        ({"the original": {"id": {"S": "R-1"}, "paid": {"BOOL": True}}}, "the original: id: R-1; paid: yes"),
        ("180", "180"),
        ("", "nothing"),
        (["a", {"b": 1.5}], "a, b: 1.5"),
        ("x" * 200, "x" * 159 + "…"),
    ],
)
def test_a_value_is_said_in_words(value: object, words: str) -> None:
    assert in_words(value) == words
