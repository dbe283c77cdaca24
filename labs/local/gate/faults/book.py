"""The book of a gate's faults: the standing rules, what they did, and every call that was made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from threading import Lock
from typing import Any

from labs.local.gate.faults.rules import FaultKind, Rule, StandingRule
from labs.local.gate.operations import Call

_Key = tuple[str, str, str]


class FaultBook:
    """Decides which call goes wrong and counts; safe for concurrent use."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rules: list[StandingRule] = []
        self._calls: Counter[_Key] = Counter()
        self._injected: Counter[tuple[FaultKind, *_Key]] = Counter()

    def decide(self, call: Call, *, account: str, is_session: bool) -> Rule | None:
        """Count a call and return the rule that strikes it, the first that does."""
        key = (account, call.service, call.operation)
        with self._lock:
            self._calls[key] += 1
            for standing in self._rules:
                matches = standing.rule.matches(call, account=account, is_session=is_session)
                if matches and standing.strikes(call):
                    self._injected[(standing.rule.kind, *key)] += 1
                    return standing.rule
        return None

    def set_rules(self, rules: Sequence[Rule]) -> None:
        """Let exactly these rules stand; one that stood already goes on counting where it was."""
        with self._lock:
            known = list(self._rules)
            self._rules = []
            for rule in rules:
                kept = next((standing for standing in known if standing.rule == rule), None)
                if kept is not None:
                    known.remove(kept)
                self._rules.append(kept or StandingRule(rule))

    def clear(self) -> None:
        """Forget every rule and every count."""
        with self._lock:
            self._rules = []
            self._calls.clear()
            self._injected.clear()

    def report(self) -> dict[str, Any]:
        """Return rules, injected faults and calls, each with its count."""
        with self._lock:
            return {
                "rules": [standing.report() for standing in self._rules],
                "injected": [
                    {"kind": kind, "account": account, "service": service, "operation": operation, "count": count}
                    for (kind, account, service, operation), count in sorted(self._injected.items())
                ],
                "calls": [
                    {"account": account, "service": service, "operation": operation, "count": count}
                    for (account, service, operation), count in sorted(self._calls.items())
                ],
            }
