"""Playing time: the event's clock without its pauses."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from quests.models import Event


@dataclass(frozen=True)
class Timeline:
    """The pauses of an event that are over, in their order, and since when it is paused now."""

    pauses: tuple[tuple[datetime, datetime], ...] = ()
    paused_at: datetime | None = None

    def elapsed(self, since: datetime, until: datetime) -> timedelta:
        """Return how much was played between two moments; never less than nothing."""
        if self.paused_at:
            until = min(until, self.paused_at)
        stood = sum(
            (max(timedelta(0), min(ends_at, until) - max(starts_at, since)) for starts_at, ends_at in self.pauses),
            timedelta(0),
        )
        return max(timedelta(0), until - since - stood)

    def moment(self, since: datetime, span: timedelta) -> datetime:
        """Return when that much will have been played since then, as far as the pauses are known."""
        at = since + span
        for starts_at, ends_at in self.pauses:
            if starts_at >= at:
                break
            at += max(timedelta(0), ends_at - max(starts_at, since))
        return at

    def minutes(self, since: datetime, until: datetime) -> int:
        """Return the whole minutes that were played between two moments."""
        return int(self.elapsed(since, until).total_seconds() // 60)


def timeline_of(event: Event) -> Timeline:
    """Read the event's pauses, once for however many timers a page shows."""
    over = event.pauses.filter(ends_at__isnull=False).order_by("starts_at")
    return Timeline(tuple(over.values_list("starts_at", "ends_at")), event.paused_at)  # type: ignore[arg-type]
