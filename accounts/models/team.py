"""Standing teams: groups of people that may enter many events."""

import uuid

from django.conf import settings
from django.db import models


class Team(models.Model):
    """A group of people; its name in an event belongs to its enrollment there."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=40)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's place in a standing team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    is_captain = models.BooleanField(default=False)
    joined_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="membership_once_per_team"),
            models.UniqueConstraint(
                fields=["team"], condition=models.Q(is_captain=True), name="membership_one_captain"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"
