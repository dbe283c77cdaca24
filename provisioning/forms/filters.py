"""Narrowing the lists of accounts and leases; the same words as in the API."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from provisioning.domain.queries.account_list import AccountFilter
from provisioning.domain.queries.lease_list import LeaseFilter
from provisioning.enums import AccountSource, AccountState, LeaseState


class _Filter(forms.Form):
    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    state = forms.ChoiceField(label=_("State"), required=False)
    reason = forms.CharField(label=_("Reason contains"), required=False, max_length=100)
    overdue = forms.BooleanField(label=_("Overdue only"), required=False)

    def values(self) -> dict[str, Any]:
        """Return the fields that are valid; one that is not narrows nothing, and its error is shown."""
        self.is_valid()
        return dict(self.cleaned_data)


class AccountFilterForm(_Filter):
    """Which accounts to list."""

    source = forms.ChoiceField(label=_("Source"), required=False, choices=[("", _("all")), *AccountSource.choices])

    field_order = ["q", "state", "source", "reason", "overdue"]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "label_suffix": ""})
        self.fields["state"].choices = [("", _("all")), *AccountState.choices]  # type: ignore[attr-defined]
        self.fields["q"].help_text = _("Account id, name, address, or a lease's id")

    def wanted(self) -> AccountFilter:
        """Return the filter for the query."""
        return AccountFilter(**self.values())


class LeaseFilterForm(_Filter):
    """Which leases to list."""

    scope = forms.CharField(
        label=_("Event"), required=False, max_length=100, help_text=_("Its booking's name, or its id")
    )

    field_order = ["q", "state", "scope", "reason", "overdue"]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "label_suffix": ""})
        self.fields["state"].choices = [("", _("all")), *LeaseState.choices]  # type: ignore[attr-defined]
        self.fields["q"].help_text = _("Lease id, account id or name, holder's id")

    def wanted(self) -> LeaseFilter:
        """Return the filter for the query."""
        return LeaseFilter(**self.values())
