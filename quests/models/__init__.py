"""The game: packs and their quests, events and their clock, teams in events, facts and what pages show of them."""

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
from quests.models.income import IncomeInterval, Uptime
from quests.models.pack import Hint, Pack, PackRelease, Quest, Task
from quests.models.probe import CheckSuspension, ProbeRun, TaskHold, TaskProgress
from quests.models.reference_service import ReferenceService
from quests.models.score import FrozenStanding, HintReveal, ScoreEntry, Standing, TaskVoid

__all__ = [
    "Action",
    "AnswerAttempt",
    "AttemptGrant",
    "CheckSuspension",
    "Enrollment",
    "Event",
    "EventRole",
    "FrozenStanding",
    "Hint",
    "HintReveal",
    "IncomeInterval",
    "InputValue",
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
    "ScoreEntry",
    "Standing",
    "Task",
    "TaskHold",
    "TaskProgress",
    "TaskVoid",
    "Uptime",
]
