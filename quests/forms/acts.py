"""What an organizer says before an act on the clock or the score: read once to show its effect, and again to do it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quests.domain.corrections import LARGEST_ADJUSTMENT, NOT_REVERSED
from quests.domain.pauses import earliest_pause
from quests.domain.refusals import EventNotOpen
from quests.domain.rescheduling import refuse_late
from quests.enums import EntryKind, VoidMode
from quests.forms.events import START_FORMATS, WallClockField, in_zone
from quests.models import Enrollment, Event, ScoreEntry, Task, TaskHold, TaskVoid

LATEST_ENTRIES = 200


class ActForm(forms.Form):
    """A form about one event; `event` is there for what its fields may choose from."""

    def __init__(self, *arguments: Any, event: Event, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.event = event
        for name, field in self.fields.items():
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = self.choices(name)
                # Of two who confirm the same, the second one's choice is gone.
                field.error_messages["invalid_choice"] = _(
                    "This cannot be chosen any more: somebody else may have been faster. Nothing was changed."
                )
                field.label_from_instance = self.label  # type: ignore[method-assign]

    def choices(self, name: str) -> Any:
        """Return the event's rows that this field chooses from."""
        tasks = Task.objects.filter(quest__release=self.event.release_id).select_related("quest")
        return {
            "enrollment": self.event.enrollments.order_by("name"),
            "task": tasks,
            "void": TaskVoid.objects.filter(event=self.event, lifted_at=None).select_related("task__quest"),
            "hold": TaskHold.objects.filter(event=self.event, ended_at=None).select_related("task__quest", "event"),
        }[name]

    def said(self, name: str) -> Any:
        """Return what is sent again, with what this page has shown, to do it."""
        return self.data.get(name, "")

    @staticmethod
    def label(obj: Any) -> str:
        """Return a choice in words."""
        task = obj.task if isinstance(obj, TaskVoid | TaskHold) else obj
        return f"{task.quest.title}: {task.title}" if isinstance(task, Task) else str(obj)


def _reason(help_text: Any) -> forms.CharField:
    return forms.CharField(label=gettext_lazy("Reason"), max_length=150, min_length=3, help_text=help_text)


class NothingForm(ActForm):
    """Nothing to say: the act is clear."""


class PauseForm(ActForm):
    """Why the clock stops, since when, and what becomes of access."""

    reason = _reason(gettext_lazy("It stands in the journal."))
    access = forms.ChoiceField(
        label=gettext_lazy("Access meanwhile"),
        choices=[
            ("keep", gettext_lazy("Teams keep access to their sandboxes")),
            ("freeze", gettext_lazy("Freeze the sandboxes: nobody gets in; what runs in them goes on")),
        ],
        widget=forms.RadioSelect,
        initial="keep",
    )
    minutes_ago = forms.IntegerField(
        label=gettext_lazy("Pause as of how many minutes ago"),
        min_value=0,
        max_value=1440,
        initial=0,
        help_text=gettext_lazy("What teams lost by themselves since then is given back, and income is taken back."),
    )

    def clean_minutes_ago(self) -> int:
        """Refuse a pause from before the event, or from within an earlier pause."""
        minutes = int(self.cleaned_data["minutes_ago"])
        if minutes and timezone.now() - timedelta(minutes=minutes) < earliest_pause(self.event):
            raise forms.ValidationError(_("The event was not running then."))
        return minutes


class ExtendForm(ActForm):
    """By how much the event is longer, and why."""

    minutes = forms.IntegerField(label=gettext_lazy("Minutes more"), min_value=1, max_value=2880, initial=15)
    reason = _reason(gettext_lazy("It stands in the journal."))


class RescheduleForm(ActForm):
    """When the event begins instead, as a clock in its own zone shows it, and why."""

    starts_at = WallClockField(
        label=gettext_lazy("New start"),
        input_formats=START_FORMATS,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=START_FORMATS[0]),
    )
    reason = _reason(gettext_lazy("It stands in the journal."))

    def __init__(self, *arguments: Any, event: Event, **options: Any) -> None:
        super().__init__(*arguments, event=event, **options)
        zone = _("On the clock of %(zone)s.") % {"zone": event.time_zone}
        self.fields["starts_at"].help_text = zone

    def clean_starts_at(self) -> datetime:
        """Read the time in the event's zone."""
        try:
            return in_zone(self.cleaned_data["starts_at"], self.event.time_zone)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        """Refuse a time that has passed, and an event that cannot move any more."""
        data = super().clean() or {}
        if "starts_at" in data and data["starts_at"] <= timezone.now():
            self.add_error("starts_at", _("This time has passed: choose a later start."))
        try:
            refuse_late(self.event)
        except EventNotOpen as refusal:
            self.add_error(None, str(refusal))
        return data


class AdjustForm(ActForm):
    """Which team gets or loses how much, and why; the token makes it happen once."""

    enrollment = forms.ModelChoiceField(
        label=gettext_lazy("Team"), queryset=Enrollment.objects.none(), empty_label=None
    )
    points = forms.IntegerField(
        label=gettext_lazy("Points"),
        min_value=-LARGEST_ADJUSTMENT,
        max_value=LARGEST_ADJUSTMENT,
        help_text=gettext_lazy("With a minus to take some."),
    )
    reason = _reason(gettext_lazy("The team sees it beside the points."))
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def clean_points(self) -> int:
        """Refuse nothing: it is no adjustment."""
        points = int(self.cleaned_data["points"])
        if not points:
            raise forms.ValidationError(_("Nought is no adjustment."))
        return points


class ReverseForm(ActForm):
    """Which entry of the ledger is reversed, and why."""

    entry = forms.ModelChoiceField(label=gettext_lazy("Entry"), queryset=ScoreEntry.objects.none(), empty_label=None)
    reason = _reason(gettext_lazy("The team sees it beside the points."))

    def choices(self, name: str) -> Any:
        """Return the entries that can be reversed, the latest first; income comes by the minute and is adjusted."""
        entries = ScoreEntry.objects.filter(event=self.event, reversal__isnull=True).exclude(
            kind__in=(EntryKind.UPTIME, *NOT_REVERSED)
        )
        latest = entries.order_by("-at", "-pk").values("pk")[:LATEST_ENTRIES]
        return ScoreEntry.objects.filter(pk__in=latest).select_related("enrollment").order_by("-at", "-pk")

    @staticmethod
    def label(obj: Any) -> str:
        """Return an entry in words."""
        at: datetime = timezone.localtime(obj.at)
        return f"{at:%H:%M} {obj.enrollment.name}: {obj}"


class VoidForm(ActForm):
    """Which task is void, what becomes of its points, and why."""

    task = forms.ModelChoiceField(label=gettext_lazy("Task"), queryset=Task.objects.none(), empty_label=None)
    mode = forms.ChoiceField(
        label=gettext_lazy("Its points"),
        choices=[
            (VoidMode.NOBODY, gettext_lazy("count for nobody, and the maximum is lower")),
            (VoidMode.EVERYBODY, gettext_lazy("are given to everybody")),
        ],
        widget=forms.RadioSelect,
        initial=VoidMode.NOBODY,
    )
    reason = _reason(gettext_lazy("Every team sees it."))


class CountAgainForm(ActForm):
    """Which void task counts again, and why."""

    void = forms.ModelChoiceField(label=gettext_lazy("Task"), queryset=TaskVoid.objects.none(), empty_label=None)
    reason = _reason(gettext_lazy("Every team sees it."))


class ResumeScoringForm(ActForm):
    """Which task that holds itself counts again, and why."""

    hold = forms.ModelChoiceField(label=gettext_lazy("Task"), queryset=TaskHold.objects.none(), empty_label=None)
    reason = _reason(gettext_lazy("It stands in the journal."))


class FreezeBoardForm(ActForm):
    """When the board is frozen."""

    minutes_before_end = forms.IntegerField(
        label=gettext_lazy("Minutes before the end"),
        required=False,
        min_value=1,
        max_value=2880,
        help_text=gettext_lazy("Empty: now. A time to come moves with the event's end."),
    )


class BracketsForm(ActForm):
    """The names of the event's brackets."""

    names = forms.CharField(
        label=gettext_lazy("Brackets"),
        required=False,
        max_length=600,
        help_text=gettext_lazy("Separated by commas, for example: students, professionals. Empty: none."),
    )

    def clean_names(self) -> list[str]:
        """Split the names at commas."""
        return [name.strip() for name in self.cleaned_data["names"].split(",") if name.strip()]


class BracketForm(ActForm):
    """Which team is in which bracket."""

    enrollment = forms.ModelChoiceField(
        label=gettext_lazy("Team"), queryset=Enrollment.objects.none(), empty_label=None
    )
    bracket = forms.ChoiceField(label=gettext_lazy("Bracket"), required=False)

    def __init__(self, *arguments: Any, event: Event, **options: Any) -> None:
        super().__init__(*arguments, event=event, **options)
        field = self.fields["bracket"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("none")), *((name, name) for name in event.brackets)]
