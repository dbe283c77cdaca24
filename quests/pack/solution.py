"""solution/quests/SLUG: how a quest is solved, and near misses that its checks must reject."""

from __future__ import annotations

from pydantic import Field, model_validator

from quests.pack.calls import AwsCall
from quests.pack.model import InputName, Line, PackModel, Slug, Text


class LocalService(PackModel):
    """A Python file of the pack, run beside an attempt with `--port N` added; ${service.url} names it."""

    file: Line
    arguments: list[str] = Field(default_factory=list)


class Attempt(PackModel):
    """What a player does: AWS calls in order, things handed in, a service kept running."""

    calls: list[AwsCall] = Field(default_factory=list)
    inputs: dict[InputName, str] = Field(default_factory=dict)
    service: LocalService | None = None

    @model_validator(mode="after")
    def _does_something(self) -> Attempt:
        if not (self.calls or self.inputs or self.service):
            raise ValueError("does nothing: give calls, inputs or a service")
        return self


class NearMiss(Attempt):
    """A tempting attempt that completes every task of the quest but `rejected_by`; `why` tells the author."""

    rejected_by: Slug
    why: Text


class Solution(PackModel):
    """The reference solution of a quest with its near misses by file name."""

    solve: Attempt
    near_misses: dict[Slug, NearMiss] = Field(default_factory=dict)
