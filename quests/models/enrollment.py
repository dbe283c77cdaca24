"""A team in an event: its name, members, inputs and timers there."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import MD5, Lower

from accounts.models import Team
from quests.models.event import Event, Place
from quests.models.pack import Quest


class Enrollment(models.Model):
    """A standing team's entry in one event."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="enrollments")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="enrollments")
    name = models.CharField(max_length=40)
    place = models.OneToOneField(Place, on_delete=models.PROTECT, null=True, related_name="enrollment")
    bracket = models.CharField(max_length=40, blank=True, help_text="One of the event's brackets, or none.")
    table = models.CharField(max_length=40, blank=True, help_text="Where the team sits.")
    call_link = models.CharField(max_length=200, blank=True, help_text="An https, tel, sip or sips address.")
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, help_text="Since when nobody plays in it; its points stay.")

    class Meta:
        ordering = ["event", "created_at"]
        constraints = [
            models.UniqueConstraint("event", Lower("name"), name="enrollment_name_once_per_event"),
            models.UniqueConstraint(fields=["event", "team"], name="enrollment_team_once_per_event"),
            models.CheckConstraint(
                condition=Q(call_link="") | Q(call_link__regex=r"^(https://|tel:|sips?:)[^[:space:]]+$"),
                name="enrollment_call_link_is_safe",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Participation(models.Model):
    """A person in an event: joined with the code, then in one team."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="participations")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="participations")
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, null=True, related_name="participations")
    joined_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "user"], name="participation_once_per_event")]

    def __str__(self) -> str:
        return f"{self.user} in {self.event}"


class InputValue(models.Model):
    """Something a team handed in for a quest."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="inputs")
    quest = models.ForeignKey(Quest, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    value = models.TextField(max_length=2000)
    saved_by = models.UUIDField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enrollment", "quest", "name"], name="input_once_per_quest")]

    def __str__(self) -> str:
        return f"{self.name} of {self.enrollment}"


class AnswerAttempt(models.Model):
    """One answer that a team has tried: the same one again costs nothing, whoever clicks."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="attempts")
    quest = models.ForeignKey(Quest, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60, help_text="Of the input.")
    number = models.PositiveSmallIntegerField(help_text="From 1.")
    answer = models.TextField(help_text="As answers are compared.")
    by = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["enrollment", "quest", "name", "number"]
        constraints = [
            models.UniqueConstraint(fields=["enrollment", "quest", "name", "number"], name="attempt_number_once"),
            # By its hash: an answer may be longer than an index takes.
            models.UniqueConstraint("enrollment", "quest", "name", MD5("answer"), name="attempt_answer_once"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.enrollment} at {self.name}"


class AttemptGrant(models.Model):
    """More answers that a coach or an organizer has given a team for a quest, with the reason."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="grants")
    quest = models.ForeignKey(Quest, on_delete=models.PROTECT, related_name="+")
    attempts = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=200)
    by = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(attempts__gte=1), name="grant_gives_something")]

    def __str__(self) -> str:
        return f"{self.attempts} more for {self.enrollment}"


class QuestUnlock(models.Model):
    """When a quest with a condition opened to a team; without this row it is locked."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="unlocks")
    quest = models.ForeignKey(Quest, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enrollment", "quest"], name="quest_unlocked_once_per_team")]

    def __str__(self) -> str:
        return f"{self.quest} open to {self.enrollment}"


class QuestStart(models.Model):
    """When a team first opened a quest: its timer and its hints' offers count from here."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="starts")
    quest = models.ForeignKey(Quest, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enrollment", "quest"], name="quest_start_once_per_team")]

    def __str__(self) -> str:
        return f"{self.enrollment} started {self.quest}"
