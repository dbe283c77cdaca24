"""answer: compares what a team handed in with what is accepted."""

from __future__ import annotations

import unicodedata

from quests.enums import Outcome
from quests.pack.placeholders import substitute_text
from quests.pack.probe_specs import AnswerProbe
from quests.probes.context import Attempt
from quests.probes.verdict import Finding


async def check_answer(probe: AnswerProbe, attempt: Attempt) -> Finding:
    """Pass if the answer equals an accepted one after normalising; the accepted ones are never shown."""
    given = normalise(str(attempt.variables[f"inputs.{probe.input}"]))
    accepted = [normalise(substitute_text(answer, attempt.trusted())) for answer in probe.accept]
    right = given in accepted
    label = attempt.context.input_labels.get(probe.input, probe.input)
    return Finding(
        Outcome.PASS if right else Outcome.FAIL,
        f"“{label}” is right." if right else f"“{label}” is not right.",
        asked=label,
        expected="the right answer",
        seen=given,
    )


def normalise(answer: str) -> str:
    """Return the answer in one case and Unicode form, with single spaces, without quotes and final stop."""
    folded = unicodedata.normalize("NFKC", answer).casefold()
    return " ".join(folded.split()).strip("\"'“”‘’`").removesuffix(".").strip()
