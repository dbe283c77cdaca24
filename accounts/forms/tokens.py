"""What a new personal token is called, is for, and how long it lasts."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.enums import Scope
from accounts.forms.names import readable_name


class TokenForm(forms.Form):
    """A new token."""

    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("Where it is used: it is how you find it again.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=Scope.choices,
        initial=[Scope.READ],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Never more than you may do yourself."),
    )
    days = forms.TypedChoiceField(
        label=_("It ends after"),
        coerce=int,
        initial=30,
        choices=[(7, _("a week")), (30, _("30 days")), (90, _("90 days")), (365, _("a year"))],
    )

    def clean_name(self) -> str:
        """Refuse a name that nobody could read."""
        return readable_name(self.cleaned_data["name"])

    def plan(self) -> dict[str, Any]:
        """Return what `tokens.issue_token` takes."""
        data = self.cleaned_data
        return {
            "name": data["name"],
            "scopes": [Scope(scope) for scope in data["scopes"]],
            "lasts": timedelta(days=data["days"]),
        }
