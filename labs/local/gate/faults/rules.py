"""Rules: which calls go wrong, how, and how often."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from labs.local.gate.operations import Call

LONGEST_SECONDS = 60.0
MOST_TIMES, MOST_LOOKS, MOST_RULES = 100_000, 1_000, 500


class FaultKind(StrEnum):
    """What may happen to a call."""

    THROTTLE = "throttle"  # Refused: too many requests. No effect.
    ERROR = "error"  # Refused: internal error, 500. No effect.
    UNAVAILABLE = "unavailable"  # Refused: service unavailable, 503. No effect.
    TIMEOUT = "timeout"  # No answer for `seconds`, then the connection is cut. No effect.
    LOST = "lost"  # Done, but the connection is cut instead of an answer.
    LOST_ERROR = "lost_error"  # Done, but answered with an internal error.
    LOST_TIMEOUT = "lost_timeout"  # Done, but no answer for `seconds`, then the connection is cut.
    EXPIRED = "expired"  # The caller's session ends now, for good. No effect.
    SLOW = "slow"  # Accepted; it shows as in progress for `looks` looks or `seconds` seconds.
    PARTIAL = "partial"  # Only part is deleted: keys of a batch, or a stack that ends in DELETE_FAILED.
    EMAIL_TAKEN = "email_taken"  # CreateAccount is accepted and fails later: EMAIL_ALREADY_EXISTS.


# Kinds that mean something for a few operations only; rules of these kinds never match another call.
SLOW_OPERATIONS = frozenset(
    {
        ("cloudformation", "CreateStack"),
        ("cloudformation", "DeleteStack"),
        ("dynamodb", "DeleteTable"),
        ("organizations", "CreateAccount"),
    }
)
_OPERATIONS = {
    FaultKind.SLOW: SLOW_OPERATIONS,
    FaultKind.PARTIAL: frozenset({("s3", "DeleteObjects"), ("cloudformation", "DeleteStack")}),
    FaultKind.EMAIL_TAKEN: frozenset({("organizations", "CreateAccount")}),
}


class BadRule(ValueError):
    """A rule that means nothing; the message names the field."""


@dataclass(frozen=True)
class Rule:
    """One kind of fault for the calls that match.

    `service`, `operation`, `account` and `region` are shell patterns over what AWS calls them (`sqs`, `ListQueues`,
    twelve digits, `us-east-1`). Of the matching calls the first `skip` go well; of the others each goes wrong with
    `probability`, until `times` have (None: for ever). `seconds` and `looks` say how long silence and slow states last.
    """

    kind: FaultKind
    service: str = "*"
    operation: str = "*"
    account: str = "*"
    region: str = "*"
    probability: float = 1.0
    times: int | None = None
    skip: int = 0
    seed: int = 0
    seconds: float | None = None
    looks: int = 2

    @classmethod
    def read(cls, document: Any) -> Rule:
        """Read a rule from JSON; raise BadRule with a sentence about what is wrong."""
        if not isinstance(document, dict):
            raise BadRule("A rule is an object.")
        unknown = set(document) - {each.name for each in fields(cls)}
        if unknown:
            raise BadRule(f"A rule has no {', '.join(sorted(unknown))}.")
        try:
            kind = FaultKind(document.get("kind", ""))
        except ValueError:
            raise BadRule(f"kind must be one of {', '.join(FaultKind)}.") from None
        for name in ("service", "operation", "account", "region"):
            if not isinstance(document.get(name, "*"), str):
                raise BadRule(f"{name} must be a text with * for anything.")
        _check_number(document, "probability", 0, 1)
        _check_number(document, "seconds", 0, LONGEST_SECONDS, optional=True)
        _check_number(document, "times", 0, MOST_TIMES, whole=True, optional=True)
        _check_number(document, "skip", 0, MOST_TIMES, whole=True)
        _check_number(document, "looks", 0, MOST_LOOKS, whole=True)
        _check_number(document, "seed", 0, 2**63, whole=True)
        return cls(**{**document, "kind": kind})

    def matches(self, call: Call, *, account: str, is_session: bool) -> bool:
        """Whether a call of an account (of the hub, unless `is_session`) is one that this rule is about."""
        if (call.service, call.operation) not in _OPERATIONS.get(self.kind, {(call.service, call.operation)}):
            return False
        if self.kind is FaultKind.EXPIRED and not is_session:
            return False  # The hub's key does not end.
        return all(
            fnmatchcase(value, pattern)
            for value, pattern in (
                (call.service, self.service),
                (call.operation, self.operation),
                (account, self.account),
                (call.region, self.region),
            )
        )


@dataclass
class StandingRule:
    """A rule with its memory of the calls that it has met; not safe for concurrent use."""

    rule: Rule
    met: Counter[str] = field(default_factory=Counter)
    fired: int = 0

    def strikes(self, call: Call) -> bool:
        """Decide about one more matching call.

        The lot of the n-th call of an operation depends on the seed and on n alone, so that it does not matter in which
        order several workers' calls arrive.
        """
        earlier = self.met.total()
        self.met[call.operation] += 1
        rule = self.rule
        if earlier < rule.skip or (rule.times is not None and self.fired >= rule.times):
            return False
        lot = random.Random(f"{rule.seed}:{rule.kind}:{call.service}:{call.operation}:{self.met[call.operation]}")
        if lot.random() >= rule.probability:
            return False
        self.fired += 1
        return True

    def report(self) -> dict[str, Any]:
        """Say what the rule is and what it has done."""
        return {**asdict(self.rule), "met": self.met.total(), "fired": self.fired}


def _check_number(
    document: dict[str, Any], name: str, least: float, most: float, *, whole: bool = False, optional: bool = False
) -> None:
    value = document.get(name, None if optional else least)
    if value is None and optional:
        return
    kinds = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
        what = "a whole number" if whole else "a number"
        raise BadRule(f"{name} must be {what} from {least:g} to {most:g}.")
