"""Forms of telling people something."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from quests.enums import AnnouncementLevel
from quests.forms.help_desk import PersonChoice
from quests.models import Enrollment, Event, Participation


class AnnouncementForm(forms.Form):
    """What to say, how, and to whom."""

    text = forms.CharField(label=_("Announcement"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    level = forms.ChoiceField(
        label=_("As"),
        choices=AnnouncementLevel.choices,
        initial=AnnouncementLevel.INFO,
        help_text=_("A warning stays on every page until the person says that it was read."),
    )
    enrollment = forms.ModelChoiceField(
        label=_("To a team"), queryset=Enrollment.objects.none(), required=False, empty_label=_("All teams")
    )
    person = PersonChoice(
        label=_("Or to one person"),
        queryset=Participation.objects.none(),
        required=False,
        empty_label=_("Nobody alone"),
    )

    def __init__(self, *arguments: Any, event: Event, **options: Any) -> None:
        super().__init__(*arguments, **options)
        team, person = self.fields["enrollment"], self.fields["person"]
        assert isinstance(team, forms.ModelChoiceField)
        assert isinstance(person, PersonChoice)
        team.queryset = event.enrollments.all()
        person.queryset = event.participations.select_related("user", "enrollment").order_by("user__name", "id")
