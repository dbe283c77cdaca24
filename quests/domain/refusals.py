"""Why the game says no: each refusal carries one sentence for the person who asked."""


class Refusal(Exception):
    """Something that may not happen; `str()` is the sentence to show, and nothing was changed."""


class UnableToSchedule(Refusal):
    """The event cannot be planned like this."""


class UnableToJoin(Refusal):
    """The code, the team or the moment does not let this person in."""


class TeamNameTaken(Refusal):
    """Another team of the event has this name."""


class NoPlaceLeft(Refusal):
    """Every planned place and spare is taken."""


class EventNotOpen(Refusal):
    """The event's clock does not allow it now."""


class HintNotYetOffered(Refusal):
    """The hint's time has not come, or an earlier one comes first."""


class CheckTooSoon(Refusal):
    """The cool-down of Check now is not over."""


class UnableToServe(Refusal):
    """The pack's service cannot run for this team now."""


class UnableToRemedy(Refusal):
    """An organizer's correction does not apply."""
