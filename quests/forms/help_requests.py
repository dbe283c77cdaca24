"""Forms of asking and answering."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from quests.models import Event, Quest

LONGEST = 2000


def _words(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3}))


class QuestionForm(forms.Form):
    """What a team wants to know; the coaches see the quest's checks already."""

    quest = forms.ModelChoiceField(
        label=_("About"),
        queryset=Quest.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label=_("Something in general"),
    )
    text = _words(_("Your question"))
    about_score = forms.BooleanField(label=_("It is about our score"), required=False)

    def __init__(self, *arguments: Any, event: Event, **options: Any) -> None:
        super().__init__(*arguments, **options)
        quest = self.fields["quest"]
        assert isinstance(quest, forms.ModelChoiceField)
        quest.queryset = event.release.quests.all()


class ReplyForm(forms.Form):
    """What is said next in a thread."""

    text = _words(_("Your message"))
