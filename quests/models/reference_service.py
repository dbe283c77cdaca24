"""A pack's own service that the platform runs for one team, where AWS is simulated."""

from django.db import models
from django.db.models import Q

from quests.enums import LIVE_SERVICE_STATES, ServiceState
from quests.models.enrollment import Enrollment


class ReferenceService(models.Model):
    """What a team wants to run and what became of it; also the row that a runner claims for as long as it runs.

    `run` counts the launches, so that a runner never takes a new launch for the one that it knows.
    """

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="services")
    slug = models.SlugField(max_length=60)
    settings = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=ServiceState)
    port = models.PositiveIntegerField()
    run = models.PositiveIntegerField(default=1)
    launched_by = models.UUIDField()
    launched_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    output = models.TextField(blank=True, help_text="The last of what it printed.")
    claimed_until = models.DateTimeField(null=True)
    version = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enrollment", "slug"], name="service_once_per_team"),
            models.UniqueConstraint(
                fields=["port"], name="service_port_once", condition=Q(state__in=LIVE_SERVICE_STATES)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slug} of {self.enrollment}"
