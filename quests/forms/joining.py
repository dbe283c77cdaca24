"""Forms of people who come in."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.names import readable_name


class CodeForm(forms.Form):
    """The event's join code."""

    code = forms.CharField(
        label=_("Join code"),
        max_length=12,
        strip=True,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class JoinForm(CodeForm):
    """The join code, and the team of an invitation link."""

    team = forms.UUIDField(required=False, widget=forms.HiddenInput)


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
        """Refuse a name that nobody could read."""
        return readable_name(self.cleaned_data["name"])


class GuestForm(JoinForm):
    """Who comes in without an e-mail address."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=60,
        help_text=_("Shown to your team and your coaches."),
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )

    def clean_name(self) -> str:
        """Refuse a name that nobody could read."""
        return readable_name(self.cleaned_data["name"])


class ReturnForm(CodeForm):
    """The event's code together with a personal one: a guest's return code, or one from the help desk."""

    team = None
    personal = forms.CharField(
        label=_("Your personal code"),
        max_length=20,
        help_text=_("The return code that you were given when you joined, or a sign-in code from the help desk."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "class": "code"}
        ),
    )
