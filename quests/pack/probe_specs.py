"""The typed configuration of every kind of probe; `quests.probes` carries them out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, StringConstraints, Tag, ValidationError, model_validator

from quests.pack.calls import AwsCall
from quests.pack.model import Expression, InputName, Line, PackModel, Text
from quests.pack.placeholders import placeholders
from quests.pack.plugins import UnknownPlugin, plugin

MAX_STEPS = 8
MAX_RETRY_SECONDS = 60
SAVED = "saved."
Saves = dict[InputName, Expression]


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
    """One AWS call and the JMESPath that must yield true; `show` picks what the team is told was seen.

    An answer of several pages is put together first.
    """

    call: AwsCall
    expect: Expression
    show: Expression | None = None


class _InFlow(PackModel):
    """What a step of a flow may have besides.

    `save` names text or numbers that JMESPath finds in the answer, for later steps as `${saved.NAME}`. `retry` asks
    this step alone again, with the same nonce: for what earlier steps have set going and what needs a moment to arrive.
    """

    save: Saves = Field(default_factory=dict)
    retry: Retry | None = None


class HttpFlowStep(HttpStep, _InFlow):
    """A request within a flow; `save` reads the answer's JSON."""


class AwsFlowStep(AwsStep, _InFlow):
    """An AWS call within a flow."""


def _step_tag(step: object) -> str:
    named = step if isinstance(step, dict) else step.__dict__
    return "aws" if "call" in named else "http"


FlowStep = Annotated[
    Annotated[HttpFlowStep, Tag("http")] | Annotated[AwsFlowStep, Tag("aws")], Discriminator(_step_tag)
]


class HttpProbe(ProbeBase, HttpStep):
    """Asks a team's address once."""

    type: Literal["http"]


class HttpFlowProbe(ProbeBase):
    """Asks several times in order with one fresh nonce; AWS calls in between prove what lies behind."""

    type: Literal["http-flow"]
    steps: list[FlowStep] = Field(min_length=1, max_length=MAX_STEPS)

    @model_validator(mode="after")
    def _saved_before_used(self) -> HttpFlowProbe:
        saved: set[str] = set()
        for number, step in enumerate(self.steps, start=1):
            asks = step.call.parameters if isinstance(step, AwsStep) else step.request.model_dump()
            for name in sorted(_saved_in(asks) - saved):
                raise ValueError(f"step {number} uses ${{{name}}}, which no earlier step saves")
            shown = step.show if isinstance(step, AwsStep) else None
            wishes = step.expect if isinstance(step, AwsStep) else step.expect.model_dump()
            for name in sorted(_saved_in([wishes, shown])):
                raise ValueError(f"step {number} expects ${{{name}}}: what a team answers may not shape an expectation")
            saved |= {SAVED + name for name in step.save}
        return self


def _saved_in(value: object) -> set[str]:
    return {name for name in placeholders(value) if name.startswith(SAVED)}


class AwsProbe(ProbeBase, AwsStep):
    """Looks into the team's account."""

    type: Literal["aws"]


class Threshold(PackModel):
    """A number compared with another."""

    comparison: Literal["above", "at_least", "equal", "at_most", "below"]
    threshold: float = Field(allow_inf_nan=False, strict=False)


class Metric(PackModel):
    """A statistic of CloudWatch over the last minutes; dimension values may hold placeholders."""

    namespace: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    name: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    dimensions: dict[str, str] = Field(default_factory=dict, max_length=30)
    statistic: Annotated[
        str, StringConstraints(pattern=r"^(Average|Sum|Minimum|Maximum|SampleCount|p\d{1,2}(\.\d{1,2})?)$")
    ]
    period_seconds: int = Field(default=60, ge=60, le=86_400, multiple_of=60)
    minutes: int = Field(default=15, ge=1, le=1440)

    @model_validator(mode="after")
    def _fits_one_answer(self) -> Metric:
        if self.minutes * 60 < self.period_seconds:
            raise ValueError("minutes is shorter than one period")
        if self.minutes * 60 / self.period_seconds > 1440:
            raise ValueError("asks for more than the 1440 data points of one answer")
        return self


class MetricExpectation(Threshold):
    """What must hold: for every data point, any, the latest, or for all added up."""

    of: Literal["every", "any", "latest", "sum"] = "every"


class MetricProbe(ProbeBase):
    """Reads a metric of the team's account; `no_data` says what it means that there is none."""

    type: Literal["metric"]
    metric: Metric
    expect: MetricExpectation
    no_data: Literal["pass", "fail", "error"] = "fail"

    def call(self, start: str, end: str) -> AwsCall:
        """Return the call that asks for the statistic between two moments, in ISO format."""
        metric = self.metric
        kind = "ExtendedStatistics" if metric.statistic.startswith("p") else "Statistics"
        return AwsCall(
            service="cloudwatch",
            operation="get_metric_statistics",
            parameters={
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions.items()],
                "StartTime": start,
                "EndTime": end,
                "Period": metric.period_seconds,
                kind: [metric.statistic],
            },
        )


ResourceTypeName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+:[a-z0-9-]+$", max_length=80)]


class InventoryProbe(ProbeBase):
    """Counts what stands in the account, or adds up what it costs per hour, by type and by tag.

    Types are named as the sweeper names them (see docs/sweeper.md). A tag with an empty value may have any.
    """

    type: Literal["inventory"]
    types: list[ResourceTypeName] = Field(min_length=1, max_length=20)
    tags: dict[str, str] = Field(default_factory=dict, max_length=10)
    measure: Literal["count", "usd_per_hour"] = "count"
    expect: Threshold


class AnswerProbe(ProbeBase):
    """Compares what a team handed in with the accepted answers, whatever the case and the spaces.

    `accept` may hold placeholders, so that each team has its own answer. Quotes and marks around the answer never
    count; with `punctuation: ignore` none does. With a `tolerance` numbers are compared as numbers.
    """

    type: Literal["answer"]
    input: InputName
    accept: list[Line] = Field(min_length=1)
    punctuation: Literal["edges", "ignore"] = "edges"
    tolerance: float | None = Field(default=None, ge=0, allow_inf_nan=False, strict=False)


class PluginProbe(ProbeBase):
    """A probe of a kind that a plug-in adds; the further fields are the plug-in's own."""

    model_config = ConfigDict(extra="allow")

    type: str

    @model_validator(mode="after")
    def _configures_its_plugin(self) -> PluginProbe:
        try:
            self.config()
        except UnknownPlugin as error:
            raise ValueError(str(error)) from error
        except ValidationError as error:
            faults = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
            raise ValueError(f"does not fit the plug-in {self.type!r}: {'; '.join(faults)}") from error
        return self

    def config(self) -> ProbeBase:
        """Return the configuration as the plug-in's own model; raises UnknownPlugin or pydantic's ValidationError."""
        model: type[ProbeBase] = plugin(self.type).Config
        fields = self.model_dump(exclude_unset=True)
        return model.model_validate({name: fields[name] for name in fields if name != "type"})


_OWN_KINDS = frozenset({"http", "http-flow", "aws", "metric", "inventory", "answer"})


def _kind(probe: object) -> str:
    named = probe.get("type") if isinstance(probe, dict) else getattr(probe, "type", None)
    return str(named) if named in _OWN_KINDS else "plug-in"


ProbeSpec = Annotated[
    Annotated[HttpProbe, Tag("http")]
    | Annotated[HttpFlowProbe, Tag("http-flow")]
    | Annotated[AwsProbe, Tag("aws")]
    | Annotated[MetricProbe, Tag("metric")]
    | Annotated[InventoryProbe, Tag("inventory")]
    | Annotated[AnswerProbe, Tag("answer")]
    | Annotated[PluginProbe, Tag("plug-in")],
    Discriminator(_kind),
]
