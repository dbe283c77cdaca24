"""The form in which staff confirm an action: a reason, what the action asks, and the name typed if it destroys."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from provisioning.domain.interventions import Intervention, name_of
from provisioning.domain.queries.registration import found_in
from provisioning.models import Account, Lease


class InterventionForm(forms.Form):
    """Why, and how; what destroys asks for the row's name."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        min_length=3,
        max_length=300,
        help_text=gettext_lazy("It is kept with your name in the history and the journal."),
    )
    ends_at = forms.DateTimeField(
        label=gettext_lazy("New end"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    stop_compute = forms.BooleanField(
        label=gettext_lazy("Also stop what computes in it"),
        required=False,
        help_text=gettext_lazy("Instances and tasks are stopped, nothing is deleted. Without it they go on and cost."),
    )
    typed_id = forms.CharField(label=gettext_lazy("Type the account's 12-digit id"), max_length=20)
    keep = forms.MultipleChoiceField(label=gettext_lazy("Keep"), required=False, widget=forms.CheckboxSelectMultiple)
    confirm = forms.CharField(max_length=80)

    _OPTIONAL = ("ends_at", "stop_compute", "typed_id", "keep")

    def __init__(
        self, data: Any = None, *, intervention: Intervention[Any], row: Account | Lease, **options: Any
    ) -> None:
        super().__init__(data, **options)
        self._reference = reference = name_of(row)
        for name in self._OPTIONAL:
            if name not in intervention.asks:
                del self.fields[name]
        if "ends_at" in self.fields:
            zone = timezone.get_current_timezone_name()
            self.fields["ends_at"].help_text = _("In your own time zone, %(zone)s.") % {"zone": zone}
        if "typed_id" in self.fields:
            del self.fields["reason"]  # Typing the id says it.
            self.fields["typed_id"].widget.attrs["autocomplete"] = "off"
        if isinstance(row, Account) and "keep" in self.fields:
            found = found_in(row)
            self.fields["keep"].choices = [  # type: ignore[attr-defined]
                (each.arn, f"{each.type} · {each.arn}") for each in (found.deleted if found else [])
            ]
            if not found or not found.deleted:
                del self.fields["keep"]
        if intervention.is_destructive:
            self.fields["confirm"].label = _("Type “%(name)s” to confirm") % {"name": reference}
            self.fields["confirm"].widget.attrs["autocomplete"] = "off"
        else:
            del self.fields["confirm"]

    def clean_confirm(self) -> str:
        """Accept only the very name."""
        typed = str(self.cleaned_data["confirm"]).strip()
        if typed != self._reference:
            raise forms.ValidationError(_("This is not “%(name)s”. Nothing was changed.") % {"name": self._reference})
        return typed

    def arguments(self) -> dict[str, Any]:
        """Return what `interventions.intervene` takes."""
        return {"reason": "", **{name: value for name, value in self.cleaned_data.items() if name != "confirm"}}
