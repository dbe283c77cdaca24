"""Events for people to come into."""

from tests.quests.conftest import event, make_person, open_event, organizer, release, team

__all__ = ["event", "make_person", "open_event", "organizer", "release", "team"]
