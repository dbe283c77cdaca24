"""Words of the game (see the design's game page)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class EventState(TextChoices):
    """Where an event stands; the clock moves it, people may push."""

    SCHEDULED = "scheduled"
    WARMING = "warming"
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"
    TORN_DOWN = "torn_down"


class ActionKind(TextChoices):
    """What the clock does to an event, in this order when two are due together."""

    VEND = "vend"
    OPEN = "open"
    FREEZE_BOARD = "freeze_board"
    CLOSE = "close"
    TEAR_DOWN = "tear_down"


class Role(TextChoices):
    """What a person is in one event, besides participating."""

    ORGANIZER = "organizer"
    COACH = "coach"


class QuestKind(TextChoices):
    """What a quest is: on the way, beside it, or kept an eye on until the end."""

    MAIN = "main"
    SIDE = "side"
    CONTINUOUS = "continuous"


class ResetDecision(TextChoices):
    """What became of a team's wish to start a quest's environment again."""

    CONFIRMED = "confirmed"
    DECLINED = "declined"


class Outcome(TextChoices):
    """A probe's verdict; an error is ours or AWS's and never costs the team."""

    PASS = "pass"  # noqa: S105  (a verdict, not a password)
    FAIL = "fail"
    ERROR = "error"


class EntryKind(TextChoices):
    """What a ledger entry is for."""

    TASK = "task"
    HINT = "hint"
    ACCEPTED = "accepted"
    TAKEN_BACK = "taken_back"
    UPTIME = "uptime"
    QUEST_BONUS = "quest_bonus"
    ADJUSTMENT = "adjustment"
    VOID = "void"
    REVERSAL = "reversal"


class VoidMode(TextChoices):
    """What becomes of the points of a task that is void."""

    NOBODY = "nobody"
    EVERYBODY = "everybody"


class Turn(TextChoices):
    """What a verdict may do to a team's task."""

    PASSED = "passed"
    TAKEN_BACK = "taken_back"


class AnnouncementLevel(TextChoices):
    """How an announcement is shown: a warning stays until the person says that it was read."""

    INFO = "info", _("Note")
    WARNING = "warning", _("Warning")


class ServiceState(TextChoices):
    """Where a pack's service that runs for a team stands; stopping is a wish that its runner has not met yet."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    CRASHED = "crashed"


class Trigger(TextChoices):
    """Why a probe ran."""

    SCHEDULE = "schedule"
    CHECK_NOW = "check_now"


class LetterKind(TextChoices):
    """What a letter to a person of an event says."""

    INVITATION = "invitation"
    MOVED = "moved"


LIVE_SERVICE_STATES = (ServiceState.STARTING, ServiceState.RUNNING, ServiceState.STOPPING)
