"""Saying what changed: topics are opaque names, the browser fetches the ordinary partial."""

import uuid
from collections.abc import Iterable

from quests.models import Enrollment, Event
from quests.signals import changed


def team_topic(enrollment_id: uuid.UUID) -> str:
    """Name the nudges about a team's tasks, hints and inputs."""
    return f"team:{enrollment_id}"


def board_topic(event_id: uuid.UUID) -> str:
    """Name the nudges about an event's board."""
    return f"board:{event_id}"


def event_topic(event_id: uuid.UUID) -> str:
    """Name the nudges about an event's clock, places and teams, for organizers and coaches."""
    return f"event:{event_id}"


def teams_topic(event_id: uuid.UUID) -> str:
    """Name the nudges about who plays in which team, for everybody in the event."""
    return f"teams:{event_id}"


def place_topic(place_id: uuid.UUID) -> str:
    """Name the nudges about one place's sandbox."""
    return f"sandbox:{place_id}"


def clock_topic(event_id: uuid.UUID) -> str:
    """Name the nudges that everybody in the event needs: it opened, it closed."""
    return f"clock:{event_id}"


def help_topic(enrollment_id: uuid.UUID) -> str:
    """Name the nudges about a team's questions to its coaches."""
    return f"help:{enrollment_id}"


def queue_topic(event_id: uuid.UUID) -> str:
    """Name the nudges about all teams' questions, for coaches."""
    return f"queue:{event_id}"


def announcements_topic(event_id: uuid.UUID) -> str:
    """Name the nudges about announcements, for everybody in the event."""
    return f"announcements:{event_id}"


def announced(*, event_id: uuid.UUID) -> None:
    """Tell every page of the event, and the control room, that something was announced or withdrawn."""
    changed.send(sender=None, topics=[announcements_topic(event_id), event_topic(event_id)])


def queue_changed(*, event_id: uuid.UUID) -> None:
    """Tell the coaches' pages."""
    changed.send(sender=None, topics=[queue_topic(event_id)])


def help_changed(*, enrollment: Enrollment) -> None:
    """Tell the team and the coaches that something was asked, taken, said or closed."""
    changed.send(sender=Enrollment, topics=[help_topic(enrollment.pk), queue_topic(enrollment.event_id)])


def team_changed(*, enrollment: Enrollment, score: bool = False) -> None:
    """Tell the team's pages and the consoles that watch them; with `score` also every board that is not frozen."""
    topics = [team_topic(enrollment.pk), event_topic(enrollment.event_id)]
    if score and enrollment.event.board_frozen_at is None:
        topics.append(board_topic(enrollment.event_id))
    changed.send(sender=Enrollment, topics=topics)


def scores_changed(*, event: Event, enrollments: Iterable[uuid.UUID]) -> None:
    """Tell the pages of these teams of an event, and every board that is not frozen, with one message."""
    topics = [*(team_topic(enrollment) for enrollment in enrollments), event_topic(event.pk)]
    if event.board_frozen_at is None:
        topics.append(board_topic(event.pk))
    changed.send(sender=Enrollment, topics=topics)


def event_changed(*, event_id: uuid.UUID) -> None:
    """Tell every page of the event."""
    topics = [event_topic(event_id), clock_topic(event_id), board_topic(event_id), teams_topic(event_id)]
    changed.send(sender=None, topics=topics)
