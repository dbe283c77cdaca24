"""The form of an organizer who schedules an event."""

import zoneinfo
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone

from quests.domain.events import MAXIMUM_PLACES, EventPlan
from quests.models import PackRelease


@lru_cache(maxsize=1)
def time_zone_choices() -> list[tuple[str, str]]:
    """Return every zone that people live in, with UTC first."""
    names = sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


class EventForm(forms.Form):
    """Everything an event needs; the times are local to the chosen zone."""

    name = forms.CharField(max_length=80, min_length=3)
    release = forms.ModelChoiceField(label="Pack", queryset=PackRelease.objects.none(), empty_label=None)
    starts_at = forms.DateTimeField(
        label="Starts",
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    time_zone = forms.ChoiceField(choices=time_zone_choices)
    duration_minutes = forms.IntegerField(label="Duration in minutes", min_value=5, max_value=14 * 24 * 60)
    planned_teams = forms.IntegerField(label="Teams", min_value=1, max_value=MAXIMUM_PLACES)
    spares = forms.IntegerField(
        label="Spare places", min_value=0, max_value=50, help_text="Extra sandboxes for late teams."
    )
    team_size_max = forms.IntegerField(label="People per team, at most", min_value=1, max_value=50)
    warmup_minutes = forms.IntegerField(
        label="Warm-up in minutes", min_value=0, max_value=24 * 60, help_text="Sandboxes are made this long before."
    )
    join_code = forms.CharField(
        required=False,
        max_length=12,
        validators=[RegexValidator(r"^[A-Za-z0-9-]{4,12}$", "Use 4 to 12 letters, digits or dashes.")],
        help_text="Leave empty to get one.",
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        releases = self.fields["release"]
        assert isinstance(releases, forms.ModelChoiceField)
        releases.queryset = PackRelease.objects.select_related("blueprint").order_by("pack__slug", "-loaded_at")

    def clean(self) -> dict[str, Any]:
        """Read the start in the chosen zone; a time that the zone's clock skips is refused."""
        data = super().clean() or {}
        local, zone_name = data.get("starts_at"), data.get("time_zone")
        if local and zone_name:
            zone = zoneinfo.ZoneInfo(zone_name)
            # Django read the text in the viewer's zone: take the wall clock as typed, in the event's zone.
            wall = timezone.make_naive(local, timezone.get_current_timezone())
            aware = wall.replace(tzinfo=zone)
            if _skipped(aware):
                self.add_error("starts_at", f"The clocks in {zone_name} skip this time. Choose another one.")
            data["starts_at"] = aware
        return data

    def plan(self) -> EventPlan:
        """Return the plan of a valid form."""
        data = self.cleaned_data
        return EventPlan(
            name=data["name"],
            release=data["release"],
            starts_at=data["starts_at"],
            duration=timedelta(minutes=data["duration_minutes"]),
            time_zone=data["time_zone"],
            planned_teams=data["planned_teams"],
            spares=data["spares"],
            team_size_max=data["team_size_max"],
            warmup=timedelta(minutes=data["warmup_minutes"]),
            join_code=data["join_code"],
        )


def _skipped(moment: datetime) -> bool:
    return moment.astimezone(zoneinfo.ZoneInfo("UTC")).astimezone(moment.tzinfo).replace(tzinfo=None) != moment.replace(
        tzinfo=None
    )
