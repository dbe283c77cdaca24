"""The form of somebody who leaves for good."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User


class EraseForm(forms.Form):
    """The person's own name, typed, so that no click alone erases anybody."""

    name = forms.CharField(label=gettext_lazy("Your name, to confirm"), max_length=60)

    def __init__(self, *arguments: object, person: User, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self._person = person

    def clean_name(self) -> str:
        """Refuse any other name."""
        typed: str = self.cleaned_data["name"]
        if typed != self._person.name:
            raise ValidationError(_("This is not the name that you have here. Nothing was changed."))
        return typed
