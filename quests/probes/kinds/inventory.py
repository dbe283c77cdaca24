"""inventory: how many things of some types stand in the account, or what they cost per hour."""

from __future__ import annotations

from collections import Counter
from functools import partial

from quests.enums import Outcome
from quests.pack.placeholders import substitute
from quests.pack.probe_specs import InventoryProbe
from quests.probes.context import Attempt
from quests.probes.kinds.aws import Refused, ask_aws
from quests.probes.kinds.metric import COMPARE, threshold_words
from quests.probes.verdict import Finding

SHOWN = 20


async def check_inventory(probe: InventoryProbe, attempt: Attempt) -> Finding:
    """List the types, keep what has the tags, and compare the count or the cost."""
    tags = substitute(probe.tags, attempt.variables)
    assert isinstance(tags, dict)
    what = ", ".join(probe.types) + "".join(f" with {name}={value or '*'}" for name, value in tags.items())
    asked = f"{'Cost per hour' if probe.measure == 'usd_per_hour' else 'Number'} of {what}"
    expected = threshold_words(probe.expect) + (" USD" if probe.measure == "usd_per_hour" else "")
    list_standing = attempt.context.standing
    if list_standing is None:
        return Finding(Outcome.ERROR, "The platform cannot list an account here.", asked, expected)
    try:
        standing = await ask_aws(attempt, partial(list_standing, probe.types, tags, attempt.context.region))
    except Refused as refused:
        return refused.finding(asked, expected)
    if probe.measure == "count":
        value, saw = float(len(standing)), f"{len(standing)}"
    else:
        value = float(sum(each.usd_per_hour for each in standing))
        saw = f"about {value:.4g} USD an hour"
    right = COMPARE[probe.expect.comparison](value, probe.expect.threshold)
    counts = Counter(each.type for each in standing)
    lines = [f"{name}: {count}" for name, count in sorted(counts.items())]
    lines += [each.arn for each in standing[:SHOWN]]
    judgement = "as expected" if right else "which is not yet as expected"
    return Finding(
        Outcome.PASS if right else Outcome.FAIL,
        f"{asked}: {saw}, {judgement}.",
        asked,
        expected,
        "\n".join(lines) or "nothing",
    )
