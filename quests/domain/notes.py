"""What coaches note about teams, for as long as an event's traces of people are kept."""

from datetime import datetime, timedelta

from accounts.models import User
from quests.domain.live import queue_changed
from quests.models import Enrollment, TeamNote

KEPT_FOR = timedelta(days=90)


def add_note(*, now: datetime, enrollment: Enrollment, text: str, actor: User) -> TeamNote:
    """Note something about a team; coaches and organizers of the event read it, the team never does."""
    note = TeamNote.objects.create(enrollment=enrollment, text=text, by=actor.id, at=now)
    queue_changed(event_id=enrollment.event_id)
    return note


def delete_old_notes(*, now: datetime) -> int:
    """Delete the notes of events that ended longer ago than notes are kept; return how many."""
    return TeamNote.objects.filter(enrollment__event__ends_at__lt=now - KEPT_FOR).delete()[0]
