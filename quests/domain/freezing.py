"""Freezing the board: what teams and coaches see of the standings stands still until an organizer shows it again."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.models import User
from quests.domain.live import event_changed
from quests.domain.refusals import UnableToRemedy
from quests.domain.scores import StandingLine, add_up, lock_teams
from quests.enums import ActionKind, EventState
from quests.models import Action, Event, FrozenStanding
from quests.signals import work_due

FREEZABLE = (EventState.SCHEDULED, EventState.WARMING, EventState.OPEN, EventState.PAUSED)


def freeze_board(*, event: Event, at: datetime) -> None:
    """Keep the standings of that moment as the ones that are shown; a frozen board stays as it is.

    The event's row is locked by the caller.
    """
    if event.board_frozen_at is not None:
        return
    teams = lock_teams(event)
    lines = add_up(event=event, until=at)
    FrozenStanding.objects.bulk_create(
        FrozenStanding(event=event, enrollment=team, **vars(lines.get(team.pk, StandingLine()))) for team in teams
    )
    event.board_frozen_at = at
    event.save(update_fields=["board_frozen_at"])


def plan_freeze(*, now: datetime, event: Event, at: datetime, actor: User) -> None:
    """Freeze the board now, or at a time to come, which moves with the event's end. Raises UnableToRemedy."""
    with transaction.atomic():
        event = Event.objects.select_for_update(no_key=True).get(pk=event.pk)
        if event.state not in FREEZABLE:
            raise UnableToRemedy(_("The event is over: its board stands still by itself."))
        if event.board_frozen_at is not None:
            raise UnableToRemedy(_("The board is frozen already. Nothing was changed."))
        if at >= event.ends_at:
            raise UnableToRemedy(_("Freeze the board before the event's end. Nothing was changed."))
        if at > now:
            Action.objects.update_or_create(
                event=event, kind=ActionKind.FREEZE_BOARD, defaults={"due_at": at, "done_at": None}
            )
        else:
            event.actions.filter(kind=ActionKind.FREEZE_BOARD).delete()
            freeze_board(event=event, at=now)
        record(
            now=now,
            actor=actor.id,
            action="board.freeze",
            subject=event.slug,
            scope=event.id,
            at=max(at, now).isoformat(),
        )
        work_due.send(sender=Event)
        event_changed(event_id=event.id)


def unfreeze_board(*, now: datetime, event: Event, actor: User) -> None:
    """Show everybody the standings as they are, and forget a freeze that was planned. Raises UnableToRemedy."""
    with transaction.atomic():
        event = Event.objects.select_for_update(no_key=True).get(pk=event.pk)
        planned, _kinds = event.actions.filter(kind=ActionKind.FREEZE_BOARD, done_at=None).delete()
        if event.board_frozen_at is None and not planned:
            raise UnableToRemedy(_("The board is not frozen. Nothing was changed."))
        event.frozen_standings.all().delete()
        event.board_frozen_at = None
        event.save(update_fields=["board_frozen_at"])
        event.actions.filter(kind=ActionKind.FREEZE_BOARD).delete()
        record(now=now, actor=actor.id, action="board.show", subject=event.slug, scope=event.id)
        event_changed(event_id=event.id)
