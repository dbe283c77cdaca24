"""Forms of people who come in."""

import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


class JoinForm(forms.Form):
    """The event's join code."""

    code = forms.CharField(
        label=_("Join code"),
        max_length=12,
        strip=True,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class TeamForm(forms.Form):
    """A new team's name."""

    name = forms.CharField(
        label=_("Team name"),
        min_length=2,
        max_length=40,
        help_text=_("Everybody in the event will see it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_name(self) -> str:
        """Refuse a name that nobody could see on the board, or that would turn the text around it."""
        name: str = self.cleaned_data["name"]
        # Letters, numbers, punctuation and symbols, pictures among them, can be seen.
        if not any(unicodedata.category(character)[0] in "LNPS" for character in name):
            raise ValidationError(_("Nobody could see this name: use a letter or a sign."))
        if any(unicodedata.bidirectional(character) in _TURNING for character in name):
            raise ValidationError(_("This name holds a hidden character that turns the direction of text: retype it."))
        return name
