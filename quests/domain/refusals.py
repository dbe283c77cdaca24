"""Why the game says no: each refusal carries one sentence for the person who asked."""


class Refusal(Exception):
    """Something that may not happen; `str()` is the sentence to show, and nothing was changed."""


class UnableToSchedule(Refusal):
    """The event cannot be planned like this."""


class UnableToJoin(Refusal):
    """The code, the team or the moment does not let this person in."""


class TeamNameTaken(Refusal):
    """Another team of the event has this name."""


class UnableToChangeTeam(Refusal):
    """The team, its captain or its members cannot change like this, or have changed meanwhile."""


class UnableToImport(Refusal):
    """The list cannot be read, or is not what was shown any more."""


class UnableToBuild(Refusal):
    """The proposed teams cannot be founded as they were shown."""


class NoPlaceLeft(Refusal):
    """Every planned place and spare is taken."""


class UnableToPrepareAnew(Refusal):
    """The place needs no new sandbox, or can have none."""


class EventNotOpen(Refusal):
    """The event's clock does not allow it now."""


class HintNotYetOffered(Refusal):
    """The hint's time has not come, or an earlier one comes first."""


class QuestLocked(Refusal):
    """The quest is not open to this team yet."""


class EnvironmentNotReady(Refusal):
    """What the quest is about is still being made in the team's sandbox."""


class UnableToReset(Refusal):
    """The quest's environment cannot be started again, or not by this request."""


class InputLocked(Refusal):
    """What was handed in has done its work and stays as it is."""


class AddressTaken(Refusal):
    """The address on this machine is another team's, or not for teams at all."""


class NoAttemptLeft(Refusal):
    """The team has used up its answers to this question."""


class AnswerTooSoon(Refusal):
    """The cool-down between two answers is not over."""


class UnableToCoach(Refusal):
    """A coach's help does not apply."""


class HelpTooSoon(Refusal):
    """The team asks faster than people can answer."""


class HelpTaken(Refusal):
    """Another coach has the request."""


class HelpClosed(Refusal):
    """The question is closed, or coaching is over."""


class CheckTooSoon(Refusal):
    """The cool-down of Check now is not over."""


class UnableToServe(Refusal):
    """The pack's service cannot run for this team now."""


class UnableToRemedy(Refusal):
    """An organizer's correction does not apply."""


class UnableToAnnounce(Refusal):
    """The announcement has no clear audience."""


class UnableToIssue(Refusal):
    """No code for this person."""


class ClockMoved(Refusal):
    """Somebody else has moved the clock since the person looked at it."""
