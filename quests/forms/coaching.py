"""Forms of a coach who helps a team."""

from django import forms
from django.utils.translation import gettext_lazy as _

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
