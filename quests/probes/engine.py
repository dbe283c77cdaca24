"""check: one probe, from its configuration to a verdict."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time

from quests.enums import Outcome
from quests.pack.placeholders import UnresolvedPlaceholder, UnsafePlaceholder, placeholders
from quests.pack.probe_specs import AnswerProbe, ProbeSpec
from quests.probes.context import Attempt, OutOfTime, ProbeContext
from quests.probes.kinds import KINDS
from quests.probes.kinds.plug_in import check_plug_in
from quests.probes.owning import settle_ownership
from quests.probes.verdict import Finding, Verdict, presentable

logger = logging.getLogger(__name__)


async def check(probe: ProbeSpec, context: ProbeContext) -> Verdict:
    """Carry out a probe and return its verdict; never raises but for cancellation.

    A pass is only what was seen to hold. What the team has not handed in is a fail; what the platform or AWS
    could not tell is an error. With `retry`, the probe is asked again, with a fresh nonce, until it passes or
    the time is over.
    """
    started = time.perf_counter()
    finding = _missing_inputs(probe, context) or await _attempts(probe, context)
    return Verdict(
        outcome=finding.outcome,
        summary=presentable(finding.summary),
        asked=presentable(finding.asked),
        expected=presentable(finding.expected),
        seen=presentable(finding.seen),
        advice=probe.advice if finding.outcome is Outcome.FAIL else "",
        milliseconds=round((time.perf_counter() - started) * 1000),
    )


async def _attempts(probe: ProbeSpec, context: ProbeContext) -> Finding:
    now = asyncio.get_running_loop().time
    ends_at = now() + context.seconds
    retry_until = now() + probe.retry.within_seconds if probe.retry else 0.0
    while True:
        finding = await _attempt(probe, context, ends_at)
        pause = probe.retry.every_seconds if probe.retry else 0
        # A later attempt that runs out of time would hide what this one has seen.
        again_until = min(retry_until, ends_at - context.http.request_seconds)
        if finding.outcome is Outcome.PASS or now() + pause > again_until:
            return finding
        await asyncio.sleep(pause)


async def _attempt(probe: ProbeSpec, context: ProbeContext, ends_at: float) -> Finding:
    variables = {**context.variables, "nonce": secrets.token_hex(8)}
    attempt = Attempt(context, variables, ends_at)
    try:
        async with asyncio.timeout_at(ends_at + 1):
            settled = await settle_ownership(probe, attempt)
            if isinstance(settled, Finding):
                return settled
            return await KINDS.get(probe.type, check_plug_in)(probe, settled)
    except (OutOfTime, TimeoutError):
        return Finding(Outcome.ERROR, f"The check did not come to an end within {context.seconds:g} s.")
    except UnresolvedPlaceholder as error:
        return Finding(Outcome.ERROR, f"The platform has no value for ${{{error.name}}} yet.")
    except UnsafePlaceholder as error:
        return Finding(Outcome.ERROR, str(error))
    except Exception as error:
        # A fault of ours must cost the team nothing and must not stop the checks of others.
        logger.exception("Probe of type %s broke", probe.type)
        return Finding(Outcome.ERROR, f"The check itself broke ({type(error).__name__}); this is not your fault.")


def _missing_inputs(probe: ProbeSpec, context: ProbeContext) -> Finding | None:
    needed = {name.removeprefix("inputs.") for name in placeholders(probe.model_dump()) if name.startswith("inputs.")}
    if isinstance(probe, AnswerProbe):
        needed.add(probe.input)
    missing = sorted(name for name in needed if context.variables.get(f"inputs.{name}") in (None, ""))
    if not missing:
        return None
    labels = ", ".join(f"“{context.input_labels.get(name, name)}”" for name in missing)
    return Finding(Outcome.FAIL, f"Hand in {labels} first.", expected=f"{labels} handed in", seen="nothing yet")
