"""The workbench's form: one AWS call."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import linebreaks

from provisioning.aws.calls import Operation, describe_operation, operations, validate_call


class CallForm(forms.Form):
    """Service, operation and parameters as JSON, checked against AWS's own models before anything is called."""

    service = forms.ChoiceField()
    operation = forms.ChoiceField(choices=[("", "Choose an operation")])
    parameters = forms.CharField(
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 10, "data-keep": "", "spellcheck": "false"}),
        help_text='JSON, for example {"MaxResults": 5}. Leave empty for none.',
    )

    def __init__(self, data: Any = None, *, services: list[str], **options: Any) -> None:
        super().__init__(data, **options)
        self._service = (data or {}).get("service") or services[0]
        service, operation = self.fields["service"], self.fields["operation"]
        assert isinstance(service, forms.ChoiceField) and isinstance(operation, forms.ChoiceField)
        service.choices = [(name, name) for name in services]
        if self._service in services:
            operation.choices = [
                ("", "Choose an operation"),
                *((name, name) for name in operations(self._service)),
            ]

    def description(self) -> Operation | None:
        """Return what AWS's model says about the chosen operation, or None before one is chosen."""
        name = self.data.get("operation") if self.is_bound else None
        known = {choice for choice, _ in self.fields["operation"].choices if choice}  # type: ignore[attr-defined]
        return describe_operation(self._service, name) if name and name in known else None

    def shown(self, *, errors: bool) -> dict[str, Any]:
        """Return what the page shows: the choices, AWS's own words about the operation, and the text as typed."""
        services, operations_ = self.fields["service"].choices, self.fields["operation"].choices  # type: ignore[attr-defined]
        operation = self.description()
        return {
            "services": [{"value": value, "label": label} for value, label in services],
            "service": self._service,
            "operations": [value for value, _ in operations_ if value],
            "operation": operation.name if operation else "",
            "documentation_html": linebreaks(operation.documentation, autoescape=True) if operation else "",
            "members": [
                {
                    "name": member.name,
                    "type": member.type,
                    "required": member.required,
                    "documentation_html": linebreaks(member.documentation, autoescape=True),
                }
                for member in (operation.members if operation else ())
            ],
            "parameters": self.data.get("parameters", "") if self.is_bound else "",
            "parameters_error": " ".join(str(message) for lines in self.errors.values() for message in lines)
            if errors
            else "",
        }

    def clean_parameters(self) -> dict[str, Any]:
        """Read the JSON object."""
        text = self.cleaned_data["parameters"].strip() or "{}"
        try:
            parameters = json.loads(text)
        except ValueError as error:
            raise ValidationError(f"This is not JSON: {error}.") from error
        if not isinstance(parameters, dict):
            raise ValidationError("Parameters are a JSON object: they start with { and end with }.")
        return parameters

    def clean(self) -> dict[str, Any]:
        """Refuse what AWS's own model refuses, naming the member."""
        data = super().clean() or {}
        if not self.errors:
            for problem in validate_call(data["service"], data["operation"], data["parameters"]):
                self.add_error("parameters", problem)
        return data

    def call(self) -> dict[str, Any]:
        """Return the valid call as keyword arguments."""
        return {name: self.cleaned_data[name] for name in ("service", "operation", "parameters")}
