"""What opens a quest to a team: earlier quests that it requires, and the condition of its level."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quests.domain.refusals import QuestLocked
from quests.models import CheckSuspension, Enrollment, Event, PackRelease, Quest, QuestUnlock, TaskProgress, TaskVoid


@dataclass(frozen=True)
class Achieved:
    """What a team has so far, by quest slug: which quests are done, and the points of the passed tasks."""

    done: frozenset[str]
    points: dict[str, int]
    titles: dict[str, str]


@dataclass(frozen=True)
class Opening:
    """When a quest opens: all of `requires` are done, and the quests of earlier levels have brought enough."""

    requires: tuple[str, ...]
    points: int
    quests: int
    earlier: frozenset[str]

    def missing(self, achieved: Achieved) -> list[str]:
        """Return in words what is still missing; nothing when the quest opens."""
        words = [
            _("Opens when “%(quest)s” is done.") % {"quest": achieved.titles.get(slug, slug)}
            for slug in self.requires
            if slug not in achieved.done
        ]
        points = sum(achieved.points.get(slug, 0) for slug in self.earlier)
        if points < self.points:
            text = _("Opens with %(needed)d points from the levels before; you have %(have)d.")
            words.append(text % {"needed": self.points, "have": points})
        done = len(achieved.done & self.earlier)
        if done < self.quests:
            text = ngettext(
                "Opens when %(needed)d quest of the levels before is done; you have done %(have)d.",
                "Opens when %(needed)d quests of the levels before are done; you have done %(have)d.",
                self.quests,
            )
            words.append(text % {"needed": self.quests, "have": done})
        return words


def openings_of(release: PackRelease) -> dict[str, Opening]:
    """Return the conditions by quest slug; a quest that is open from the start is not in it."""
    levels = release.document["pack"]["levels"]
    order = {level["slug"]: number for number, level in enumerate(levels)}
    unlocks = {level["slug"]: level.get("unlock") or {} for level in levels}
    quests = release.document["quests"]
    place = {quest["slug"]: order.get(quest["level"], -1) for quest in quests}
    openings = {}
    for quest in quests:
        unlock = unlocks.get(quest["level"], {})
        if quest["requires"] or unlock:
            openings[quest["slug"]] = Opening(
                requires=tuple(quest["requires"]),
                points=unlock.get("points") or 0,
                quests=unlock.get("quests") or 0,
                earlier=frozenset(slug for slug, level in place.items() if level < place[quest["slug"]]),
            )
    return openings


def locked_quests(*, event: Event, enrollments: Iterable[Enrollment]) -> dict[UUID, set[str]]:
    """Return, for each of these teams, the slugs of the quests that are not open to it yet."""
    openings = openings_of(event.release)
    locked = {enrollment.pk: set(openings) for enrollment in enrollments}
    if openings:
        unlocked = QuestUnlock.objects.filter(enrollment__in=locked).values_list("enrollment_id", "quest__slug")
        for enrollment_id, slug in unlocked:
            locked[enrollment_id].discard(slug)
    return locked


def achieved_by(enrollment: Enrollment) -> Achieved:
    """Return what counts for a team's openings.

    A task whose check is suspended, or that is void, counts as passed: what nobody can pass must not keep anybody out.
    """
    passed = set(
        TaskProgress.objects.filter(enrollment=enrollment, passed_at__isnull=False).values_list("task_id", flat=True)
    )
    for stopped in (CheckSuspension, TaskVoid):
        passed |= set(stopped.objects.filter(event=enrollment.event, lifted_at=None).values_list("task_id", flat=True))
    done, points, titles = set(), {}, {}
    for quest in enrollment.event.release.quests.prefetch_related("tasks"):
        tasks = list(quest.tasks.all())
        titles[quest.slug] = quest.title
        points[quest.slug] = sum(task.points for task in tasks if task.pk in passed)
        if tasks and all(task.pk in passed for task in tasks):
            done.add(quest.slug)
    return Achieved(frozenset(done), points, titles)


def what_opens(enrollment: Enrollment) -> dict[str, list[str]]:
    """Return, by slug of each quest that is locked for the team, what opens it in words."""
    locked = locked_quests(event=enrollment.event, enrollments=[enrollment])[enrollment.pk]
    if not locked:
        return {}
    achieved = achieved_by(enrollment)
    openings = openings_of(enrollment.event.release)
    return {slug: openings[slug].missing(achieved) or [_("It opens in a moment.")] for slug in locked}


def require_unlocked(*, enrollment: Enrollment, quest: Quest) -> None:
    """Raise QuestLocked with what opens the quest, unless it is open to the team."""
    opens = what_opens(enrollment).get(quest.slug)
    if opens is not None:
        raise QuestLocked(_("“%(quest)s” is still locked.") % {"quest": quest.title} + " " + " ".join(opens))
