"""The ledger, and the standings that are computed from it."""

from django.db import models

from quests.enums import EntryKind
from quests.models.enrollment import Enrollment
from quests.models.event import Event
from quests.models.pack import Hint


class ScoreEntry(models.Model):
    """One gain or loss, append-only (PostgreSQL refuses UPDATE and DELETE); `key` makes it happen once."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="score_entries")
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="score_entries")
    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=20, choices=EntryKind)
    points = models.IntegerField()
    sentence = models.CharField(max_length=300, help_text="Explains the entry to the team.")
    source = models.CharField(max_length=120, help_text="The probe run, hint or person behind it.")
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "score entries"
        indexes = [models.Index(fields=["enrollment", "-at"], name="score_entry_feed")]

    def __str__(self) -> str:
        return f"{self.points:+d} {self.sentence}"


class Standing(models.Model):
    """A team's line on the board: a projection of the ledger that `scores rebuild` can make anew."""

    enrollment = models.OneToOneField(Enrollment, on_delete=models.CASCADE, related_name="standing")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="standings")
    points = models.IntegerField(default=0)
    hint_points = models.IntegerField(default=0, help_text="Spent on hints, positive.")
    tasks_done = models.PositiveIntegerField(default=0)
    last_gain_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["event", "-points"], name="standing_board")]

    def __str__(self) -> str:
        return f"{self.enrollment}: {self.points}"


class HintReveal(models.Model):
    """A hint that a team has opened: once, however many members click."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="reveals")
    hint = models.ForeignKey(Hint, on_delete=models.PROTECT, related_name="+")
    by = models.UUIDField()
    at = models.DateTimeField()
    released = models.BooleanField(default=False, help_text="Given by a coach, for nothing.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enrollment", "hint"], name="hint_revealed_once_per_team")]

    def __str__(self) -> str:
        return f"{self.hint} for {self.enrollment}"
