"""quests/SLUG/quest.yaml: one quest with its tasks, hints, inputs and prepared calls."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from quests.pack.calls import PreparedCall
from quests.pack.model import InputName, Line, PackModel, Slug, Text, Title
from quests.pack.parameters import ParameterName, ParameterValue

OutputName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]+$", max_length=255)]


class Input(PackModel):
    """Something that a team hands in."""

    name: InputName
    type: Literal["url", "arn", "text", "choice", "number", "email"]
    label: Line
    help: Line | None = None
    choices: list[Line] = Field(default_factory=list)
    owned_by: Literal["account"] | None = Field(
        default=None, description="The address must lead to something in the team's own sandbox."
    )

    @model_validator(mode="after")
    def _choices_belong_to_choice(self) -> Input:
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("choices belong to the type choice, and only there")
        return self

    @model_validator(mode="after")
    def _only_addresses_are_owned(self) -> Input:
        if self.owned_by and self.type != "url":
            raise ValueError("owned_by belongs to the type url, and only there")
        return self


class Output(PackModel):
    """A stack output that the quest shows; `from` names the output in stack.yaml."""

    label: Line
    source: OutputName = Field(alias="from")
    display: Literal["link", "copy", "secret"] = "copy"


class Income(PackModel):
    """What a task of a continuous quest earns, besides its points, for every full interval in which it passes."""

    points: int = Field(ge=1, le=10_000)
    every_minutes: int = Field(ge=1, le=60)


class Task(PackModel):
    """One checkable checkpoint; done when all its checks pass, with `hold_minutes` for that long without a fail."""

    slug: Slug
    title: Title
    points: int = Field(ge=1)
    checks: list[Slug] = Field(min_length=1)
    hold_minutes: int = Field(default=0, ge=0, le=240)
    income: Income | None = None


class Hint(PackModel):
    """Help for a price in percent of the quest's points, offered after some minutes."""

    text: Text
    cost_percent: int = Field(ge=0, le=100)
    offer_after_minutes: int = Field(default=0, ge=0)


class Validation(PackModel):
    """When the checks run: on the button, on a schedule, and how soon the button works again.

    `attempts` limits how many different answers a team may give to each question that an answer probe compares;
    the cool-down holds between them too.
    """

    button: bool = True
    every_seconds: int = Field(default=60, ge=10, le=3600)
    cooldown_seconds: int = Field(default=5, ge=0, le=600)
    attempts: int | None = Field(default=None, ge=1, le=100)


class QuestStack(PackModel):
    """When the quest's own stack.yaml is created, and with which parameters."""

    created: Literal["warm-up", "unlock"] = "warm-up"
    parameters: dict[ParameterName, ParameterValue] = Field(default_factory=dict)


class QuestSpec(PackModel):
    """quest.yaml."""

    title: Title
    kind: Literal["main", "side", "continuous"] = "main"
    level: Slug | None = None
    requires: list[Slug] = Field(default_factory=list)
    roles: list[Line] = Field(default_factory=list)
    difficulty: int = Field(ge=1, le=5)
    expected_minutes: int = Field(ge=1, le=480)
    points: int = Field(ge=1)
    objectives: list[Line] = Field(min_length=1)
    inputs: list[Input] = Field(default_factory=list)
    outputs: list[Output] = Field(default_factory=list)
    tasks: list[Task] = Field(min_length=1)
    hints: list[Hint] = Field(default_factory=list)
    validation: Validation = Field(default_factory=Validation, alias="validate")
    workbench: list[PreparedCall] = Field(default_factory=list)
    stack: QuestStack = Field(default_factory=QuestStack)
    reset: Literal["stack", "none"] = Field(
        default="none", description="Whether a team may ask for the quest's own stack to be made anew."
    )


class Quest(QuestSpec):
    """A quest as a whole: quest.yaml with its folder's name, its Markdown pages, and its own template or none."""

    slug: Slug
    body: str
    coach: str
    stack_template: str = ""
    stack_outputs: list[str] = Field(default_factory=list)
