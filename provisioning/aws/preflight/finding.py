"""What a look found, in words; what could not be looked at is unknown, never fine."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from provisioning.aws.errors import AwsError, Denied


class Verdict(StrEnum):
    """OK: nothing to do. MISSING: the event would fail or be in danger. UNKNOWN: a person must look."""

    OK = "ok"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """One row: what was looked at, the verdict, a sentence, and what to do unless all is well."""

    subject: str
    verdict: Verdict
    sentence: str
    advice: str = ""


def ok(subject: str, sentence: str) -> Finding:
    """Say that something is as it should be."""
    return Finding(subject, Verdict.OK, sentence)


def missing(subject: str, sentence: str, advice: str) -> Finding:
    """Say that something is in the way, and what to do."""
    return Finding(subject, Verdict.MISSING, sentence, advice)


def unknown(subject: str, sentence: str, advice: str) -> Finding:
    """Say that something could not be told, and who can tell."""
    return Finding(subject, Verdict.UNKNOWN, sentence, advice)


def look(subject: str, ask: Callable[[], Finding]) -> Finding:
    """Return what a look finds; an answer that AWS does not give is unknown."""
    try:
        return ask()
    except Denied as error:
        return unknown(subject, f"We may not look: {error}", "Allow the call, or let somebody look who may.")
    except AwsError as error:
        return unknown(subject, f"No answer: {error}", "Look in the AWS console, or try again.")
