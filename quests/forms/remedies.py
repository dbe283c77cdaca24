"""Forms of an organizer who corrects something."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from quests.models import Enrollment, Event, Participation, Task


class _OfEvent(forms.Form):
    """A form whose choices are one event's."""

    task = forms.ModelChoiceField(label=_("Task"), queryset=Task.objects.none(), empty_label=None)

    def __init__(self, *arguments: Any, event: Event, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "auto_id": f"{type(self).__name__.lower()}-%s"})
        tasks = self.fields["task"]
        assert isinstance(tasks, forms.ModelChoiceField)
        tasks.queryset = Task.objects.filter(quest__release=event.release).select_related("quest")
        tasks.label_from_instance = _named  # type: ignore[method-assign]


def _named(obj: Task) -> str:
    return f"{obj.quest.title}: {obj.title}"


class ResumeForm(_OfEvent):
    """Which task is checked again."""


class SuspendForm(_OfEvent):
    """Which task is not checked any more, and why."""

    reason = forms.CharField(label=_("Reason"), max_length=200, min_length=3, help_text=_("Every team sees it."))


class AcceptForm(_OfEvent):
    """Which team gets which task by hand, and why."""

    enrollment = forms.ModelChoiceField(label=_("Team"), queryset=Enrollment.objects.none(), empty_label=None)
    reason = forms.CharField(
        label=_("Reason"), max_length=200, min_length=3, help_text=_("The team sees it beside the points.")
    )

    field_order = ["enrollment", "task", "reason"]

    def __init__(self, *arguments: Any, event: Event, **options: Any) -> None:
        super().__init__(*arguments, event=event, **options)
        teams = self.fields["enrollment"]
        assert isinstance(teams, forms.ModelChoiceField)
        teams.queryset = event.enrollments.all()


class CoachForm(forms.Form):
    """Whom to make a coach."""

    email = forms.EmailField(label=_("E-mail of the coach"), help_text=_("The person must have signed up here."))


class _OfPerson(forms.Form):
    """A form about one of some people, as participations."""

    person = forms.ModelChoiceField(queryset=Participation.objects.none(), empty_label=_("Choose a person"))

    def __init__(self, *arguments: Any, people: QuerySet[Participation], **options: Any) -> None:
        super().__init__(*arguments, **{**options, "auto_id": f"{type(self).__name__.lower()}-%s"})
        field = self.fields["person"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = people
        field.label_from_instance = _in_team  # type: ignore[method-assign]


def _in_team(obj: Participation) -> str:
    return f"{obj.enrollment}: {obj.user.name}"


class StopAccessForm(_OfPerson):
    """Whose access to the team's sandbox ends, and why."""

    reason = forms.CharField(max_length=200, min_length=3, help_text=_("The person sees it."))
    confirm = forms.BooleanField(label=_("End this person's keys now"))


class AllowAccessForm(_OfPerson):
    """Who may take keys again, and why."""

    reason = forms.CharField(max_length=200, min_length=3, help_text=_("For the journal."))
