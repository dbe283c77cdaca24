"""Brackets: groups of teams that are ranked among themselves."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.models import User
from quests.domain.live import event_changed
from quests.domain.refusals import UnableToRemedy
from quests.models import Enrollment, Event

MOST_BRACKETS = 12
LONGEST_NAME = 40


def checked_brackets(names: Iterable[str]) -> list[str]:
    """Return the names without needless spaces. Raises UnableToRemedy for too many, too long or doubled ones."""
    plain = [" ".join(name.split()) for name in names]
    if len(plain) > MOST_BRACKETS or any(not 1 <= len(name) <= LONGEST_NAME for name in plain):
        raise UnableToRemedy(_("An event has at most 12 brackets with names of at most 40 characters."))
    if len({name.casefold() for name in plain}) != len(plain):
        raise UnableToRemedy(_("Two brackets have the same name. Nothing was changed."))
    return plain


def set_brackets(*, now: datetime, event: Event, names: list[str], actor: User) -> None:
    """Give the event these brackets, in this order. Raises UnableToRemedy; a bracket that has teams cannot go."""
    names = checked_brackets(names)
    with transaction.atomic():
        event = Event.objects.select_for_update(no_key=True).get(pk=event.pk)
        stranded = event.enrollments.exclude(bracket__in=["", *names]).order_by("name").first()
        if stranded:
            raise UnableToRemedy(
                _("%(team)s is in the bracket “%(bracket)s”: move the team first. Nothing was changed.")
                % {"team": stranded.name, "bracket": stranded.bracket}
            )
        event.brackets = names
        event.save(update_fields=["brackets"])
        record(
            now=now, actor=actor.id, action="event.brackets", subject=event.slug, scope=event.id, names=", ".join(names)
        )
        event_changed(event_id=event.id)


def put_in_bracket(*, now: datetime, enrollment: Enrollment, bracket: str, actor: User) -> None:
    """Put the team into a bracket of its event, or into none. Raises UnableToRemedy."""
    with transaction.atomic():
        event = Event.objects.select_for_update(no_key=True).get(pk=enrollment.event_id)
        if bracket and bracket not in event.brackets:
            raise UnableToRemedy(_("The event has no bracket “%(bracket)s”.") % {"bracket": bracket})
        if not Enrollment.objects.filter(pk=enrollment.pk).exclude(bracket=bracket).update(bracket=bracket):
            return
        record(
            now=now,
            actor=actor.id,
            action="team.bracket",
            subject=str(enrollment.pk),
            scope=event.id,
            reason=f"{enrollment.name}: {bracket or '–'}",
        )
        event_changed(event_id=event.id)
