"""What a probe found: a Finding inside the engine, a Verdict for everybody else."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from quests.enums import Outcome

MAX_BYTES = 2048


@dataclass(frozen=True)
class Finding:
    """One attempt's result in plain text, before secrets are removed and sizes bounded."""

    outcome: Outcome
    summary: str
    asked: str = ""
    expected: str = ""
    seen: str = ""


@dataclass(frozen=True)
class Verdict:
    """The result of a check: every text is at most 2 kB of UTF-8, free of secrets and of control characters.

    `summary` is a sentence that says what was seen; `advice` is empty unless the outcome is a fail;
    `milliseconds` is the time of the whole check with its retries. What a plug-in returns is made so afterwards, and
    its advice and time are replaced.
    """

    outcome: Outcome
    summary: str
    asked: str = ""
    expected: str = ""
    seen: str = ""
    advice: str = ""
    milliseconds: int = 0


_REMOVED = "[removed]"
_KEY_ID = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")
_NAMED_SECRET = re.compile(
    r"""(?ix)
    ( ["']? [\w-]{0,40}
      (?: secret | token | passw(?:or)?d | authorization | api[_-]?key | private[_-]?key | cookie )
      [\w-]{0,40} ["']? \s* [:=] \s* )
    (?: "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | (?:(?:bearer|basic)\s+)? [^\s,;&}"']+ )
    """
)
# Signed addresses, AWS's and others': what is signed may be read by whoever has the address.
_SIGNED = re.compile(
    r"(?i)\b((?:X-Amz-(?:Signature|Credential|Security-Token)|(?:Key-Pair-Id|Policy|Signature|sig)|AWSAccessKeyId)=)"
    r"[^&\s\"'<>]+"
)
_WEB_TOKEN = re.compile(r"\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_IN_ADDRESS = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@:\"']+:[^\s/@\"']+@")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]")


def presentable(text: str) -> str:
    """Return the text without secrets and control characters, cut to MAX_BYTES of UTF-8."""
    # What lies far behind the cut is dropped first: the patterns would take long over a large answer.
    clean = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text[: 4 * MAX_BYTES].replace("\r\n", "\n"))
    clean = _PRIVATE_KEY.sub(_REMOVED, clean)
    clean = _KEY_ID.sub(_REMOVED, clean)
    clean = _WEB_TOKEN.sub(_REMOVED, clean)
    clean = _IN_ADDRESS.sub(rf"\1{_REMOVED}@", clean)
    clean = _SIGNED.sub(rf"\1{_REMOVED}", clean)
    clean = _NAMED_SECRET.sub(lambda match: match[1] + _REMOVED, clean)
    encoded = clean.encode("utf-8", "replace")
    if len(encoded) <= MAX_BYTES:
        return encoded.decode()
    return encoded[: MAX_BYTES - 3].decode("utf-8", "ignore") + "…"


def compact(value: object) -> str:
    """Return a value as one line of JSON; dates and other foreign things as their text."""
    return json.dumps(value, ensure_ascii=False, default=str, separators=(", ", ": "))


MAX_WORDS = 160
_ATTRIBUTE_TYPES = frozenset({"S", "N", "BOOL", "SS", "NS", "L", "M"})


def in_words(value: object) -> str:
    """Return a value as the part of a sentence, without JSON's brackets and quotes, at most MAX_WORDS characters."""
    words = _words(value)
    return words if len(words) <= MAX_WORDS else words[: MAX_WORDS - 1].rstrip(" ,;:") + "…"


def _words(value: object) -> str:
    if value is None or value in ({}, ""):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_words, value)) or "none"
    if isinstance(value, dict):
        # DynamoDB wraps each value in its type.
        if len(value) == 1 and value.keys() <= _ATTRIBUTE_TYPES:
            return _words(*value.values())
        return "; ".join(f"{name}: {_words(item)}" for name, item in value.items())
    return str(value)
