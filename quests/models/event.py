"""Events, their clock, their roles and their places."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from provisioning.models import Lease
from quests.enums import ActionKind, EventState, Role
from quests.models.pack import PackRelease


class Event(models.Model):
    """One scheduled run of a pack release."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    release = models.ForeignKey(PackRelease, on_delete=models.PROTECT, related_name="events")
    state = models.CharField(max_length=20, choices=EventState, default=EventState.SCHEDULED)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    warmup_minutes = models.PositiveIntegerField(default=30)
    time_zone = models.CharField(max_length=64, default="UTC")
    planned_teams = models.PositiveIntegerField()
    spares = models.PositiveIntegerField(default=1)
    team_size_max = models.PositiveSmallIntegerField()
    join_code = models.CharField(max_length=12, unique=True)
    guests = models.BooleanField(default=True, help_text="People without an e-mail address may join.")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-starts_at", "name"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="event_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(planned_teams__gte=1), name="event_plans_a_team"),
            models.CheckConstraint(condition=Q(team_size_max__gte=1), name="event_team_has_room"),
        ]

    def __str__(self) -> str:
        return self.name


class Action(models.Model):
    """Something the clock does to an event at a time: the row is the queue."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="actions")
    kind = models.CharField(max_length=20, choices=ActionKind)
    due_at = models.DateTimeField(db_index=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [models.UniqueConstraint(fields=["event", "kind"], name="action_once_per_event")]

    def __str__(self) -> str:
        return f"{self.kind} {self.event}"


class EventRole(models.Model):
    """A person's role in one event, besides participating."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="roles")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="event_roles")
    role = models.CharField(max_length=20, choices=Role)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "user", "role"], name="event_role_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.role} of {self.event}"


class Place(models.Model):
    """A prepared sandbox waiting for a team."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="places")
    number = models.PositiveIntegerField()
    lease = models.ForeignKey(Lease, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["event", "number"]
        constraints = [models.UniqueConstraint(fields=["event", "number"], name="place_number_once_per_event")]

    def __str__(self) -> str:
        return f"place {self.number} of {self.event}"
