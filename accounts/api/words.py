"""Kinds of values that operations of all apps take and give."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema


class Body(BaseModel):
    """What a request brings: an object with the fields that are described, and no others."""

    model_config = ConfigDict(extra="forbid")


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("leave out the character NUL")
    return text.strip()


Text = Annotated[str, AfterValidator(_storable)]
"""A text that the database can keep, without space around it."""

Reason = Annotated[Text, Field(min_length=3, max_length=150, description="It stands in the journal.")]
Slug = Annotated[str, Field(pattern=r"^[-a-zA-Z0-9_]+$", max_length=60)]

Moment = Annotated[
    datetime,
    PlainSerializer(lambda moment: moment.astimezone(UTC).isoformat(), return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A time with its offset, to the microsecond: what was read can be compared with what is stored."""
