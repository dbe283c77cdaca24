"""http-flow: several requests and looks into the account, in order, sharing one nonce."""

from __future__ import annotations

from dataclasses import replace

from quests.enums import Outcome
from quests.pack.probe_specs import AwsStep, HttpFlowProbe
from quests.probes.context import Attempt
from quests.probes.kinds.aws import look
from quests.probes.kinds.http import ask
from quests.probes.verdict import Finding


async def check_http_flow(probe: HttpFlowProbe, attempt: Attempt) -> Finding:
    """Go through the steps until one does not pass, and tell which; a pass tells all that was asked."""
    asked: list[str] = []
    for number, step in enumerate(probe.steps, start=1):
        finding = await (look(step, attempt) if isinstance(step, AwsStep) else ask(step, attempt))
        asked.append(finding.asked)
        if finding.outcome is not Outcome.PASS:
            return replace(finding, summary=f"Step {number} of {len(probe.steps)}: {finding.summary}")
    return replace(finding, summary=f"All {len(probe.steps)} steps went well.", asked="\n".join(asked))
