"""The form of a roster: a file, or what was copied from one; then the same text again with the preview's token."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quests.domain.refusals import UnableToImport
from quests.domain.roster_files import LARGEST, decode_roster


class RosterForm(forms.Form):
    """A file, or text; `token` comes with what a preview has shown."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        required=False,
        help_text=gettext_lazy("UTF-8, separated by comma, semicolon or tab."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Or paste it here"),
        required=False,
        strip=False,
        max_length=LARGEST,
        widget=forms.Textarea(attrs={"rows": 6, "class": "code", "spellcheck": "false"}),
    )
    token = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Take the file's text, else the one that was typed."""
        data = super().clean() or {}
        file = data.get("file")
        if file is not None:
            try:
                # One byte more than is allowed says that it is too long.
                data["text"] = decode_roster(file.read(LARGEST + 1))
            except UnableToImport as refusal:
                self.add_error("file", str(refusal))
        elif not data.get("text", "").strip() and not self.errors:
            self.add_error("file", _("Choose a file, or paste the list."))
        return data
