"""metric: a statistic of CloudWatch over the last minutes."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from quests.enums import Outcome
from quests.pack.placeholders import substitute
from quests.pack.probe_specs import MetricExpectation, MetricProbe, Threshold
from quests.probes.context import Attempt
from quests.probes.kinds.aws import Refused, ask_aws
from quests.probes.verdict import Finding

COMPARE: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {
        "above": operator.gt,
        "at_least": operator.ge,
        "equal": operator.eq,
        "at_most": operator.le,
        "below": operator.lt,
    }
)
SHOWN_POINTS = 20


async def check_metric(probe: MetricProbe, attempt: Attempt) -> Finding:
    """Ask for the statistic and compare its data points, each period's one value."""
    metric, expect = probe.metric, probe.expect
    now = datetime.now(UTC)
    call = probe.call((now - timedelta(minutes=metric.minutes)).isoformat(), now.isoformat())
    parameters = substitute(call.parameters, attempt.variables)
    assert isinstance(parameters, dict)
    where = ", ".join(f"{each['Name']}={each['Value']}" for each in parameters["Dimensions"])
    asked = f"{metric.statistic} of {metric.namespace} {metric.name}{f' ({where})' if where else ''}"
    asked += f", last {metric.minutes} minutes"
    expected = f"{expect.of} {threshold_words(expect)}"
    try:
        context = attempt.context
        asking = partial(context.invoke, call.service, call.operation, parameters, context.region)
        answer = await ask_aws(attempt, asking)
    except Refused as refused:
        return refused.finding(asked, expected)
    points = _points(answer, metric.statistic)
    if not points:
        return Finding(Outcome(probe.no_data), f"{asked}: there is no data.", asked, expected, "no data")
    seen = ", ".join(f"{value:g}" for value in points[-SHOWN_POINTS:])
    right = _holds(expect, points)
    judgement = "as expected" if right else "which is not yet as expected"
    summary = f"{asked}: {expect.of} of {len(points)} data points, the latest {points[-1]:g}, {judgement}."
    return Finding(Outcome.PASS if right else Outcome.FAIL, summary, asked, expected, seen)


def threshold_words(expect: Threshold) -> str:
    """Return a comparison in words."""
    return f"{expect.comparison.replace('_', ' ')} {expect.threshold:g}"


def _points(answer: Mapping[str, Any], statistic: str) -> list[float]:
    """Return the values in the order of their time."""
    points = sorted(answer.get("Datapoints") or [], key=lambda point: str(point["Timestamp"]))
    values = ((point.get("ExtendedStatistics") or {}).get(statistic, point.get(statistic)) for point in points)
    return [float(value) for value in values if value is not None]


def _holds(expect: MetricExpectation, points: list[float]) -> bool:
    def right(value: float) -> bool:
        return COMPARE[expect.comparison](value, expect.threshold)

    match expect.of:
        case "any":
            return any(map(right, points))
        case "latest":
            return right(points[-1])
        case "sum":
            return right(sum(points))
        case _:
            return all(map(right, points))
