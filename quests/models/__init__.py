"""The game: packs and their quests, events and their clock, teams in events, facts and what pages show of them."""

from quests.models.announcement import Announcement, AnnouncementReading
from quests.models.enrollment import (
    AnswerAttempt,
    AttemptGrant,
    Enrollment,
    InputValue,
    Participation,
    QuestStart,
    QuestUnlock,
)
from quests.models.event import Action, Event, EventRole, Pause, Place
from quests.models.help_request import HelpMessage, HelpRequest
from quests.models.income import IncomeInterval, Uptime
from quests.models.letter import Letter
from quests.models.note import TeamNote
from quests.models.own_service import OwnService
from quests.models.pack import Hint, Pack, PackRelease, Quest, ReleaseImage, Task
from quests.models.probe import CheckSuspension, ProbeRun, TaskHold, TaskProgress
from quests.models.reference_service import ReferenceService
from quests.models.reset import ResetRequest
from quests.models.score import FrozenStanding, HintReveal, ScoreEntry, Standing, TaskVoid

__all__ = [
    "Action",
    "Announcement",
    "AnnouncementReading",
    "AnswerAttempt",
    "AttemptGrant",
    "CheckSuspension",
    "Enrollment",
    "Event",
    "EventRole",
    "FrozenStanding",
    "HelpMessage",
    "HelpRequest",
    "Hint",
    "HintReveal",
    "IncomeInterval",
    "InputValue",
    "Letter",
    "OwnService",
    "Pack",
    "PackRelease",
    "Participation",
    "Pause",
    "Place",
    "ProbeRun",
    "Quest",
    "QuestStart",
    "QuestUnlock",
    "ReferenceService",
    "ReleaseImage",
    "ResetRequest",
    "ScoreEntry",
    "Standing",
    "Task",
    "TaskHold",
    "TaskProgress",
    "TaskVoid",
    "TeamNote",
    "Uptime",
]
