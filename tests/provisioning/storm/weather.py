"""What goes wrong, when: a mix of faults over three calls in ten, and processes that die at seeded moments."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.faults import Faults
from tests.provisioning.storm.stack import KILLABLE

# kind: how many of a hundred calls; silence is shorter than on AWS, so that a storm ends today.
MIX: dict[str, dict[str, Any]] = {
    "throttle": {"probability": 0.08},
    "error": {"probability": 0.06},
    "unavailable": {"probability": 0.05},
    "lost": {"probability": 0.065},
    "lost_error": {"probability": 0.04},
    "expired": {"probability": 0.005},
    "timeout": {"probability": 0.01, "seconds": 1},
    "lost_timeout": {"probability": 0.01, "seconds": 1},
}
# Of the calls that are left, where it means something.
STATES: dict[str, dict[str, Any]] = {
    "email_taken": {"probability": 0.15},
    "partial": {"probability": 0.3},
    "slow": {"probability": 0.6, "looks": 3},
}


class Weather:
    """The faults of the present gate, re-established after each of its restarts, with counts over all its lives."""

    def __init__(self, gate_url: str, token: str, *, seed: int) -> None:
        self.faults = Faults(gate_url, token)
        self.calls: Counter[str] = Counter()
        self.injected: Counter[str] = Counter()
        self._rules = [{"kind": kind, "seed": seed, **rule} for kind, rule in {**MIX, **STATES}.items()]

    def begin(self) -> None:
        """Let the storm rage, also in a gate that has just started."""
        self.faults.set(self._rules)

    def end(self) -> None:
        """Let nothing go wrong any more; what is in progress comes to its end."""
        self.count()
        self.faults.clear()

    def count(self) -> None:
        """Add this gate's counts to those of its earlier lives; call it once in each, before it dies or calms down."""
        report = self.faults.report()
        for each in report["calls"]:
            self.calls[f"{each['service']}:{each['operation']}"] += each["count"]
        for each in report["injected"]:
            self.injected[each["kind"]] += each["count"]


class Deaths:
    """Which process dies when, as the seed says: `times` kills over `seconds`, each process in turn."""

    def __init__(self, *, seed: int, times: int, seconds: float, kill: Callable[[str], None]) -> None:
        lots = random.Random(seed)
        victims = [KILLABLE[number % len(KILLABLE)] for number in range(times)]
        lots.shuffle(victims)
        self._due = sorted((lots.uniform(0, seconds), victim) for victim in victims)
        self._kill = kill
        self.killed: Counter[str] = Counter()

    @property
    def are_over(self) -> bool:
        """Whether everything that was to die has died."""
        return not self._due

    def strike(self, elapsed: float) -> None:
        """Kill whatever is due to die by now."""
        while self._due and self._due[0][0] <= elapsed:
            victim = self._due.pop(0)[1]
            self._kill(victim)
            self.killed[victim] += 1
