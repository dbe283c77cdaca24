"""Values for the parameters of a pack's templates, as packs write them and as CloudFormation takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import StringConstraints

ParameterName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]+$", max_length=255)]
ParameterValue = bool | int | float | Annotated[str, StringConstraints(max_length=4096)] | list[str]
"""Text may hold placeholders."""


def as_text(value: ParameterValue) -> str:
    """Return a value as CloudFormation takes it: a list by its commas, true and false as words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, list) else str(value)


def as_texts(values: Mapping[str, ParameterValue]) -> dict[str, str]:
    """Return every value as CloudFormation takes it."""
    return {name: as_text(value) for name, value in values.items()}
