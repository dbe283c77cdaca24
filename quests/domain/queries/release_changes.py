"""What another release of a pack would change for an event, and what of it would cost teams something."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from quests.enums import EventState
from quests.models import Event, HintReveal, InputValue, PackRelease, QuestStart, TaskProgress

_BEFORE_SANDBOXES = (EventState.SCHEDULED,)
# What was put into the sandboxes: teams stand in it, so it cannot be changed under them.
_IN_SANDBOXES = ("template", "parameters", "extra_stacks", "seed", "services", "regions", "instance_types")
_TEXTS = (
    "title",
    "kind",
    "level",
    "body",
    "coach",
    "objectives",
    "difficulty",
    "expected_minutes",
    "requires",
    "inputs",
    "validation",
    "workbench",
    "stack",
    "reset",
)


@dataclass(frozen=True)
class Change:
    """One difference between two releases: of what, which part of it, and how it reads before and after."""

    kind: Literal["added", "removed", "changed"]
    what: str
    part: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Adoption:
    """What adopting a release would change, and the reasons that forbid it: none when it may be adopted."""

    changes: list[Change]
    obstacles: list[str]


def adoption(*, event: Event, release: PackRelease) -> Adoption:
    """Compare the event's release with another one of the same pack."""
    changes = list(_changes(event.release.document, release.document))
    return Adoption(changes, list(_obstacles(event, release)))


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before, after = _by_slug(old["quests"]), _by_slug(new["quests"])
    for slug in [*before, *(slug for slug in after if slug not in before)]:
        what = _("quest %(slug)s") % {"slug": slug}
        if slug not in after:
            yield Change("removed", what, before=before[slug]["title"])
        elif slug not in before:
            yield Change("added", what, after=after[slug]["title"])
            yield from _tasks(slug, {}, after[slug])
        else:
            yield from _parts(what, before[slug], after[slug], ("points", *_TEXTS))
            yield from _tasks(slug, before[slug], after[slug])
            yield from _hints(slug, before[slug]["hints"], after[slug]["hints"])
    for name in [*old["probes"], *(name for name in new["probes"] if name not in old["probes"])]:
        what = _("check %(name)s") % {"name": name}
        if name not in new["probes"]:
            yield Change("removed", what)
        elif name not in old["probes"]:
            yield Change("added", what)
        else:
            first, second = old["probes"][name], new["probes"][name]
            yield from _parts(what, first, second, sorted({*first, *second}))


def _tasks(slug: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before, after = _by_slug(old.get("tasks", [])), _by_slug(new["tasks"])
    for task in [*before, *(task for task in after if task not in before)]:
        what = _("task %(slug)s") % {"slug": f"{slug}/{task}"}
        if task not in after:
            yield Change("removed", what, before=_worth(before[task]))
        elif task not in before:
            yield Change("added", what, after=_worth(after[task]))
        else:
            yield from _parts(what, before[task], after[task], ("title", "points", "hold_minutes", "income", "checks"))


def _hints(slug: str, before: list[Any], after: list[Any]) -> Iterator[Change]:
    for index in range(max(len(before), len(after))):
        what = _("hint %(number)s of %(slug)s") % {"number": index + 1, "slug": slug}
        if index >= len(after):
            yield Change("removed", what, before=before[index]["text"])
        elif index >= len(before):
            yield Change("added", what, after=after[index]["text"])
        else:
            yield from _parts(what, before[index], after[index], ("text", "cost_percent", "offer_after_minutes"))


def _parts(what: str, old: Mapping[str, Any], new: Mapping[str, Any], names: Any) -> Iterator[Change]:
    for name in names:
        before, after = old.get(name), new.get(name)
        if before != after:
            yield Change("changed", what, name, _words(before), _words(after))


def _worth(task: Mapping[str, Any]) -> str:
    return _("%(title)s (%(points)s points)") % {"title": task["title"], "points": task["points"]}


def _words(value: Any) -> str:
    return "" if value is None else str(value)


def _by_slug(items: list[Any]) -> dict[str, Any]:
    return {item["slug"]: item for item in items}


def _obstacles(event: Event, release: PackRelease) -> Iterator[str]:
    if release.pack_id != event.release.pack_id:
        yield _("It is a release of another pack.")
        return
    if release.pk == event.release_id:
        yield _("The event plays this release already.")
        return
    if event.state in (EventState.CLOSED, EventState.TORN_DOWN):
        yield _("The event is over.")
        return
    if event.state not in _BEFORE_SANDBOXES:
        differing = [
            name for name in _IN_SANDBOXES if getattr(event.release.blueprint, name) != getattr(release.blueprint, name)
        ]
        if differing:
            yield _("What stands in the teams' sandboxes would differ (%(parts)s), and they are made already.") % {
                "parts": ", ".join(differing)
            }
    yield from _losses(event, release)


def _losses(event: Event, release: PackRelease) -> Iterator[str]:
    """Name the tasks, quests and hints that teams have something in and that the release has not, or otherwise."""
    new_tasks = {
        (quest.slug, task.slug): task.points
        for quest in release.quests.prefetch_related("tasks")
        for task in quest.tasks.all()
    }
    passed = TaskProgress.objects.filter(enrollment__event=event, passed_at__isnull=False).select_related("task__quest")
    for task in sorted({row.task for row in passed}, key=lambda task: (task.quest.position, task.position)):
        where = f"{task.quest.slug}/{task.slug}"
        points = new_tasks.get((task.quest.slug, task.slug))
        if points is None:
            yield _("Teams have points for the task %(task)s, which it does not have.") % {"task": where}
        elif points != task.points:
            yield _("Teams have %(before)s points for the task %(task)s, which would be worth %(after)s.") % {
                "before": task.points,
                "task": where,
                "after": points,
            }
    quests = set(release.quests.values_list("slug", flat=True))
    for model, words in ((QuestStart, _("started")), (InputValue, _("handed something in for"))):
        slugs = model._default_manager.filter(enrollment__event=event).values_list("quest__slug", flat=True)
        for slug in sorted(set(slugs) - quests):
            yield _("Teams have %(done)s the quest %(quest)s, which it does not have.") % {"done": words, "quest": slug}
    numbers = {(quest.slug, hint.number) for quest in release.quests.all() for hint in quest.hints.all()}
    reveals = HintReveal.objects.filter(enrollment__event=event).values_list("hint__quest__slug", "hint__number")
    for slug, number in sorted(set(reveals) - numbers):
        yield _("Teams have opened hint %(number)s of %(quest)s, which it does not have.") % {
            "number": number,
            "quest": slug,
        }
