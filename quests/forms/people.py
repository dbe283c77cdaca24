"""What an organizer says before rearranging people; hidden fields carry what the organizer saw."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from quests.enums import Role
from quests.forms.acts import ActForm
from quests.models import Enrollment, EventRole, Participation

ROLES = [(Role.COACH, gettext_lazy("coach")), (Role.ORGANIZER, gettext_lazy("organizer"))]


class UuidsField(forms.CharField):
    """Ids, separated by commas."""

    def clean(self, value: Any) -> list[UUID]:
        """Read the ids."""
        try:
            return [UUID(each) for each in (super().clean(value) or "").split(",") if each]
        except ValueError as error:
            raise forms.ValidationError(_("These are no ids.")) from error


def _teams(label: Any, *, required: bool = True, empty_label: Any = None) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        label=label, queryset=Enrollment.objects.none(), required=required, empty_label=empty_label
    )


class PeopleForm(ActForm):
    """A form that chooses from the event's people and teams."""

    def choices(self, name: str) -> Any:
        """Return the people, the teams that are not closed, or the roles."""
        if name == "participation":
            return self.event.participations.select_related("user", "enrollment__place__lease").order_by(
                "user__name", "pk"
            )
        if name == "own":
            return self.event.roles.select_related("user").order_by("role", "user__name")
        return (
            self.event.enrollments.filter(closed_at=None)
            .select_related("event", "place__lease")
            .prefetch_related("participations")
            .order_by("name")
        )

    @staticmethod
    def label(obj: Any) -> str:
        """Return "Ada (Dodos)", "Dodos (3 of 4)" or "Olive: organizer"."""
        if isinstance(obj, Participation):
            return f"{obj.user.name} ({obj.enrollment.name if obj.enrollment else '–'})"
        if isinstance(obj, EventRole):
            return f"{obj.user.name}: {obj.get_role_display()}"
        taken, limit = len(obj.participations.all()), obj.event.team_size_max
        return _("%(team)s (%(taken)d of %(limit)d)") % {"team": obj.name, "taken": taken, "limit": limit}


class MoveForm(PeopleForm):
    """Who goes where."""

    participation = forms.ModelChoiceField(
        label=gettext_lazy("Who"), queryset=Participation.objects.none(), empty_label=None
    )
    to = _teams(gettext_lazy("To"), required=False, empty_label=gettext_lazy("no team"))
    seen = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def said(self, name: str) -> Any:
        """Return where the person is as this page is shown."""
        return self.cleaned_data["participation"].enrollment_id or "" if name == "seen" else super().said(name)


class MergeForm(PeopleForm):
    """Which team goes into which."""

    old = _teams(gettext_lazy("Close this team"))
    into = _teams(gettext_lazy("Its people go to"))
    members = UuidsField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Refuse one and the same team."""
        data = super().clean() or {}
        if data.get("old") and data.get("old") == data.get("into"):
            self.add_error("into", _("Choose two different teams."))
        return data

    def said(self, name: str) -> Any:
        """Return who is in the team as this page is shown."""
        return _members(self.cleaned_data["old"]) if name == "members" else super().said(name)


class FreeForm(PeopleForm):
    """Which team has not come."""

    enrollment = _teams(gettext_lazy("Team"))
    members = UuidsField(required=False, widget=forms.HiddenInput)

    def said(self, name: str) -> Any:
        """Return who is in the team as this page is shown."""
        return _members(self.cleaned_data["enrollment"]) if name == "members" else super().said(name)


class AddRoleForm(PeopleForm):
    """Who gets which role."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"), help_text=gettext_lazy("Of somebody who has signed up here.")
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=ROLES, widget=forms.RadioSelect, initial=Role.COACH)

    def clean(self) -> dict[str, Any]:
        """Find the person."""
        data = super().clean() or {}
        if "email" in data:
            data["user"] = User.objects.filter(email__iexact=data["email"], is_active=True).first()
            if data["user"] is None:
                self.add_error("email", _("Nobody with this e-mail has signed up here yet."))
        return data


class RemoveRoleForm(PeopleForm):
    """Who loses which role."""

    own = forms.ModelChoiceField(label=gettext_lazy("Role"), queryset=EventRole.objects.none(), empty_label=None)


class FindForm(forms.Form):
    """Who is looked for."""

    q = forms.CharField(label=gettext_lazy("Name, address or team"), required=False, max_length=100)
    team = forms.ChoiceField(label=gettext_lazy("Team"), required=False)

    def __init__(self, *arguments: Any, teams: list[Enrollment], **options: Any) -> None:
        super().__init__(*arguments, **options)
        field = self.fields["team"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("all")), ("none", _("without a team")), *((str(row.pk), row.name) for row in teams)]


def _members(team: Enrollment) -> str:
    return ",".join(str(key) for key in team.participations.order_by("joined_at", "pk").values_list("user", flat=True))
