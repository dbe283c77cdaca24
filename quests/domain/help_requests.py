"""Help: a team asks, one coach takes it, answers, hands it over or closes it."""

from datetime import datetime

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts.domain.audit import record
from accounts.models import User
from quests.domain.live import help_changed
from quests.domain.quotas import take_question
from quests.domain.refusals import HelpClosed, HelpTaken, UnableToCoach
from quests.enums import EventState
from quests.models import Enrollment, HelpMessage, HelpRequest, Quest
from quests.permissions import may_coach


def ask_for_help(
    *, now: datetime, enrollment: Enrollment, quest: Quest | None, about_score: bool, text: str, user: User
) -> HelpRequest:
    """Put the team's question into the coaches' queue; while one on the subject is open, it becomes part of that one.

    Raises HelpClosed once the event is torn down, and HelpTooSoon when the team asks faster than people can answer.
    """
    if enrollment.event.state == EventState.TORN_DOWN:
        raise HelpClosed(_("%(event)s is over, and so is its coaching.") % {"event": enrollment.event.name})
    take_question(enrollment=enrollment)
    with transaction.atomic():
        # Members who ask at once take turns here, so that they meet in one thread.
        Enrollment.objects.select_for_update(no_key=True).get(pk=enrollment.pk)
        request, _created = HelpRequest.objects.get_or_create(
            enrollment=enrollment,
            quest=quest.slug if quest else "",
            about_score=about_score,
            closed_at=None,
            defaults={"opened_by": user.id, "opened_at": now},
        )
        _say(now, request, text, user, from_coach=False)
    return request


def write_to_coach(*, now: datetime, request: HelpRequest, text: str, user: User) -> None:
    """Add a team member's words to the thread. Raises HelpClosed or HelpTooSoon."""
    take_question(enrollment=request.enrollment)
    with transaction.atomic():
        locked = _lock_open(request)
        _say(now, locked, text, user, from_coach=False)


def claim_request(*, now: datetime, request: HelpRequest, actor: User) -> None:
    """Take the request: exactly one coach has it. Claiming one's own again changes nothing.

    Raises HelpTaken with who has it, or HelpClosed.
    """
    with transaction.atomic():
        locked = _lock_open(request)
        if locked.coach == actor.id:
            return
        if locked.coach is not None:
            raise HelpTaken(_taken(locked))
        _give(now, locked, actor)


def answer_request(*, now: datetime, request: HelpRequest, text: str, actor: User) -> None:
    """Answer the team; an answer to a request that nobody has takes it.

    Raises HelpTaken while another coach has it, or HelpClosed.
    """
    with transaction.atomic():
        locked = _lock_open(request)
        if locked.coach is None:
            _give(now, locked, actor)
        elif locked.coach != actor.id:
            raise HelpTaken(_taken(locked))
        _say(now, locked, text, actor, from_coach=True)


def hand_over(*, now: datetime, request: HelpRequest, to: User, actor: User) -> None:
    """Give the request to another coach, or take it over oneself when its coach is gone.

    `request` is as the person saw it. Raises HelpTaken when it has changed hands since, UnableToCoach when the other
    one does not coach this event, or HelpClosed.
    """
    if not may_coach(to, request.enrollment.event):
        raise UnableToCoach(_("%(name)s does not coach this event. Nothing was changed.") % {"name": to.name})
    with transaction.atomic():
        locked = _lock_open(request)
        if locked.coach == to.id:
            return
        if locked.coach != request.coach:
            raise HelpTaken(_taken(locked))
        _give(now, locked, to)
        _journal(now, locked, "help.hand_over", actor, to=str(to.id))


def close_request(*, now: datetime, request: HelpRequest, actor: User) -> None:
    """Close the thread for both sides; a closed one stays as it is."""
    with transaction.atomic():
        locked = HelpRequest.objects.select_for_update(of=("self",)).select_related("enrollment").get(pk=request.pk)
        if locked.closed_at is not None:
            return
        locked.closed_by, locked.closed_at = actor.id, now
        locked.save(update_fields=["closed_by", "closed_at"])
        _journal(now, locked, "help.close", actor)
        help_changed(enrollment=locked.enrollment)


def _lock_open(request: HelpRequest) -> HelpRequest:
    rows = HelpRequest.objects.select_for_update(of=("self",)).select_related("enrollment__event")
    locked = rows.get(pk=request.pk)
    if locked.closed_at is not None:
        raise HelpClosed(_("This question is closed. Ask a new one; nothing was sent."))
    return locked


def _give(now: datetime, request: HelpRequest, coach: User) -> None:
    request.coach, request.taken_at = coach.id, now
    request.save(update_fields=["coach", "taken_at"])
    help_changed(enrollment=request.enrollment)


def _say(now: datetime, request: HelpRequest, text: str, user: User, *, from_coach: bool) -> None:
    HelpMessage.objects.create(request=request, by=user.id, from_coach=from_coach, text=text, at=now)
    if request.about_score:
        _journal(now, request, "help.answer" if from_coach else "help.ask", user, reason=text)
    help_changed(enrollment=request.enrollment)


def _journal(now: datetime, request: HelpRequest, action: str, actor: User, **details: str) -> None:
    record(
        now=now,
        actor=actor.id,
        action=action,
        subject=f"{request.enrollment_id}/{request.quest}" if request.quest else str(request.enrollment_id),
        scope=request.enrollment.event_id,
        request=str(request.pk),
        **details,
    )


def _taken(request: HelpRequest) -> str:
    person = User.objects.filter(pk=request.coach).first() if request.coach else None
    if person is None or request.taken_at is None:
        return _("Somebody else has changed this meanwhile. Nothing was sent.")
    since = f"{localtime(request.taken_at):%H:%M}"
    return _("%(name)s has it since %(since)s. Nothing was sent.") % {"name": person.name, "since": since}
