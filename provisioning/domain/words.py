"""Times as people say them; the same words on pages, in commands and in the API."""

from datetime import datetime, timedelta

from provisioning.models.claim import Claimable

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def span(length: timedelta) -> str:
    """Write a length of time with at most two units: "40 s", "12 min", "3 h 05 min", "2 d 4 h"."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE:02d} min"
    return f"{seconds // _DAY} d {seconds % _DAY // _HOUR} h"


def next_try(now: datetime, row: Claimable) -> str:
    """Say when a row is worked on next: "claimed by a worker", "in 40 s", "due for 3 s"; empty if never."""
    if row.due_at is None:
        return ""
    if row.claimed_until is not None and row.claimed_until > now:
        return "claimed by a worker"
    if row.due_at > now:
        return f"in {span(row.due_at - now)}"
    return f"due for {span(now - row.due_at)}"
