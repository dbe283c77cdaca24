"""Forms of the help desk."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from quests.models import Event, Participation


class PersonChoice(forms.ModelChoiceField):
    """Somebody who takes part, by name and team."""

    def label_from_instance(self, obj: Participation) -> str:
        """Return "Gus (Dodos)"."""
        return f"{obj.user.name} ({obj.enrollment.name})" if obj.enrollment else obj.user.name


class SignInCodeForm(forms.Form):
    """Who gets a one-time code."""

    person = PersonChoice(label=_("Who"), queryset=Participation.objects.none(), empty_label=_("Choose a person"))

    def __init__(self, *arguments: Any, event: Event, **options: Any) -> None:
        super().__init__(*arguments, **options)
        person = self.fields["person"]
        assert isinstance(person, PersonChoice)
        person.queryset = (
            Participation.objects.filter(event=event).select_related("user", "enrollment").order_by("user__name", "id")
        )
