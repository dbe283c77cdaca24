"""Words of the game (see the design's game page)."""

from django.db.models import TextChoices


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


LIVE_SERVICE_STATES = (ServiceState.STARTING, ServiceState.RUNNING, ServiceState.STOPPING)
