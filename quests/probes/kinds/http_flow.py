"""http-flow: several requests and looks into the account, in order, sharing one nonce and what earlier steps saved."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from quests.enums import Outcome
from quests.pack.expressions import ExpressionError, evaluate
from quests.pack.probe_specs import SAVED, AwsStep, FlowStep, HttpFlowProbe
from quests.probes.context import Attempt
from quests.probes.http_answer import HttpAnswer
from quests.probes.kinds.aws import look
from quests.probes.kinds.http import ask, json_of
from quests.probes.verdict import Finding, compact

MAX_SAVED = 1000


async def check_http_flow(probe: HttpFlowProbe, attempt: Attempt) -> Finding:
    """Go through the steps until one does not pass, and tell which; a pass tells all that was asked."""
    asked: list[str] = []
    for number, step in enumerate(probe.steps, start=1):
        finding, answer = await _taken(step, attempt)
        asked.append(finding.asked)
        if finding.outcome is Outcome.PASS and step.save:
            try:
                attempt = replace(attempt, variables={**attempt.variables, **_saved(step, answer)})
            except _NothingToSave as error:
                finding = replace(finding, outcome=Outcome.FAIL, summary=str(error))
        if finding.outcome is not Outcome.PASS:
            return replace(finding, summary=f"Step {number} of {len(probe.steps)}: {finding.summary}")
    return replace(finding, summary=f"All {len(probe.steps)} steps went well.", asked="\n".join(asked))


async def _taken(step: FlowStep, attempt: Attempt) -> tuple[Finding, object]:
    """Take one step, again and again where it has patience; return what was found at last, and the answer."""
    now = asyncio.get_running_loop().time
    pause = step.retry.every_seconds if step.retry else 0
    # Like a whole probe's: a later look that runs out of time would hide what this one has seen.
    ends_at = attempt.ends_at - attempt.context.http.request_seconds
    again_until = min(now() + step.retry.within_seconds, ends_at) if step.retry else 0.0
    while True:
        found = await look(step, attempt) if isinstance(step, AwsStep) else await ask(step, attempt)
        if found[0].outcome is Outcome.PASS or now() + pause > again_until:
            return found
        await asyncio.sleep(pause)


class _NothingToSave(ValueError):
    """The answer does not hold what a later step needs; the message is a whole sentence."""


def _saved(step: FlowStep, answer: object) -> dict[str, object]:
    """Return what the step saves of its answer, which a team may have written: short text and numbers only."""
    if isinstance(answer, HttpAnswer):
        try:
            answer = json_of(answer)
        except ValueError:
            raise _NothingToSave("The answer is not JSON, so the next step cannot go on from it.") from None
    saved: dict[str, object] = {}
    for name, expression in step.save.items():
        try:
            value = evaluate(expression, answer)
        except ExpressionError:
            value = None
        if not isinstance(value, str | int | float) or len(str(value)) > MAX_SAVED:
            raise _NothingToSave(
                f"The answer holds no text or number at {expression!r} (but {compact(value)[:80]}), "
                "so the next step cannot go on from it."
            )
        saved[SAVED + name] = value
    return saved
