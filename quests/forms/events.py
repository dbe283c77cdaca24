"""The form of an organizer who schedules an event."""

import zoneinfo
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.forms.zones import time_zone_choices
from quests.domain.events import MAXIMUM_PLACES, EventPlan
from quests.models import Event, PackRelease

# Dates far off cannot be reckoned between zones.
YEARS = (2000, 2100)
START_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


class WallClockField(forms.DateTimeField):
    """A date and time as a clock on the wall shows it; the zone it belongs to is decided elsewhere."""

    def to_python(self, value: Any) -> datetime | None:
        """Return a naive datetime: Django alone would read it in the viewer's zone, whose clock may skip it."""
        with timezone.override(UTC):
            aware = super().to_python(value)
        return aware and timezone.make_naive(aware, UTC)


class EventForm(forms.Form):
    """Everything an event needs; the times are local to the chosen zone."""

    name = forms.CharField(label=_("Name"), max_length=80, min_length=3)
    release = forms.ModelChoiceField(label=_("Pack"), queryset=PackRelease.objects.none(), empty_label=None)
    starts_at = WallClockField(
        label=_("Starts"),
        input_formats=START_FORMATS,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=START_FORMATS[0]),
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zone_choices)
    duration_minutes = forms.IntegerField(label=_("Duration in minutes"), min_value=5, max_value=14 * 24 * 60)
    planned_teams = forms.IntegerField(label=_("Teams"), min_value=1, max_value=MAXIMUM_PLACES)
    spares = forms.IntegerField(
        label=_("Spare places"), min_value=0, max_value=50, help_text=_("Extra sandboxes for late teams.")
    )
    team_size_max = forms.IntegerField(label=_("People per team, at most"), min_value=1, max_value=50)
    warmup_minutes = forms.IntegerField(
        label=_("Warm-up in minutes"),
        min_value=0,
        max_value=24 * 60,
        help_text=_("Sandboxes are made this long before."),
    )
    join_code = forms.CharField(
        label=_("Join code"),
        required=False,
        max_length=12,
        validators=[RegexValidator(r"^[A-Za-z0-9-]{4,12}$", _("Use 4 to 12 letters, digits or dashes."))],
        help_text=_("Leave empty to get one."),
    )

    brackets = forms.CharField(
        label=_("Brackets"),
        required=False,
        max_length=600,
        help_text=_("Teams can be ranked in groups. Separated by commas; empty: none."),
    )
    guests = forms.BooleanField(
        label=_("People without an e-mail address may join as guests"), required=False, initial=True
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
            try:
                data["starts_at"] = in_zone(local, zone_name)
            except ValueError as error:
                self.add_error("starts_at", str(error))
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
            guests=data["guests"],
            brackets=tuple(name for name in data["brackets"].split(",") if name.strip()),
        )


def settings_of(event: Event) -> dict[str, Any]:
    """Return the form's values for another event like this one: everything but its times and its join code."""
    return {
        "name": event.name,
        "release": event.release,
        "time_zone": event.time_zone,
        "duration_minutes": int((event.ends_at - event.starts_at) / timedelta(minutes=1)),
        "planned_teams": event.planned_teams,
        "spares": event.spares,
        "team_size_max": event.team_size_max,
        "warmup_minutes": event.warmup_minutes,
        "brackets": ", ".join(event.brackets),
        "guests": event.guests,
    }


def in_zone(local: datetime, zone_name: str) -> datetime:
    """Return when the zone's clocks show this time. Raises ValueError with a sentence when they never do."""
    if not YEARS[0] <= local.year <= YEARS[1]:
        raise ValueError(_("Choose a year between %(first)s and %(last)s.") % {"first": YEARS[0], "last": YEARS[1]})
    aware = local.replace(tzinfo=zoneinfo.ZoneInfo(zone_name))
    if _skipped(aware):
        raise ValueError(_("The clocks in %(zone)s skip this time. Choose another one.") % {"zone": zone_name})
    return aware


def _skipped(moment: datetime) -> bool:
    return moment.astimezone(zoneinfo.ZoneInfo("UTC")).astimezone(moment.tzinfo).replace(tzinfo=None) != moment.replace(
        tzinfo=None
    )
