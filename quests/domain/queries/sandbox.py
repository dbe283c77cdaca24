"""What a team sees of its sandbox."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from provisioning.domain.console import has_console
from provisioning.domain.placeholders import outputs_of
from provisioning.domain.queries.costs import omitted
from provisioning.enums import OPEN_LEASE_STATES
from quests.models import Enrollment


@dataclass(frozen=True)
class Output:
    """Something that a stack put out, as the team sees it."""

    label: str
    value: str
    display: str = "copy"


@dataclass(frozen=True)
class Sandbox:
    """The state of the team's sandbox, what its stacks put out, and what it is estimated to have cost."""

    state: str
    step: str
    since: datetime | None
    reason: str
    account_id: str
    account_name: str
    region: str
    outputs: list[Output]
    ends_at: datetime
    usable: bool
    has_console: bool
    cost_usd: Decimal | None = None
    cost_at: datetime | None = None
    cost_omits: tuple[str, ...] = ()


def sandbox_of(*, now: datetime, enrollment: Enrollment) -> Sandbox | None:
    """Return the team's sandbox; None before the warm-up makes one."""
    lease = enrollment.place.lease if enrollment.place else None
    if lease is None:
        return None
    is_open = lease.state in OPEN_LEASE_STATES
    return Sandbox(
        state=lease.state,
        step=lease.step if not is_open else "",
        since=lease.state_since,
        reason="" if is_open else lease.reason,
        account_id=(lease.account.account_id or "") if lease.account else "",
        account_name=lease.account.name if lease.account else "",
        region=lease.blueprint.regions[0],
        outputs=_outputs(enrollment, outputs_of(lease)) if is_open else [],
        ends_at=lease.ends_at,
        usable=is_open and lease.access_starts_at <= now < lease.ends_at,
        has_console=has_console(),
        cost_usd=lease.cost_usd,
        cost_at=lease.cost_at,
        cost_omits=omitted(),
    )


def _outputs(enrollment: Enrollment, values: dict[str, str]) -> list[Output]:
    """Name the stacks' outputs as the quests do; one that no quest names keeps its own name."""
    named = {
        output["from"]: output for quest in enrollment.event.release.document["quests"] for output in quest["outputs"]
    }
    return [
        Output(label=named[name]["label"], value=value, display=named[name]["display"])
        if name in named
        else Output(label=name, value=value)
        for name, value in sorted(values.items())
    ]
