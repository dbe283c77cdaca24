"""PackDocument: a whole pack as one value that goes to JSON and back unchanged."""

from __future__ import annotations

from pydantic import Field

from quests.pack.calls import AwsCall
from quests.pack.images import Image
from quests.pack.manifest import Manifest
from quests.pack.model import PackModel, Slug
from quests.pack.probe_specs import ProbeSpec
from quests.pack.quest import Quest
from quests.pack.services import Service
from quests.pack.solution import Solution


class SeedFile(PackModel):
    """seed.yaml: calls after the stack, in order, each harmless when repeated."""

    calls: list[AwsCall] = Field(default_factory=list)


class ProbesFile(PackModel):
    """probes.yaml and readiness.yaml: probes by name."""

    probes: dict[Slug, ProbeSpec] = Field(min_length=1)


class PackDocument(PackModel):
    """Everything that a release holds: a valid pack, free of references that lead nowhere.

    `quests` stand in the order of pack.yaml; `stack_template` is the text of stack.yaml; `content_hash` is
    the hexadecimal SHA-256 of the folder that it was read from.
    """

    content_hash: str
    pack: Manifest
    stack_template: str
    stack_outputs: list[str]
    seed: list[AwsCall]
    readiness: dict[Slug, ProbeSpec]
    probes: dict[Slug, ProbeSpec]
    quests: list[Quest]
    solutions: dict[Slug, Solution]
    services: dict[Slug, Service] = Field(default_factory=dict)
    images: dict[str, Image] = Field(default_factory=dict, description="By their path in the folder.")

    def quest(self, slug: str) -> Quest:
        """Return the quest with that slug, or raise KeyError."""
        for quest in self.quests:
            if quest.slug == slug:
                return quest
        raise KeyError(slug)
