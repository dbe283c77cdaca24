"""AwsCall: the one primitive of seeds, probes, prepared calls and reference solutions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from quests.pack.model import Line, PackModel

ValidateCall = Callable[[str, str, dict[str, Any]], list[str]]
"""Checks service, operation and parameters against AWS's models, where a placeholder stands for any text;
returns sentences, none if all is well."""


class AwsCall(PackModel):
    """One call of the AWS API; strings in `parameters` may hold placeholders."""

    service: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
    operation: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    parameters: dict[str, Any] = Field(default_factory=dict)


class PreparedCall(AwsCall):
    """A call that a quest lays out ready in the workbench."""

    label: Line
