"""answer: compares what a team handed in with what is accepted."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable

from quests.enums import Outcome
from quests.pack.placeholders import substitute_text
from quests.pack.probe_specs import AnswerProbe
from quests.probes.context import Attempt
from quests.probes.verdict import Finding

_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+")
_EDGES = "\"'“”‘’`.,;:!?"


async def check_answer(probe: AnswerProbe, attempt: Attempt) -> Finding:
    """Pass if the answer equals an accepted one after normalising; the accepted ones are never shown."""
    given = str(attempt.variables[f"inputs.{probe.input}"])
    right = any(_matcher(probe, substitute_text(answer, attempt.trusted()))(given) for answer in probe.accept)
    label = attempt.context.input_labels.get(probe.input, probe.input)
    return Finding(
        Outcome.PASS if right else Outcome.FAIL,
        f"“{label}” is right." if right else f"“{label}” is not right.",
        asked=label,
        expected="the right answer",
        seen=normalise(given),
    )


def _matcher(probe: AnswerProbe, accepted: str) -> Callable[[str], bool]:
    tolerance = probe.tolerance
    wanted = numbers(accepted) if tolerance is not None else set()
    if tolerance is None or not wanted:
        without = probe.punctuation == "ignore"
        return lambda given: normalise(given, punctuation=not without) == normalise(accepted, punctuation=not without)
    # A hair more than the tolerance, for what decimal numbers lose as binary ones.
    return lambda given: any(
        abs(number - right) <= tolerance + 1e-9 * max(1.0, abs(right)) for number in numbers(given) for right in wanted
    )


def normalise(answer: str, *, punctuation: bool = True) -> str:
    """Return the answer in one case and Unicode form, with single spaces, without quotes and marks at its edges.

    Without `punctuation` all marks count as spaces.
    """
    folded = unicodedata.normalize("NFKC", answer).casefold()
    if not punctuation:
        folded = "".join(" " if unicodedata.category(sign).startswith("P") else sign for sign in folded)
    words = " ".join(folded.split())
    while words != (words := words.strip(_EDGES).strip()):
        pass
    return words


def numbers(answer: str) -> set[float]:
    """Return what a text may mean as a number: none, or two where a comma may group or begin the decimals."""
    text = unicodedata.normalize("NFKC", answer).replace("−", "-")
    text = re.sub(r"[\s_'’]", "", text).strip("$€£%").removesuffix(".")
    if text.rfind(".") > text.rfind(",") or "," not in text:
        readings = {text.replace(",", "")}
    else:
        readings = {text.replace(".", "").replace(",", ".")}
        if _GROUPED.fullmatch(text):
            readings.add(text.replace(",", ""))
    found = set()
    for reading in readings:
        try:
            number = float(reading)
        except ValueError:
            continue
        if math.isfinite(number):
            found.add(number)
    return found
