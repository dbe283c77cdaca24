"""The settings with which a team launches a pack's service."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms


class ServiceForm(forms.Form):
    """A text field per setting of the service; `values` gives what was typed, by the setting's name."""

    def __init__(self, *arguments: Any, slug: str, definitions: Sequence[Mapping[str, Any]], **options: Any) -> None:
        super().__init__(*arguments, **{**options, "auto_id": f"{slug}-%s"})
        for definition in definitions:
            self.fields[definition["name"]] = forms.CharField(
                label=definition["label"],
                help_text=definition.get("help") or "",
                max_length=500,
                required=False,
                widget=forms.TextInput(attrs={"data-keep": "", "autocomplete": "off", "spellcheck": "false"}),
            )

    @property
    def values(self) -> dict[str, str]:
        """What was typed, by the setting's name."""
        return {name: self.cleaned_data[name] for name in self.fields}
