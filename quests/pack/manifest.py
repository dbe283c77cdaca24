"""pack.yaml: what the pack is, for whom, and the frame that its quests fit into."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from quests.pack.model import Line, PackModel, Slug, Text, Title
from quests.pack.parameters import ParameterName, ParameterValue

Version = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]


class Fiction(PackModel):
    """The story around the exercise; `briefing` is Markdown."""

    company: Line
    briefing: Text


class TeamSize(PackModel):
    """How many people play together."""

    min: int = Field(ge=1)
    max: int = Field(ge=1, le=20)

    @model_validator(mode="after")
    def _in_order(self) -> TeamSize:
        if self.min > self.max:
            raise ValueError("min is larger than max")
        return self


class Unlock(PackModel):
    """What opens a level: points gained, or quests done, in the levels before it; with both, both are needed."""

    points: int | None = Field(default=None, ge=1)
    quests: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _asks_for_something(self) -> Unlock:
        if self.points is None and self.quests is None:
            raise ValueError("asks for nothing: name points, quests or both")
        return self


class Level(PackModel):
    """A heading under which quests of one stage stand; they open together once `unlock` is true."""

    slug: Slug
    title: Title
    unlock: Unlock | None = None


class Scoring(PackModel):
    """How points are given: by tasks alone (quality), or also by what happens over time (live).

    `maximum` is what the tasks give together, without income and bonus; `trend` shows on the board how the points came
    about; `speed_bonus_percent` of a quest's points are paid when it is done within its expected minutes.
    """

    mode: Literal["quality", "live"]
    maximum: int = Field(ge=1)
    trend: bool = True
    speed_bonus_percent: int = Field(default=0, ge=0, le=100)


class Manifest(PackModel):
    """pack.yaml."""

    schema_version: Literal[1]
    slug: Slug
    version: Version
    title: Title
    summary: Text
    game_type: Literal["microservices", "security", "resilience", "migration", "cost", "tutorial"]
    fiction: Fiction
    duration_minutes: int = Field(ge=5, le=2880)
    team_size: TeamSize
    regions: list[Region] = Field(min_length=1)
    services: list[Slug] = Field(min_length=1)
    instance_types: list[str] = Field(default_factory=list)
    parameters: dict[ParameterName, ParameterValue] = Field(default_factory=dict, description="Of stack.yaml.")
    budget_usd: float = Field(ge=0, allow_inf_nan=False)
    objectives: list[Line] = Field(min_length=1)
    levels: list[Level] = Field(default_factory=list)
    quests: list[Slug] = Field(min_length=1)
    scoring: Scoring
    locales: list[Locale] = Field(min_length=1)
    authors: list[Line] = Field(min_length=1)
    licence: Line
