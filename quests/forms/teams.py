"""Forms of a team's own page."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quests.domain.teams import CALL_LINK
from quests.forms.joining import TeamForm
from quests.models import Enrollment, Participation


class RenameForm(TeamForm):
    """Another name; `seen` is the one that it stands for."""

    seen = forms.CharField(max_length=40, widget=forms.HiddenInput)


class WhereForm(forms.Form):
    """Where a coach finds the team."""

    table = forms.CharField(
        label=gettext_lazy("Table or room"), required=False, max_length=40, help_text=gettext_lazy("“Table 7”, say.")
    )
    call_link = forms.CharField(
        label=gettext_lazy("Call link"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("An address that begins with https://, tel: or sip:."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
    )

    def clean_call_link(self) -> str:
        """Refuse an address that a browser should not be led to."""
        link = str(self.cleaned_data["call_link"])
        if link and not CALL_LINK.fullmatch(link):
            raise forms.ValidationError(_("Begin with https://, tel: or sip:, and leave out spaces."))
        return link


class _MemberChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Participation) -> str:
        return obj.user.name


class CaptainForm(forms.Form):
    """Who is captain from now on."""

    to = _MemberChoice(label=gettext_lazy("New captain"), queryset=Participation.objects.none(), empty_label=None)

    def __init__(self, *arguments: Any, enrollment: Enrollment, captain: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        field = self.fields["to"]
        assert isinstance(field, forms.ModelChoiceField)
        others = enrollment.participations.select_related("user").order_by("user__name", "pk")
        field.queryset = others.exclude(user=captain) if captain else others
