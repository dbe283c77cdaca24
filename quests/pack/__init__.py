"""Packs as data: reading and checking a pack folder, its typed document, placeholders and Markdown."""

from quests.pack.calls import AwsCall, PreparedCall, ValidateCall
from quests.pack.document import PackDocument
from quests.pack.folder import content_hash
from quests.pack.markdown import render_markdown
from quests.pack.placeholders import (
    UnresolvedPlaceholder,
    placeholders,
    substitute,
    substitute_known,
    substitute_text,
)
from quests.pack.probe_specs import ProbeSpec
from quests.pack.problems import PackError, Problem
from quests.pack.quest import Quest
from quests.pack.reading import read_pack

__all__ = [
    "AwsCall",
    "PackDocument",
    "PackError",
    "PreparedCall",
    "ProbeSpec",
    "Problem",
    "Quest",
    "UnresolvedPlaceholder",
    "ValidateCall",
    "content_hash",
    "placeholders",
    "read_pack",
    "render_markdown",
    "substitute",
    "substitute_known",
    "substitute_text",
]
