"""How long AWS lets policy documents be, and the refusal of what is longer."""

import json
from typing import Any

# Characters; the documents are written without white space, so that it makes no difference who counts it.
SCP_CHARACTERS = 5_120  # 10,240 in some organizations; this much in all.
SCPS_PER_TARGET = 5
FULL_ACCESS_SLOTS = 1  # AWS's own FullAWSAccess takes one place at every target.
MANAGED_CHARACTERS = 6_144
ROLE_INLINE_CHARACTERS = 10_240  # Of all inline policies of a role together.


class TooLong(ValueError):
    """A document is longer than AWS takes, for the reason given."""


def text(document: dict[str, Any]) -> str:
    """Write a document in one canonical form, so that documents can be compared as text."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def require_fit(name: str, document: dict[str, Any], *, limit: int) -> None:
    """Raise TooLong, naming the longest statements, unless the document has at most `limit` characters."""
    size = len(text(document))
    if size <= limit:
        return
    by_size = sorted(document["Statement"], key=lambda each: len(text(each)), reverse=True)
    longest = ", ".join(f"{each.get('Sid', 'a statement')} {len(text(each)):,}" for each in by_size[:3])
    raise TooLong(
        f"The {name} has {size:,} characters and AWS takes {limit:,}. The longest statements: {longest}. "
        "Allow fewer services, regions or instance types."
    )
