"""What the sign-up page asks besides e-mail and password."""

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.forms.names import readable_name
from accounts.models import User


class NameForm(forms.Form):
    """Ask for the name that team mates and coaches will see."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=60,
        help_text=_("Shown to your team and your coaches."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def clean_name(self) -> str:
        """Refuse a name that nobody could read."""
        return readable_name(self.cleaned_data["name"])

    def signup(self, request: HttpRequest, user: User) -> None:
        """Store the name on the new person (called by allauth)."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
