"""What a step reports; the machine writes it under the worker's claim."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from provisioning.domain import pace
from provisioning.models import CleanCertificate, CostEstimate


@dataclass(frozen=True)
class Outcome:
    """Changes of the lease and of its account, written together; `reason` says why, for the lease's history."""

    lease: dict[str, Any]
    account: dict[str, Any] = field(default_factory=dict)
    facts: tuple[CleanCertificate | CostEstimate, ...] = ()
    reason: str = ""


def again(now: datetime, after: timedelta = pace.NOW, **changes: Any) -> Outcome:
    """Stay in this step and look once more."""
    return Outcome({"due_at": now + after, **changes})


def proceed(now: datetime, step: str, *, reason: str = "", **changes: Any) -> Outcome:
    """Go on to another step at once."""
    return Outcome({"step": step, "progress": 0, "due_at": now, **changes}, reason=reason)
