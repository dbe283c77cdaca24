"""aws: one call into the team's account and what its answer must be."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from quests.enums import Outcome
from quests.pack.expressions import ExpressionError, evaluate, holds
from quests.pack.placeholders import substitute, substitute_expression
from quests.pack.probe_specs import AwsProbe, AwsStep
from quests.probes.context import Attempt
from quests.probes.verdict import Finding, compact, in_words

Answer = TypeVar("Answer")
# What AWS refuses for the platform's reasons says nothing about the team's work.
_PLATFORM_REFUSALS = {
    "transient": "AWS could not answer just now; the check will be repeated.",
    "denied": "The platform was not allowed to look; this is not your fault.",
    "conflict": "AWS did not accept the check's question; this is not your fault.",
}


async def check_aws(probe: AwsProbe, attempt: Attempt) -> Finding:
    """Make the probe's call and judge the answer."""
    finding, _ = await look(probe, attempt)
    return finding


class Refused(Exception):
    """AWS did not answer; `outcome` says whose matter that is."""

    def __init__(self, outcome: Outcome, sentence: str, words: str) -> None:
        super().__init__(sentence)
        self.outcome, self.sentence, self.words = outcome, sentence, words

    def finding(self, asked: str, expected: str) -> Finding:
        """Return the refusal as a finding."""
        return Finding(self.outcome, self.sentence, asked, expected, self.words)


async def ask_aws(attempt: Attempt, asking: Callable[[], Awaitable[Answer]]) -> Answer:
    """Return AWS's answer; raises Refused, and OutOfTime or TimeoutError if time runs out."""
    try:
        async with asyncio.timeout(attempt.remaining()):
            return await asking()
    except Exception as error:
        kind = str(getattr(error, "kind", ""))
        if kind == "missing":
            raise Refused(Outcome.FAIL, "AWS says that there is no such thing.", str(error)) from error
        if kind in _PLATFORM_REFUSALS:
            raise Refused(Outcome.ERROR, _PLATFORM_REFUSALS[kind], str(error)) from error
        raise


async def look(step: AwsStep, attempt: Attempt) -> tuple[Finding, object]:
    """Make the call of a probe or a flow's step; return what was found, and the answer for what a flow saves of it."""
    parameters = substitute(step.call.parameters, attempt.variables)
    assert isinstance(parameters, dict)
    expect = substitute_expression(step.expect, attempt.trusted())
    asked = f"{step.call.service} {step.call.operation} {compact(parameters)}"
    context = attempt.context
    try:
        answer = await ask_aws(
            attempt, partial(context.invoke, step.call.service, step.call.operation, parameters, context.region)
        )
    except Refused as refused:
        return refused.finding(asked, expect), None
    return _judge(step, expect, asked, answer, attempt), answer


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
