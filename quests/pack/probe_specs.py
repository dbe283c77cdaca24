"""The typed configuration of every kind of probe; `quests.probes` carries them out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from quests.pack.calls import AwsCall
from quests.pack.model import Expression, InputName, Line, PackModel, Text

MAX_STEPS = 8
MAX_RETRY_SECONDS = 60


class Retry(PackModel):
    """Ask again until the probe passes or the time is over, for things that need a moment to settle."""

    within_seconds: int = Field(ge=1, le=MAX_RETRY_SECONDS)
    every_seconds: int = Field(default=2, ge=1, le=MAX_RETRY_SECONDS)


class ProbeBase(PackModel):
    """What all probes have: who may see their evidence, patience, and what to tell the team and its coach."""

    visibility: Literal["public", "secret"] = "public"
    retry: Retry | None = None
    advice: Text
    coach_advice: Text | None = None


class HttpRequest(PackModel):
    """One request; url, header values and body may hold placeholders; `json` excludes `body`."""

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    url: Annotated[str, Field(min_length=1, max_length=2000)]
    headers: dict[str, str] = Field(default_factory=dict)
    json_body: Any = Field(default=None, alias="json")
    body: str | None = None

    @model_validator(mode="after")
    def _one_body(self) -> HttpRequest:
        if self.body is not None and self.json_body is not None:
            raise ValueError("give either json or body, not both")
        return self


class HttpExpectation(PackModel):
    """What the answer must be: everything named must hold; `json` is JMESPath that must yield true."""

    status: int | None = Field(default=None, ge=100, le=599)
    headers: dict[str, str] = Field(default_factory=dict)
    contains: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    json_holds: Expression | None = Field(default=None, alias="json")
    within_ms: int | None = Field(default=None, ge=1, le=10_000)

    @model_validator(mode="after")
    def _expects_something(self) -> HttpExpectation:
        if not any(vars(self).values()):
            raise ValueError("expects nothing: name a status, headers, contains, json or within_ms")
        return self


class HttpStep(PackModel):
    """One request and what its answer must be."""

    request: HttpRequest
    expect: HttpExpectation


class AwsStep(PackModel):
    """One AWS call and the JMESPath that must yield true; `show` picks what the team is told was seen."""

    call: AwsCall
    expect: Expression
    show: Expression | None = None


def _step_tag(step: object) -> str:
    named = step if isinstance(step, dict) else step.__dict__
    return "aws" if "call" in named else "http"


FlowStep = Annotated[Annotated[HttpStep, Tag("http")] | Annotated[AwsStep, Tag("aws")], Discriminator(_step_tag)]


class HttpProbe(ProbeBase, HttpStep):
    """Asks a team's address once."""

    type: Literal["http"]


class HttpFlowProbe(ProbeBase):
    """Asks several times in order with one fresh nonce; AWS calls in between prove what lies behind."""

    type: Literal["http-flow"]
    steps: list[FlowStep] = Field(min_length=1, max_length=MAX_STEPS)


class AwsProbe(ProbeBase, AwsStep):
    """Looks into the team's account."""

    type: Literal["aws"]


class AnswerProbe(ProbeBase):
    """Compares what a team handed in with the accepted answers, whatever the case and the spaces."""

    type: Literal["answer"]
    input: InputName
    accept: list[Line] = Field(min_length=1)


ProbeSpec = Annotated[HttpProbe | HttpFlowProbe | AwsProbe | AnswerProbe, Field(discriminator="type")]
