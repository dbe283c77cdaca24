"""Forms of people who come in."""

from django import forms
from django.utils.translation import gettext_lazy as _


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
