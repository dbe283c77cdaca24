"""Forms of the team builder: how many teams, and the proposal as it was adjusted by hand."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms.names import readable_name
from quests.domain.building import Candidate, Teams


class HowManyForm(forms.Form):
    """Into how many teams, and which of the many proposals."""

    teams = forms.IntegerField(label=gettext_lazy("Teams"), min_value=1)
    seed = forms.IntegerField(
        label=gettext_lazy("Proposal number"),
        min_value=1,
        max_value=9999,
        help_text=gettext_lazy("Another number gives another proposal; the same one gives the same."),
    )

    def __init__(self, *arguments: Any, most: int, **options: Any) -> None:
        super().__init__(*arguments, **options)
        teams = self.fields["teams"]
        assert isinstance(teams, forms.IntegerField)
        teams.max_value = most
        teams.validators.append(MaxValueValidator(most))
        teams.widget.attrs["max"] = most


class ProposalForm(forms.Form):
    """Each team's name, and in which team each person is; people of the proposal are known by their participations."""

    def __init__(
        self, *arguments: Any, names: Sequence[str], people: Sequence[Candidate], size: int, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self.people, self.names, self.size = people, names, size
        for number, name in enumerate(names):
            label = _("Name of team %(number)d") % {"number": number + 1}
            self.fields[f"name_{number}"] = forms.CharField(label=label, min_length=2, max_length=40, initial=name)
        choices = [("", _("no team")), *((str(number), str(number + 1)) for number in range(len(names)))]
        for person in people:
            self.fields[f"person_{person.key}"] = forms.TypedChoiceField(
                label=_("Team of %(name)s") % {"name": person.name},
                choices=choices,
                coerce=int,
                empty_value=None,
                required=False,
            )

    def clean(self) -> dict[str, Any]:
        """Refuse names that are unreadable or doubled, and teams that are too large."""
        data = super().clean() or {}
        seen: set[str] = set()
        for number in range(len(self.names)):
            field = f"name_{number}"
            name = " ".join(str(data.get(field, "")).split())
            if not name:
                continue
            if name.casefold() in seen:
                self.add_error(field, _("Two teams have this name."))
            seen.add(name.casefold())
            try:
                data[field] = readable_name(name)
            except forms.ValidationError as error:
                self.add_error(field, error)
        for number, team in enumerate(self.split(data)):
            if len(team) > self.size:
                self.add_error(
                    f"name_{number}",
                    _("This team has %(count)d people, and at most %(limit)d fit.")
                    % {"count": len(team), "limit": self.size},
                )
        return data

    def split(self, data: dict[str, Any]) -> Teams:
        """Return the teams as they were chosen."""
        teams: Teams = [[] for _unused in self.names]
        for person in self.people:
            number = data.get(f"person_{person.key}")
            if number is not None:
                teams[number].append(person)
        return teams
