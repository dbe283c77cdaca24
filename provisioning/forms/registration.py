"""Registering existing accounts in bulk."""

import uuid
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from provisioning.domain import account_interventions

MOST_BYTES = 200_000


class RegistrationForm(forms.Form):
    """Account ids as a list or CSV, typed or in a file."""

    ids = forms.CharField(
        label=gettext_lazy("Account ids"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "class": "code", "spellcheck": "false"}),
        help_text=gettext_lazy("Twelve digits each: one a line, separated by commas, or the columns of a CSV file."),
    )
    file = forms.FileField(label=gettext_lazy("Or a CSV file"), required=False)
    name = forms.CharField(
        label=gettext_lazy("Name"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("What operators call them; the account id is used if it is empty."),
    )

    def clean_file(self) -> Any:
        """Read a small text file."""
        upload = self.cleaned_data["file"]
        if upload is None:
            return ""
        if upload.size > MOST_BYTES:
            raise forms.ValidationError(_("This file is too large for a list of account ids."))
        try:
            return upload.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise forms.ValidationError(_("This file is not text in UTF-8. Export it as CSV.")) from error

    def clean(self) -> dict[str, Any]:
        """Demand a list."""
        cleaned = super().clean() or {}
        given = [name for name in ("ids", "file") if str(cleaned.get(name, "")).strip()]
        if not self.errors and not given:
            self.add_error("ids", _("Give at least one account id."))
        if len(given) > 1:
            self.add_error("file", _("Give either a list or a file."))
        return cleaned

    def register(self, *, now: datetime, actor: uuid.UUID) -> str:
        """Register them and say how many; raises UnableToIntervene with nothing registered."""
        text = self.cleaned_data["file"] or self.cleaned_data["ids"]
        made = account_interventions.register(now=now, text=text, name=self.cleaned_data["name"], actor=actor)
        return ngettext(
            "%(number)s account is registered. It is read now; confirm it by its id when its inventory is there.",
            "%(number)s accounts are registered. They are read now; confirm each by its id when its inventory is"
            " there.",
            len(made),
        ) % {"number": len(made)}
