"""What people say about themselves."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.enums import Discipline
from accounts.forms.names import readable_name
from accounts.forms.zones import time_zone_choices
from accounts.models import User

EXPERIENCE = [
    (1, _("1: it is new to me")),
    (2, _("2: I have tried it")),
    (3, _("3: I can do it with help")),
    (4, _("4: I do it on my own")),
    (5, _("5: I do it every day")),
]


class ProfileForm(forms.ModelForm):
    """Name, zone, language, and what helps to make balanced teams."""

    name = forms.CharField(label=_("Your name"), max_length=60, help_text=_("Shown to your team and your coaches."))
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=time_zone_choices, help_text=_("Every time on this site is shown in it.")
    )
    language = forms.ChoiceField(label=_("Language"), choices=[])
    disciplines = forms.MultipleChoiceField(
        label=_("What you do"),
        choices=Discipline.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Organizers mix disciplines when they make teams. Nobody needs to know the cloud to play."),
    )
    experience = forms.TypedChoiceField(
        label=_("Your experience with the cloud"),
        choices=[("", _("I would rather not say")), *EXPERIENCE],
        coerce=int,
        empty_value=None,
        required=False,
    )

    class Meta:
        model = User
        fields = ("name", "time_zone", "language", "disciplines", "experience")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        language = self.fields["language"]
        assert isinstance(language, forms.ChoiceField)
        language.choices = settings.LANGUAGES
        if len(settings.LANGUAGES) < 2:
            del self.fields["language"]

    def clean_name(self) -> str:
        """Refuse a name that nobody could read."""
        return readable_name(self.cleaned_data["name"])
