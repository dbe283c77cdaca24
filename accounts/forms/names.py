"""Names that people type and others must be able to read."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def readable_name(name: str) -> str:
    """Return the name. Raises ValidationError for one that nobody could see, or that would turn the text around it."""
    # Letters, numbers, punctuation and symbols, pictures among them, can be seen.
    if not any(unicodedata.category(character)[0] in "LNPS" for character in name):
        raise ValidationError(_("Nobody could see this name: use a letter or a sign."))
    if any(unicodedata.bidirectional(character) in _TURNING for character in name):
        raise ValidationError(_("This name holds a hidden character that turns the direction of text: retype it."))
    return name
