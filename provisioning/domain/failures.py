"""When a failed try is the last one: patience depends on whose fault it looks like."""

from provisioning.aws.errors import AwsError, Transient
from provisioning.domain.guards import NeverTouch
from provisioning.domain.placeholders import UnknownPlaceholder

# AWS may be away for a while without any account being at fault; a refusal that repeats is another matter, though
# a few tries are due to IAM, which needs seconds to tell itself about new roles.
TRANSIENT_TRIES, OTHER_TRIES = 40, 6


class Unready(Exception):
    """What was built is not what the blueprint promises: another account may do better, this one is not to blame."""


def is_exhausted(error: Exception, attempts: int, tries: int = OTHER_TRIES) -> bool:
    """Tell whether `attempts` tries of a step, all failed, are enough; `tries` is what a step allows for refusals."""
    if isinstance(error, NeverTouch):
        return True
    return attempts >= (TRANSIENT_TRIES if isinstance(error, Transient) else tries)


def in_words(error: Exception) -> str:
    """Say what went wrong, for pages and the journal."""
    return str(error) if unexpected(error) is None else f"{type(error).__name__}: {error}"


def unexpected(error: Exception) -> Exception | None:
    """Return the error if it is none that calling AWS brings with it, so that its traceback is worth keeping."""
    return None if isinstance(error, AwsError | Unready | UnknownPlaceholder) else error
