"""AwsCall: the one primitive of seeds, probes, prepared calls and reference solutions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from quests.pack.model import Line, PackModel

ValidateCall = Callable[[str, str, dict[str, Any]], list[str]]
"""Checks service, operation and parameters against AWS's models, where a placeholder stands for any text;
returns sentences, none if all is well."""


# Where AWS's SDK calls a service otherwise than its IAM actions do, which is how pack.yaml lists it.
_IAM_PREFIXES = {
    "apigatewayv2": "apigateway",
    "dynamodbstreams": "dynamodb",
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "opensearch": "es",
    "s3control": "s3",
    "stepfunctions": "states",
}


class AwsCall(PackModel):
    """One call of the AWS API; strings in `parameters` may hold placeholders."""

    service: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
    operation: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    parameters: dict[str, Any] = Field(default_factory=dict)

    @property
    def iam_prefix(self) -> str:
        """What the service is called in IAM actions and under `services` of pack.yaml."""
        return _IAM_PREFIXES.get(self.service, self.service)


class PreparedCall(AwsCall):
    """A call that a quest lays out ready in the workbench."""

    label: Line
