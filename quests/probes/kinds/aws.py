"""aws: one call into the team's account and what its answer must be."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from quests.enums import Outcome
from quests.pack.expressions import ExpressionError, evaluate, holds
from quests.pack.placeholders import substitute, substitute_expression
from quests.pack.probe_specs import AwsProbe, AwsStep
from quests.probes.context import Attempt
from quests.probes.verdict import Finding, compact, in_words

# What AWS refuses for the platform's reasons says nothing about the team's work.
_PLATFORM_REFUSALS = {
    "transient": "AWS could not answer just now; the check will be repeated.",
    "denied": "The platform was not allowed to look; this is not your fault.",
    "conflict": "AWS did not accept the check's question; this is not your fault.",
}


async def check_aws(probe: AwsProbe, attempt: Attempt) -> Finding:
    """Make the probe's call and judge the answer."""
    return await look(probe, attempt)


async def look(step: AwsStep, attempt: Attempt) -> Finding:
    """Make the call of a probe or a flow's step; raises OutOfTime or TimeoutError if time runs out."""
    parameters = substitute(step.call.parameters, attempt.variables)
    assert isinstance(parameters, dict)
    expect = substitute_expression(step.expect, attempt.trusted())
    asked = f"{step.call.service} {step.call.operation} {compact(parameters)}"
    context = attempt.context
    try:
        async with asyncio.timeout(attempt.remaining()):
            answer = await context.invoke(step.call.service, step.call.operation, parameters, context.region)
    except Exception as error:
        kind = str(getattr(error, "kind", ""))
        if kind == "missing":
            return Finding(Outcome.FAIL, "AWS says that there is no such thing.", asked, expect, str(error))
        if kind in _PLATFORM_REFUSALS:
            return Finding(Outcome.ERROR, _PLATFORM_REFUSALS[kind], asked, expect, str(error))
        raise
    return _judge(step, expect, asked, answer, attempt)


def _judge(step: AwsStep, expect: str, asked: str, answer: Mapping[str, Any], attempt: Attempt) -> Finding:
    body = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    try:
        shown = evaluate(substitute_expression(step.show, attempt.trusted()), body) if step.show else body
        seen = compact(shown)
        right = holds(expect, body)
    except ExpressionError as error:
        return Finding(Outcome.ERROR, f"The check could not read AWS's answer: {error}", asked, expect, compact(body))
    saw = in_words(shown) if step.show else "an answer"
    judgement = "as expected" if right else "which is not yet as expected"
    summary = f"Asked {step.call.service} {step.call.operation} and saw {saw}, {judgement}."
    return Finding(Outcome.PASS if right else Outcome.FAIL, summary, asked, expect, seen)
