"""What a quest asks a team to hand in."""

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts.models import User
from quests.domain.answers import Attempts, attempts_of
from quests.domain.inputs import is_locked, revision_of
from quests.domain.queries.console import quest_document
from quests.models import Enrollment, InputValue, Quest

NUMBER = re.compile(r"^[+-]?\d+([.,]\d+)?$")
ARN = re.compile(r"^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12})?:\S+$")


class InputForm(forms.Form):
    """One input of a quest; `name` says which, `seen` which value of it the page showed."""

    value = forms.CharField(max_length=2000)

    def __init__(
        self,
        *arguments: Any,
        definition: dict[str, Any],
        saved: InputValue | None,
        saved_by: str,
        locked: bool,
        attempts: Attempts | None,
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **{**options, "auto_id": f"{definition['name']}-%s"})
        self.name: str = definition["name"]
        self.kind: str = definition["type"]
        self.saved, self.saved_by = saved, saved_by
        self.locked, self.attempts = locked, attempts
        attributes = {"data-keep": "", "autocomplete": "off", "spellcheck": "false"}
        if self.kind == "number":
            attributes["inputmode"] = "decimal"
        if self.kind == "choice":
            field: forms.Field = forms.ChoiceField(choices=[(choice, choice) for choice in definition["choices"]])
            field.widget.attrs.update(attributes)
        else:
            field = forms.CharField(max_length=2000, widget=forms.TextInput(attrs=attributes))
        field.label, field.help_text = definition["label"], definition.get("help") or ""
        self.fields["value"] = field
        self.fields["value"].disabled = locked
        self.fields["name"] = forms.CharField(widget=forms.HiddenInput, initial=self.name, required=False)
        self.fields["seen"] = forms.CharField(
            widget=forms.HiddenInput, initial=revision_of(saved), required=False, max_length=40
        )

    def clean_value(self) -> str:
        """Refuse what is not of the input's type, in words."""
        value: str = self.cleaned_data["value"].strip()
        if self.kind == "url":
            return _address(value)
        if self.kind == "arn" and not ARN.match(value):
            raise ValidationError(_("This is not an ARN: it looks like arn:aws:sqs:eu-central-1:123456789012:name."))
        if self.kind == "number" and not NUMBER.match(value):
            raise ValidationError(_("This is not a number: write digits, like 42 or 3.5, without a unit."))
        if self.kind == "email":
            validate_email(value)
        return value


def _address(value: str) -> str:
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise ValidationError(_("This is not an address: it looks like http://host:8080.")) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValidationError(_("An address starts with http:// or https:// and names a host."))
    if parts.username or parts.password:
        raise ValidationError(_("Leave name and password out of the address."))
    if port == 0:
        raise ValidationError(_("Port 0 cannot be reached."))
    return value.rstrip("/")


def input_forms(*, enrollment: Enrollment, quest: Quest, data: Any = None) -> list[InputForm]:
    """Return a form per input of the quest, filled with what the team handed in before."""
    saved = {value.name: value for value in InputValue.objects.filter(enrollment=enrollment, quest=quest)}
    people = {value.saved_by for value in saved.values()}
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "name"))
    forms = []
    for definition in quest_document(enrollment, quest)["inputs"]:
        name = definition["name"]
        value = saved.get(name)
        forms.append(
            InputForm(
                data,
                definition=definition,
                saved=value,
                saved_by=names.get(value.saved_by, "") if value else "",
                locked=is_locked(enrollment=enrollment, quest=quest, name=name),
                attempts=attempts_of(enrollment=enrollment, quest=quest, name=name),
                initial={"value": value.value if value else ""},
            )
        )
    return forms
