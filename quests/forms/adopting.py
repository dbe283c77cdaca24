"""Forms of an organizer who takes over a fixed release."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from quests.models import Event, PackRelease


class ReleaseForm(forms.Form):
    """Which other release of the event's pack to look at."""

    release = forms.ModelChoiceField(label=_("Release"), queryset=PackRelease.objects.none(), empty_label=None)

    def __init__(self, *arguments: Any, event: Event, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "auto_id": f"{type(self).__name__.lower()}-%s"})
        field = self.fields["release"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = (
            PackRelease.objects.filter(pack=event.release.pack_id).exclude(pk=event.release_id).order_by("-loaded_at")
        )

    @property
    def has_choice(self) -> bool:
        """Whether there is any other release."""
        field = self.fields["release"]
        assert isinstance(field, forms.ModelChoiceField)
        return bool(field.queryset and field.queryset.exists())


class AdoptForm(ReleaseForm):
    """Which release the event plays from now on, and why."""

    reason = forms.CharField(label=_("Reason"), max_length=200, min_length=3, help_text=_("For the journal."))

    def __init__(self, *arguments: Any, event: Event, **options: Any) -> None:
        super().__init__(*arguments, event=event, **options)
        self.fields["release"].widget = forms.HiddenInput()
