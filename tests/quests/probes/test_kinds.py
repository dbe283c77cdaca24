"""Kinds that look into the account, flows that go on from answers, answers as people write them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from provisioning.aws.errors import Denied, Missing, Transient
from quests.enums import Outcome
from quests.pack import ProbeSpec
from quests.probes import HttpEngine, ProbeContext, Verdict, check
from quests.probes.kinds.answer import numbers
from tests.quests.probes.servers import LOOPBACK, Handler, serving

SPEC: TypeAdapter[Any] = TypeAdapter(ProbeSpec)
ADVICE = "Try again."
NOTHING: dict[str, object] = {}


@dataclass(frozen=True)
class Thing:
    type: str
    arn: str
    usd_per_hour: Decimal = Decimal(0)


class Account:
    """Answers every call alike and lists the same things; or raises as provisioning does."""

    def __init__(self, answer: Mapping[str, Any] | Exception, things: Sequence[Thing] = ()) -> None:
        self.answer, self.things = answer, things
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.listed: list[tuple[Sequence[str], Mapping[str, str]]] = []

    async def invoke(self, service: str, operation: str, parameters: dict[str, Any], region: str) -> Mapping[str, Any]:
        self.asked.append((service, operation, parameters))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def standing(self, types: Sequence[str], tags: Mapping[str, str], region: str) -> Sequence[Thing]:
        self.listed.append((types, tags))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.things


async def judge(spec: dict[str, Any], account: Account, variables: Mapping[str, object] = NOTHING) -> Verdict:
    async with HttpEngine(LOOPBACK) as http:
        context = ProbeContext(
            variables, "eu-central-1", account.invoke, http, {"answer": "Answer"}, standing=account.standing
        )
        return await check(SPEC.validate_python({"advice": ADVICE, **spec}), context)


def verdict_of(spec: dict[str, Any], account: Account, variables: Mapping[str, object] = NOTHING) -> Verdict:
    return asyncio.run(judge(spec, account, variables))


# metric


def metric(**changes: Any) -> dict[str, Any]:
    return {
        "type": "metric",
        "metric": {
            "namespace": "AWS/SQS",
            "name": "NumberOfMessagesSent",
            "dimensions": {"QueueName": "letters-${team.seed}"},
            "statistic": "Sum",
            "minutes": 30,
        },
        "expect": {"comparison": "at_least", "threshold": 5},
    } | changes


def points(*values: float) -> dict[str, Any]:
    """Answer as CloudWatch does: in no order."""
    rows = [{"Timestamp": f"2026-05-04T09:0{minute}:00+00:00", "Sum": value} for minute, value in enumerate(values)]
    return {"Datapoints": rows[::-1]}


@pytest.mark.parametrize(
    ("of", "values", "outcome"),
    [
        ("every", [5, 6, 7], Outcome.PASS),
        ("every", [5, 4, 7], Outcome.FAIL),
        ("any", [1, 5, 1], Outcome.PASS),
        ("any", [1, 4, 1], Outcome.FAIL),
        ("latest", [1, 1, 5], Outcome.PASS),
        ("latest", [5, 5, 1], Outcome.FAIL),
        ("sum", [1, 1, 3], Outcome.PASS),
        ("sum", [1, 1, 2], Outcome.FAIL),
    ],
)
def test_a_metric_is_compared_over_its_data_points(of: str, values: list[float], outcome: Outcome) -> None:
    account = Account(points(*values))
    spec = metric(expect={"comparison": "at_least", "threshold": 5, "of": of})
    verdict = verdict_of(spec, account, {"team.seed": "a1"})
    assert verdict.outcome is outcome
    assert f"{of} of 3 data points, the latest {values[-1]:g}" in verdict.summary
    assert verdict.seen == ", ".join(f"{value:g}" for value in values)
    ((service, operation, parameters),) = account.asked
    assert (service, operation, parameters["Statistics"]) == ("cloudwatch", "get_metric_statistics", ["Sum"])
    assert parameters["Dimensions"] == [{"Name": "QueueName", "Value": "letters-a1"}]
    start, end = (datetime.fromisoformat(parameters[name]) for name in ("StartTime", "EndTime"))
    assert end - start == timedelta(minutes=30)


@pytest.mark.parametrize("no_data", ["pass", "fail", "error"])
def test_the_pack_says_what_no_data_means(no_data: str) -> None:
    verdict = verdict_of(metric(no_data=no_data), Account({"Datapoints": []}), {"team.seed": "a1"})
    assert (verdict.outcome, verdict.seen) == (no_data, "no data")


def test_a_percentile_is_read_from_where_cloudwatch_puts_it() -> None:
    row = {"Timestamp": "2026-05-04T09:00:00+00:00", "ExtendedStatistics": {"p99": 12.5}}
    spec = metric(expect={"comparison": "below", "threshold": 13})
    spec["metric"] = spec["metric"] | {"statistic": "p99"}
    account = Account({"Datapoints": [row]})
    assert verdict_of(spec, account, {"team.seed": "a1"}).outcome is Outcome.PASS
    assert account.asked[0][2]["ExtendedStatistics"] == ["p99"]


@pytest.mark.parametrize(
    "metric_changes", [{"minutes": 1, "period_seconds": 120}, {"statistic": "Median"}, {"period_seconds": 61}]
)
def test_a_metric_that_cannot_be_asked_for_is_refused(metric_changes: dict[str, Any]) -> None:
    spec = metric()
    with pytest.raises(ValidationError):
        SPEC.validate_python({"advice": ADVICE} | spec | {"metric": spec["metric"] | metric_changes})


# inventory

BIRDS = [Thing("ec2:instance", "arn:1", Decimal("0.0104")), Thing("ec2:instance", "arn:2", Decimal("0.0208"))]


@pytest.mark.parametrize(
    ("measure", "comparison", "threshold", "outcome", "saw"),
    [
        ("count", "equal", 2, Outcome.PASS, ": 2, as expected"),
        ("count", "below", 2, Outcome.FAIL, ": 2, which is not yet as expected"),
        ("usd_per_hour", "at_most", 0.0312, Outcome.PASS, "about 0.0312 USD an hour, as expected"),
        ("usd_per_hour", "below", 0.03, Outcome.FAIL, "about 0.0312 USD an hour, which is not"),
    ],
)
def test_an_inventory_is_counted_or_priced(
    measure: str, comparison: str, threshold: float, outcome: Outcome, saw: str
) -> None:
    spec = {
        "type": "inventory",
        "types": ["ec2:instance"],
        "tags": {"team": "${team.seed}"},
        "measure": measure,
        "expect": {"comparison": comparison, "threshold": threshold},
    }
    account = Account({}, BIRDS)
    verdict = verdict_of(spec, account, {"team.seed": "a1"})
    assert verdict.outcome is outcome
    assert saw in verdict.summary
    assert verdict.seen.splitlines() == ["ec2:instance: 2", "arn:1", "arn:2"]
    assert account.listed == [(["ec2:instance"], {"team": "a1"})]


@pytest.mark.parametrize(
    "spec",
    [metric(), {"type": "inventory", "types": ["a:b"], "expect": {"comparison": "equal", "threshold": 0}}],
    ids=["metric", "inventory"],
)
@pytest.mark.parametrize("error", [Transient("Throttling", "slow"), Denied("AccessDenied", "no")])
def test_what_aws_does_not_tell_costs_nobody(spec: dict[str, Any], error: Exception) -> None:
    verdict = verdict_of(spec, Account(error), {"team.seed": "a1"})
    assert (verdict.outcome, verdict.advice) == (Outcome.ERROR, "")
    assert str(error) in verdict.seen


def test_what_is_missing_is_the_teams() -> None:
    assert verdict_of(metric(), Account(Missing("NotFound", "gone")), {"team.seed": "a1"}).outcome is Outcome.FAIL


# http-flow


def order_flow(**changes: Any) -> dict[str, Any]:
    return {
        "type": "http-flow",
        "steps": [
            {
                "request": {"method": "POST", "url": "${inputs.endpoint}/orders", "json": {"nonce": "${nonce}"}},
                "expect": {"status": 201},
                "save": {"order": "id", "count": "items"},
            },
            {
                "request": {"url": "${inputs.endpoint}/orders/${saved.order}"},
                "expect": {"status": 200, "json": "nonce == '${nonce}'"},
            },
        ],
    } | changes


def shop(answer: Any) -> Handler:
    orders: dict[str, Any] = {}

    async def handle(request: web.Request) -> web.Response:
        if request.method == "POST":
            orders["o-1"] = await request.json()
            return web.json_response(answer, status=201) if answer is not None else web.Response(status=201, text="?")
        found = orders.get(request.path.rpartition("/")[2])
        return web.json_response(found or {}, status=200 if found else 404)

    return handle


def flow_verdict(answer: Any, spec: dict[str, Any] | None = None) -> Verdict:
    async def scenario() -> Verdict:
        async with serving(shop(answer)) as url:
            return await judge(spec or order_flow(), Account({}), {"inputs.endpoint": url})

    return asyncio.run(scenario())


def test_a_later_step_goes_on_from_what_an_earlier_one_saved() -> None:
    verdict = flow_verdict({"id": "o-1", "items": 3})
    assert (verdict.outcome, verdict.summary) == (Outcome.PASS, "All 2 steps went well.")
    assert verdict.asked.endswith("/orders/o-1")
    assert flow_verdict({"id": "o-2", "items": 3}).summary.endswith("answered 404 instead of 200.")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, "Step 1 of 2: The answer is not JSON"),
        ({"items": 3}, "Step 1 of 2: The answer holds no text or number at 'id' (but null)"),
        ({"id": {"a": 1}, "items": 3}, "Step 1 of 2: The answer holds no text or number at 'id'"),
        ({"id": "x" * 2000, "items": 3}, "Step 1 of 2: The answer holds no text or number at 'id'"),
        (["o-1"], "Step 1 of 2: The answer holds no text or number at 'id'"),
    ],
)
def test_an_answer_that_cannot_be_gone_on_from_fails(answer: Any, reason: str) -> None:
    verdict = flow_verdict(answer)
    assert (verdict.outcome, verdict.advice) == (Outcome.FAIL, ADVICE)
    assert verdict.summary.startswith(reason)


def test_what_a_step_uses_was_saved_before_and_shapes_no_expectation() -> None:
    first, second = order_flow()["steps"]
    with pytest.raises(ValidationError, match=r"step 1 uses \$\{saved.order\}, which no earlier step saves"):
        SPEC.validate_python({"advice": ADVICE, **order_flow(steps=[second, first])})
    shaped = second | {"expect": {"json": "id == '${saved.order}'"}}
    with pytest.raises(ValidationError, match=r"step 2 expects \$\{saved.order\}: what a team answers may not shape"):
        SPEC.validate_python({"advice": ADVICE, **order_flow(steps=[first, shaped])})


def slow_shop(arrives_at: int) -> Handler:
    """Knows an order only when it is asked for it that often."""
    orders: dict[str, int] = {}

    async def handle(request: web.Request) -> web.Response:
        if request.method == "POST":
            orders[(await request.json())["nonce"]] = 0
            return web.json_response({}, status=201)
        nonce = request.path.rpartition("/")[2]
        orders[nonce] = orders.get(nonce, -99) + 1
        return web.json_response({}, status=200 if orders[nonce] == arrives_at else 404)

    return handle


@pytest.mark.parametrize(("patience", "outcome"), [(20, Outcome.PASS), (1, Outcome.FAIL)])
def test_a_step_with_patience_is_taken_again_with_the_same_nonce_until_its_time_is_over(
    patience: int, outcome: Outcome
) -> None:
    posted = {"method": "POST", "url": "${inputs.endpoint}/orders", "json": {"nonce": "${nonce}"}}
    waiting = {
        "request": {"url": "${inputs.endpoint}/orders/${nonce}"},
        "expect": {"status": 200},
        "retry": {"within_seconds": patience, "every_seconds": 1},
    }

    async def scenario() -> Verdict:
        async with serving(slow_shop(arrives_at=2)) as url:
            spec = order_flow(steps=[{"request": posted, "expect": {"status": 201}}, waiting])
            return await judge(spec, Account({}), {"inputs.endpoint": url})

    assert asyncio.run(scenario()).outcome == outcome


# answer


def given(answer: str, **spec: Any) -> Outcome:
    probe = {"type": "answer", "input": "answer", **spec}
    variables = {
        "inputs.answer": answer,
        "team.seed": "a1b2",
        "outputs.Queue": "letters-7",
        "account.id": "012345678901",
    }
    return verdict_of(probe, Account({}), variables).outcome


@pytest.mark.parametrize(
    ("answer", "spec", "right"),
    [
        ("  The   DODO. ", {"accept": ["the dodo"]}, True),
        ("“Dodo”!", {"accept": ["dodo"]}, True),
        ("t3.micro", {"accept": ["t3 micro"]}, False),
        ("T3-Micro", {"accept": ["t3.micro"], "punctuation": "ignore"}, True),
        ("my_queue", {"accept": ["my-queue"]}, False),
        ("-5", {"accept": ["5"]}, False),
        ("dodo-A1B2", {"accept": ["dodo-${team.seed}"]}, True),
        ("dodo-ffff", {"accept": ["dodo-${team.seed}"]}, False),
        ("letters-7", {"accept": ["x", "${outputs.Queue}"]}, True),
        ("12345678901", {"accept": ["${account.id}"]}, False),
        ("1,250.5", {"accept": ["1250.5"], "tolerance": 0}, True),
        ("1.250,5 €", {"accept": ["1250.5"], "tolerance": 0}, True),
        ("1'250", {"accept": ["1250"], "tolerance": 0}, True),
        ("42 %", {"accept": ["42"], "tolerance": 0}, True),
        ("0.3", {"accept": ["0.1"], "tolerance": 0.2}, True),
        ("0.31", {"accept": ["0.1"], "tolerance": 0.2}, False),
        ("−5", {"accept": ["-5"], "tolerance": 0}, True),
        ("many", {"accept": ["5"], "tolerance": 1}, False),
        ("inf", {"accept": ["5"], "tolerance": 1}, False),
        ("None", {"accept": ["none", "0"], "tolerance": 1}, True),
    ],
)  # fmt: skip
def test_an_answer_is_read_as_people_write_it(answer: str, spec: dict[str, Any], right: bool) -> None:
    assert given(answer, **spec) is (Outcome.PASS if right else Outcome.FAIL)


def test_a_comma_may_group_or_begin_the_decimals() -> None:
    assert numbers("1,250") == {1250.0, 1.25}
    assert numbers("3,5") == {3.5}
    assert numbers("dodo") == set()


def test_an_answer_that_needs_a_value_the_platform_lacks_is_no_fault_of_the_team() -> None:
    assert given("x", accept=["${outputs.Absent}"]) is Outcome.ERROR
