"""The workbench's form: one AWS call."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import linebreaks
from django.utils.translation import gettext as _

from provisioning.aws.calls import Operation, describe_operation, operations, validate_call

# More than AWS itself takes anywhere.
MAXIMUM_DEPTH = 64


class CallForm(forms.Form):
    """Service, operation and parameters as JSON, checked against AWS's own models before anything is called."""

    service = forms.ChoiceField()
    operation = forms.ChoiceField()
    parameters = forms.CharField(
        required=False,
        max_length=20_000,
    )

    def __init__(self, data: Any = None, *, services: list[str], **options: Any) -> None:
        super().__init__(data, **options)
        self._service = (data or {}).get("service") or services[0]
        service, operation = self.fields["service"], self.fields["operation"]
        assert isinstance(service, forms.ChoiceField) and isinstance(operation, forms.ChoiceField)
        service.choices = [(name, name) for name in services]
        if self._service in services:
            operation.choices = [(name, name) for name in operations(self._service)]

    def description(self) -> Operation | None:
        """Return what AWS's model says about the chosen operation, or None before one is chosen."""
        name = self.data.get("operation") if self.is_bound else None
        known = dict(self.fields["operation"].choices)  # type: ignore[attr-defined]
        return describe_operation(self._service, name) if name and name in known else None

    def shown(self, *, errors: bool) -> dict[str, Any]:
        """Return what the page shows: the choices, AWS's own words about the operation, and the text as typed."""
        services, operations_ = self.fields["service"].choices, self.fields["operation"].choices  # type: ignore[attr-defined]
        operation = self.description()
        return {
            "services": [{"value": value, "label": label} for value, label in services],
            "service": self._service,
            "operations": [value for value, label in operations_],
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
            parameters = json.loads(text, parse_constant=_refuse_constant)
            too_deep = _depth(parameters) > MAXIMUM_DEPTH
            json.dumps(parameters, ensure_ascii=False).encode()
        except RecursionError:
            too_deep = True
        except UnicodeEncodeError as error:
            raise ValidationError(_("This holds half of a character (a lone surrogate).")) from error
        except ValueError as error:
            raise ValidationError(_("This is not JSON: %(error)s.") % {"error": error}) from error
        if too_deep:
            raise ValidationError(_("This is nested deeper than %(levels)s levels.") % {"levels": MAXIMUM_DEPTH})
        if not isinstance(parameters, dict):
            raise ValidationError(_("Parameters are a JSON object: they start with { and end with }."))
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


def _depth(value: object) -> int:
    """Return how deep lists and objects are nested, counted level by level."""
    levels, level = 0, [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        levels += 1
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return levels


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
