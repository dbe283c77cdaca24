"""solution/quests/SLUG: how a quest is solved, and near misses that its checks must reject."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from quests.pack.calls import AwsCall
from quests.pack.expressions import evaluate
from quests.pack.model import Expression, InputName, Line, PackModel, Slug, Text


class LocalService(PackModel):
    """A Python file of the pack, run beside an attempt with `--port N` added; ${service.url} names it."""

    file: Line
    arguments: list[str] = Field(default_factory=list)


class AttemptCall(AwsCall):
    """A call of an attempt; `save` gives later calls, and inputs, a part of its answer as ${saved.NAME}."""

    save: dict[InputName, Expression] = Field(default_factory=dict)

    def saved_from(self, answer: Mapping[str, Any]) -> dict[str, object]:
        """Return the variables that this answer gives by name; raises ExpressionError."""
        return {f"saved.{name}": evaluate(expression, answer) for name, expression in self.save.items()}


class Attempt(PackModel):
    """What a player does: AWS calls in order, things handed in, a service kept running."""

    calls: list[AttemptCall] = Field(default_factory=list)
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
