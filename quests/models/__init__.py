"""The game: packs and their quests, events and their clock, teams in events, facts and what pages show of them."""

from quests.models.enrollment import Enrollment, InputValue, Participation, QuestStart
from quests.models.event import Action, Event, EventRole, Place
from quests.models.pack import Hint, Pack, PackRelease, Quest, Task
from quests.models.probe import CheckSuspension, ProbeRun, TaskProgress
from quests.models.reference_service import ReferenceService
from quests.models.score import HintReveal, ScoreEntry, Standing

__all__ = [
    "Action",
    "CheckSuspension",
    "Enrollment",
    "Event",
    "EventRole",
    "Hint",
    "HintReveal",
    "InputValue",
    "Pack",
    "PackRelease",
    "Participation",
    "Place",
    "ProbeRun",
    "Quest",
    "QuestStart",
    "ReferenceService",
    "ScoreEntry",
    "Standing",
    "Task",
    "TaskProgress",
]
