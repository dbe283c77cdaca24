"""What somebody (a pack, an event) needs of sandboxes; whoever knows answers `signals.needs_wanted` with it."""

from dataclasses import dataclass
from datetime import datetime

from provisioning.aws.allowances import Allowance


class UnknownNeeds(LookupError):
    """There is no such pack or event, or it cannot be read; the message says which and why."""


@dataclass(frozen=True)
class Needs:
    """What sandboxes hold and allow, and how many there are when (unknown for a pack without an event)."""

    label: str
    services: tuple[str, ...]
    regions: tuple[str, ...]
    instance_types: tuple[str, ...]
    template: str
    extra_templates: tuple[str, ...] = ()
    sandboxes: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def allowance(self, *, ends_at: datetime) -> Allowance:
        """Return the allowance of a lease with this end."""
        return Allowance(self.services, self.regions, ends_at, self.instance_types)
