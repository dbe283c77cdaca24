"""A running event takes over a fixed release of its pack; what teams have done, paid and won stays theirs."""

from datetime import datetime
from uuid import UUID

from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from quests.domain.live import event_changed, team_changed
from quests.domain.planning import plan_checks
from quests.domain.queries.release_changes import Adoption, adoption
from quests.domain.refusals import UnableToRemedy
from quests.domain.scores import UNSETTLED
from quests.domain.unlocks import unlock_quests
from quests.enums import EventState
from quests.models import Event, Hint, PackRelease, ProbeRun, Quest, Task, TaskProgress
from quests.signals import work_due

# Facts stay with the release that they were made by.
_FACTS: tuple[type[models.Model], ...] = (ProbeRun,)
# What belongs to a release itself and is there in the other one anyway.
_CONTENT: tuple[type[models.Model], ...] = (Quest, Task, Hint)
_LEFT = (*_FACTS, *_CONTENT)


def adopt_release(*, now: datetime, event: Event, release: PackRelease, reason: str, actor: UUID | None) -> Adoption:
    """Let the event play another release of its pack from now on, and check afresh; return what has changed.

    Progress, inputs, opened hints and suspensions go over by slug, hints by their number. Raises UnableToRemedy where
    a team would lose anything; nothing is changed then.
    """
    with transaction.atomic():
        # Not the key: a check that is being stored points to the event, and is waited for next.
        events = Event.objects.select_for_update(of=("self",), no_key=True)
        event = events.select_related("release__blueprint").get(pk=event.pk)
        # Whoever is being awarded right now holds the row, and is waited for.
        list(TaskProgress.objects.select_for_update().filter(enrollment__event=event).values_list("pk"))
        found = adoption(event=event, release=release)
        if found.obstacles:
            raise UnableToRemedy(
                _("%(release)s cannot be adopted. %(why)s Nothing was changed.")
                % {"release": release, "why": " ".join(found.obstacles)}
            )
        before = event.release
        for kind in _CONTENT:
            _move(kind, event=event, pairs=_pairs(kind, before, release))
        TaskProgress.objects.filter(enrollment__event=event, task__quest__release=before).delete()
        event.release = release
        event.save(update_fields=["release"])
        if event.state in (EventState.OPEN, EventState.PAUSED):
            enrollments = list(event.enrollments.select_related("event__release"))
            plan_checks(now=now, event=event, enrollments=enrollments)
            # What is being checked right now asks by the old release: its verdict is dropped.
            TaskProgress.objects.filter(UNSETTLED, enrollment__event=event, due_at__isnull=False).update(
                due_at=now, claimed_until=None, version=F("version") + 1
            )
            for enrollment in enrollments:
                unlock_quests(now=now, enrollment=enrollment)
                team_changed(enrollment=enrollment)
            work_due.send(sender=TaskProgress)
        record(
            now=now,
            actor=actor,
            action="event.adopt_release",
            subject=event.slug,
            scope=event.id,
            before=before.version,
            after=release.version,
            content_hash=release.content_hash,
            changes=len(found.changes),
            reason=reason,
        )
        event_changed(event_id=event.id)
    return found


def _pairs(kind: type[models.Model], before: PackRelease, after: PackRelease) -> dict[int, int]:
    """Return the rows of a kind in the old release with their counterparts in the new one, by primary key."""
    keys = {Quest: ("slug",), Task: ("quest__slug", "slug"), Hint: ("quest__slug", "number")}[kind]
    owner = "release" if kind is Quest else "quest__release"
    rows = kind._default_manager
    new = {tuple(row[1:]): row[0] for row in rows.filter(**{owner: after}).values_list("pk", *keys)}
    old = rows.filter(**{owner: before}).values_list("pk", *keys)
    return {row[0]: new[tuple(row[1:])] for row in old if tuple(row[1:]) in new}


def _move(kind: type[models.Model], *, event: Event, pairs: dict[int, int]) -> None:
    """Point everything that the event's teams have with the old rows at the new ones."""
    for related in kind._meta.get_fields(include_hidden=True):
        # Without the hidden ones, those that name no way back would be left with the old release.
        if not isinstance(related, models.ForeignObjectRel) or related.related_model in _LEFT:
            continue
        model = related.related_model
        assert not isinstance(model, str)
        fields = {field.name for field in model._meta.get_fields()}
        owner = {"enrollment__event": event} if "enrollment" in fields else {"event": event}
        name = related.field.name
        for old, new in pairs.items():
            model._default_manager.filter(**owner, **{name: old}).update(**{name: new})
