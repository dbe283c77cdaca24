"""Forms of a coach who helps a team."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from quests.domain.answers import MOST_AT_ONCE
from quests.enums import ResetDecision


class AttemptsForm(forms.Form):
    """How many more answers a team gets, and why."""

    attempts = forms.IntegerField(label=_("More answers"), min_value=1, max_value=MOST_AT_ONCE, initial=1)
    reason = forms.CharField(label=_("Reason"), min_length=3, max_length=200, help_text=_("It stands in the journal."))


class ResetForm(forms.Form):
    """Whether a quest's environment is started again, and why; the button pressed is the decision."""

    reason = forms.CharField(label=_("Reason"), min_length=3, max_length=200, help_text=_("The team reads it."))
    decision = forms.ChoiceField(choices=ResetDecision.choices, widget=forms.HiddenInput)


class NoteForm(forms.Form):
    """What is noted about a team."""

    text = forms.CharField(label=_("Note"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


class CoachChoice(forms.ModelChoiceField):
    """A coach by name."""

    def label_from_instance(self, obj: User) -> str:
        """Return the coach's name."""
        return obj.name


class HandOverForm(forms.Form):
    """Who gets a request for help, and who had it when the page was made."""

    to = CoachChoice(label=_("To"), queryset=User.objects.none(), empty_label=None)
    seen = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, coaches: QuerySet[User], **options: Any) -> None:
        super().__init__(*arguments, **options)
        to = self.fields["to"]
        assert isinstance(to, CoachChoice)
        to.queryset = coaches
