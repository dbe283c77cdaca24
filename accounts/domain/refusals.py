"""Why an account says no: each refusal carries one sentence for the person who asked."""


class Refusal(Exception):
    """Something that may not happen; `str()` is the sentence to show, and nothing was changed."""


class WrongCode(Refusal):
    """The code signs nobody in."""


class TooManyAttempts(Refusal):
    """Somebody tries too often."""


class UnableToIssue(Refusal):
    """This person cannot get such a code."""


class UnableToErase(Refusal):
    """This person cannot be erased yet."""
