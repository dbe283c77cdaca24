"""Packs as released: immutable rows that events pin."""

from django.db import models
from django.db.models import Q

from provisioning.models import Blueprint
from quests.enums import QuestKind


class Pack(models.Model):
    """A game by its slug, over all its releases."""

    slug = models.SlugField(unique=True)

    def __str__(self) -> str:
        return self.slug


class PackRelease(models.Model):
    """One content of a pack, named by its hash; never changed once loaded."""

    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="releases")
    version = models.CharField(max_length=30)
    content_hash = models.CharField(max_length=64)
    title = models.CharField(max_length=120)
    summary = models.TextField()
    game_type = models.CharField(max_length=30)
    duration_minutes = models.PositiveIntegerField()
    team_size_min = models.PositiveSmallIntegerField()
    team_size_max = models.PositiveSmallIntegerField()
    maximum = models.PositiveIntegerField(help_text="Points of all tasks together.")
    document = models.JSONField(help_text="The whole pack as read (quests.pack.PackDocument).")
    blueprint = models.ForeignKey(Blueprint, on_delete=models.PROTECT, related_name="+")
    loaded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pack", "content_hash"], name="release_content_once"),
            models.UniqueConstraint(fields=["pack", "version"], name="release_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class ReleaseImage(models.Model):
    """The bytes of an image that a release's pages show; what they are was seen in the bytes themselves."""

    release = models.ForeignKey(PackRelease, on_delete=models.CASCADE, related_name="images")
    digest = models.CharField(max_length=64, help_text="Hexadecimal SHA-256.")
    content_type = models.CharField(max_length=20)
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "digest"], name="release_image_once")]

    def __str__(self) -> str:
        return self.digest[:12]


class Quest(models.Model):
    """A story with objectives and checkable tasks."""

    release = models.ForeignKey(PackRelease, on_delete=models.PROTECT, related_name="quests")
    slug = models.SlugField()
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=QuestKind, default=QuestKind.MAIN)
    difficulty = models.PositiveSmallIntegerField()
    expected_minutes = models.PositiveSmallIntegerField()
    points = models.PositiveIntegerField()
    every_seconds = models.PositiveIntegerField(help_text="Between scheduled checks.")
    cooldown_seconds = models.PositiveIntegerField(help_text="Between two presses of Check now, or two answers.")
    attempts = models.PositiveSmallIntegerField(null=True, help_text="Answers that a team may give to one question.")

    class Meta:
        ordering = ["release", "position"]
        constraints = [
            models.UniqueConstraint(fields=["release", "slug"], name="quest_slug_once_per_release"),
            models.UniqueConstraint(fields=["release", "position"], name="quest_position_once_per_release"),
            models.CheckConstraint(condition=Q(difficulty__range=(1, 5)), name="quest_difficulty_1_to_5"),
        ]

    def __str__(self) -> str:
        return self.title


class Task(models.Model):
    """One checkable checkpoint of a quest with its share of the points."""

    quest = models.ForeignKey(Quest, on_delete=models.PROTECT, related_name="tasks")
    slug = models.SlugField()
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=160)
    points = models.PositiveIntegerField()
    checks = models.JSONField(help_text="Names of the release's probes; all must pass.")
    hold_minutes = models.PositiveSmallIntegerField(default=0, help_text="For so long the checks must pass.")
    income_points = models.PositiveIntegerField(default=0, help_text="For every full interval in which it passes.")
    income_minutes = models.PositiveSmallIntegerField(default=0, help_text="The interval; 0: no income.")

    class Meta:
        ordering = ["quest", "position"]
        constraints = [
            models.UniqueConstraint(fields=["quest", "slug"], name="task_slug_once_per_quest"),
            models.CheckConstraint(
                condition=Q(income_points=0, income_minutes=0) | Q(income_points__gte=1, income_minutes__gte=1),
                name="task_income_as_a_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def path(self) -> str:
        """Name the task by slugs, the same in every release of its pack."""
        return f"{self.quest.slug}/{self.slug}"


class Hint(models.Model):
    """Ordered help at a price."""

    quest = models.ForeignKey(Quest, on_delete=models.PROTECT, related_name="hints")
    number = models.PositiveSmallIntegerField(help_text="From 1; revealed in this order.")
    text = models.TextField(help_text="Markdown.")
    cost_points = models.PositiveIntegerField()
    offer_after_minutes = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["quest", "number"]
        constraints = [models.UniqueConstraint(fields=["quest", "number"], name="hint_number_once_per_quest")]

    def __str__(self) -> str:
        return f"hint {self.number} of {self.quest}"
